-- $1 user id, $2 the session that ends, $3 id of the one that replaces it, $4 hash of its token, $5 seconds of life, $6 remembered?, $7 address, $8 user agent, $9 notice's id or null (mail is off), $10 notice. From now on signing in asks for a code. The user, or no row when it does already
with confirmed as (
    update users set two_factor_at = now(), updated_at = now()
    where id = $1 and two_factor_at is null
      and exists (select from second_factors where user_id = $1)
    returning *
), ended as (
    delete from sessions using confirmed
    where sessions.id = $2 and user_id = confirmed.id
), opened as (
    insert into sessions (id, user_id, session_token, expires_at,
        is_remembered, ip_address, user_agent)
    select $3, id, $4, now() + $5::bigint * interval '1 second', $6, $7, $8
    from confirmed
), noted as (
    insert into audit (user_id, event, ip_address, user_agent)
    select id, 'two_factor_enabled', $7, $8 from confirmed
)
select id, name, email, email_verified, image,
       floor(extract(epoch from created_at) * 1000)::bigint,
       floor(extract(epoch from updated_at) * 1000)::bigint,
       two_factor_at is not null, outbox_put($9, email, $10)
from confirmed
