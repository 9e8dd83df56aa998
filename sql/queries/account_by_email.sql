-- $1 e-mail address in lower case
select id, name, email, email_verified, image,
       floor(extract(epoch from created_at) * 1000)::bigint,
       floor(extract(epoch from updated_at) * 1000)::bigint,
       password_hash
from users
where email = $1 and disabled_at is null
