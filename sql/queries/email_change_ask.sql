-- $1 user id, $2 the new e-mail in lower case, $3 letter's id or null, $4 hash of its token, $5 letter, $6 address, $7 user agent. An address that is taken is answered alike
with free as (
    select 1 where not exists (select from users where email = $2)
), token as (
    insert into mail_tokens (hash, purpose, user_id, email)
    select $4, 'change', case when exists (select from free) then $1 end, $2
    where $3::text is not null
), noted as (
    insert into audit (user_id, event, ip_address, user_agent)
    values ($1, 'email_change_asked', $6, $7)
)
select outbox_put($3, case when exists (select from free) then $2 end, $5)
