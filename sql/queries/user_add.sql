-- $1 id, $2 e-mail in lower case, $3 hash of the token in the link, $4 letter's id or null (mail is off), $5 letter, $6 seconds that the link lives. An account that waits for its password; the operator vouches for the address. One row, unless somebody has it
with made as (
    insert into users (id, email, email_verified) values ($1, $2, true)
    on conflict do nothing
    returning id, email
), token as (
    insert into mail_tokens (hash, purpose, user_id, email, expires_at)
    select $3, 'reset', id, email, now() + $6::bigint * interval '1 second'
    from made
), noted as (
    insert into audit (user_id, event) select id, 'invited' from made
)
select id, outbox_put($4, email, $5) from made
