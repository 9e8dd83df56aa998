-- $1 user id, $2 session id, $3 hash of the token, $4 seconds of life, $5 remembered?, $6 address, $7 user agent, $8 a new password hash or null
with signed_in as (
    insert into sessions (id, user_id, session_token, expires_at,
        is_remembered, ip_address, user_agent)
    select $2, u.id, $3, now() + $4::bigint * interval '1 second', $5, $6, $7
    from users u where u.id = $1 and u.disabled_at is null
    returning user_id
), rehashed as (
    update users set password_hash = $8
    where id = $1 and $8::text is not null
), noted as (
    insert into audit (user_id, event, ip_address, user_agent)
    select user_id, 'sign_in', $6, $7 from signed_in
)
select user_id from signed_in
