-- $1 e-mail in lower case, $2 hash of the token in the link, $3 letter's id or null (mail is off), $4 letter, $5 seconds that the link lives. A link to choose a new password; one row, unless nobody who may sign in has the address
with who as (
    select id, email from users where email = $1 and disabled_at is null
), token as (
    insert into mail_tokens (hash, purpose, user_id, email, expires_at)
    select $2, 'reset', id, email, now() + $5::bigint * interval '1 second'
    from who
), noted as (
    insert into audit (user_id, event)
    select id, 'password_reset_asked' from who
)
select id, outbox_put($3, email, $4) from who
