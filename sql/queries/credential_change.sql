-- $1 user id, $2 new password hash, $3 end all sessions?, $4 id of the one that replaces them, $5 hash of its token, $6 seconds of life, $7 remembered?, $8 address, $9 user agent, $10 notice's id or null (mail is off), $11 notice, $12 the password hash that was looked at. No row: it is another by now
with changed as (
    update users set password_hash = $2
    where id = $1 and password_hash = $12
    returning id, email
), opened as (
    insert into sessions (id, user_id, session_token, expires_at,
        is_remembered, ip_address, user_agent)
    select $4, id, $5, now() + $6::bigint * interval '1 second', $7, $8, $9
    from changed where $3::boolean
), noted as (
    insert into audit (user_id, event, ip_address, user_agent)
    select id, 'password_changed', $8, $9 from changed
)
select outbox_put($10, email, $11),
       case when $3::boolean then sessions_end(id, $4, false) end
from changed
