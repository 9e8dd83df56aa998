-- $1 user id, $2 address, $3 user agent, $4 hash of the challenge's token, $5 id of the notice that a code was shown again or null (it was wrong, or mail is off), $6 notice; none is sent when the challenge was met meanwhile, by the same code sent twice
with noted as (
    insert into audit (user_id, event, ip_address, user_agent)
    select id, 'two_factor_failed', $2, $3 from users where id = $1
)
select outbox_put($5, email, $6) from users
where id = $1 and exists (
    select from second_factor_tokens where hash = $4 and user_id = $1)
