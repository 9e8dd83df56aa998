-- $1 administrator, $2 ADMIN_EMAIL or null, $3 account, $4 hash of the token
-- in the link, $5 letter's id or null (mail is off), $6 letter, $7 seconds that
-- the link lives, $8 address, $9 user agent. A link to choose a new password.
-- Whether the account is disabled, and then there is no link; no row: there is
-- no such account, or $1 is no administrator
with who as materialized (
    select id, email, disabled_at is not null as is_disabled from users
    where id = $3 and is_administrator($1, $2)
    for no key update
), token as (
    insert into mail_tokens (hash, purpose, user_id, email, expires_at)
    select $4, 'reset', id, email, now() + $7::bigint * interval '1 second'
    from who where not is_disabled
), noted as (
    insert into audit (user_id, event, actor_id, ip_address, user_agent)
    select id, 'password_reset_asked', $1, $8, $9
    from who where not is_disabled
)
select is_disabled,
    outbox_put(case when not is_disabled then $5 end, email, $6) from who
