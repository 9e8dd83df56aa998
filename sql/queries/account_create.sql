-- $1 user id, $2 name, $3 e-mail in lower case, $4 image or null, $5 password hash, $6 session id or null, $7 hash of its token, $8 seconds of life, $9 remembered?, $10 address, $11 user agent, $12 verification letter's id or null, $13 hash of its token, $14 letter, $15 device. One row; nulls for an address that is taken, which writes as much
with made as (
    insert into users (id, name, email, image, password_hash)
    values ($1, $2, $3, $4, $5)
    on conflict (email) do nothing
    returning id, name, email, email_verified, image, created_at, updated_at
), signed_in as (
    insert into sessions (id, user_id, session_token, expires_at,
        is_remembered, ip_address, user_agent)
    select $6, made.id, $7, now() + $8::bigint * interval '1 second', $9,
        $10, $11
    from made where $6::text is not null
), seen as (
    insert into devices (user_id, device)
    select made.id, $15 from made where $6::text is not null
), noted as (
    insert into audit (user_id, event, ip_address, user_agent)
    select made.id, 'sign_up', $10, $11 from made
), token as (
    insert into mail_tokens (hash, purpose, user_id, email)
    select $13, 'verify', (select id from made), $3
    where $12::text is not null
)
select made.id, made.name, made.email, made.email_verified, made.image,
       floor(extract(epoch from made.created_at) * 1000)::bigint,
       floor(extract(epoch from made.updated_at) * 1000)::bigint,
       false, outbox_put($12, made.email, $14)
from (values (1)) once
left join made on true
