-- $1 user id, $2 session id; the last columns: password hash or null, age of the session in seconds
select u.id, u.name, u.email, u.email_verified, u.image,
       floor(extract(epoch from u.created_at) * 1000)::bigint,
       floor(extract(epoch from u.updated_at) * 1000)::bigint,
       u.two_factor_at is not null, u.password_hash,
       floor(extract(epoch from now() - s.created_at))::bigint
from users u
join sessions s on s.user_id = u.id and s.id = $2
where u.id = $1
