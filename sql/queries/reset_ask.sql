-- $1 e-mail in lower case, $2 letter's id or null (mail is off), $3 hash of its token, $4 letter, $5 address, $6 user agent. Writes the same for an unknown address
with who as (
    select id from users where email = $1 and disabled_at is null
), token as (
    insert into mail_tokens (hash, purpose, user_id, email)
    select $3, 'reset', (select id from who), $1
    where $2::text is not null
), noted as (
    insert into audit (user_id, event, ip_address, user_agent)
    values ((select id from who), 'password_reset_asked', $5, $6)
)
select outbox_put($2, case when exists (select from who) then $1 end, $4)
