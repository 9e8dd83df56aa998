-- $1 hash of the token, $2 seconds of life left below which it is refreshed
select s.id,
       floor(extract(epoch from s.expires_at) * 1000)::bigint,
       floor(extract(epoch from s.created_at) * 1000)::bigint,
       floor(extract(epoch from s.updated_at) * 1000)::bigint,
       coalesce(s.ip_address, ''), coalesce(s.user_agent, ''),
       s.is_remembered,
       u.id, u.name, u.email, u.email_verified, u.image,
       floor(extract(epoch from u.created_at) * 1000)::bigint,
       floor(extract(epoch from u.updated_at) * 1000)::bigint,
       u.two_factor_at is not null, u.role,
       s.is_remembered
           and s.expires_at <= now() + $2::bigint * interval '1 second',
       coalesce(s.created_at >= u.two_factor_at, false)
from sessions s
join users u on u.id = s.user_id
where s.session_token = $1
  and s.expires_at > now()
  and u.disabled_at is null
