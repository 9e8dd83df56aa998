-- $1 user id, $2 session id, $3 hash of the token, $4 seconds of life, $5 remembered?, $6 address, $7 user agent, $8 what replaces an old kind of password hash or null, $9 device, $10 id of the notice of a new device or null (mail is off), $11 notice, $12 key of the attempt that has succeeded or null (limits are off), $13 the password hash that was looked at. No row: it is another by now. Says whether the device is new to the account
with signed_in as (
    insert into sessions (id, user_id, session_token, expires_at,
        is_remembered, ip_address, user_agent)
    select $2, u.id, $3, now() + $4::bigint * interval '1 second', $5, $6, $7
    from users u
    where u.id = $1 and u.disabled_at is null and u.password_hash = $13
    for no key update
    returning user_id
), rehashed as (
    update users set password_hash = $8
    where id = $1 and $8::text is not null
      and password_hash not like '$argon2%'
), noted as (
    insert into audit (user_id, event, ip_address, user_agent)
    select user_id, 'sign_in', $6, $7 from signed_in
), forgiven as (
    delete from attempts where key = $12
)
select signed_in.user_id, seen.is_new,
       outbox_put(case when seen.is_new then $10 end, users.email, $11)
from signed_in
join users on users.id = signed_in.user_id
cross join lateral (
    select device_see(signed_in.user_id, $9) as is_new
) seen
