-- $1 administrator, $2 ADMIN_EMAIL or null, $3 id, $4 e-mail in lower case, $5
-- name, $6 role, $7 hash of the token in the link, $8 letter's id or null
-- (mail is off), $9 letter, $10 seconds that the link lives, $11 address, $12
-- user agent. An account that waits for its password; the administrator
-- vouches for the address. One row, unless somebody has it
with made as (
    insert into users (id, email, name, role, email_verified)
    select $3, $4, $5, $6, true where is_administrator($1, $2)
    on conflict do nothing
    returning id, email, role
), token as (
    insert into mail_tokens (hash, purpose, user_id, email, expires_at)
    select $7, 'reset', id, email, now() + $10::bigint * interval '1 second'
    from made
), noted as (
    insert into audit (user_id, event, actor_id, ip_address, user_agent)
    select id, event, $1, $11, $12
    from made, unnest(array['invited', case when role = 'admin'
        then 'made_admin' end]) event
    where event is not null
)
select id, outbox_put($8, email, $9) from made
