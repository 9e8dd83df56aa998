-- $1 user id; the first columns of session_find.sql, and the token's hash
select id,
       floor(extract(epoch from expires_at) * 1000)::bigint,
       floor(extract(epoch from created_at) * 1000)::bigint,
       floor(extract(epoch from updated_at) * 1000)::bigint,
       coalesce(ip_address, ''), coalesce(user_agent, ''),
       is_remembered, user_id, session_token
from sessions
where user_id = $1 and expires_at > now()
order by updated_at desc, id
