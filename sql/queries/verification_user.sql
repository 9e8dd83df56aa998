-- $1 id of a user whose address has just changed
select id, name, email, email_verified, image,
       floor(extract(epoch from created_at) * 1000)::bigint,
       floor(extract(epoch from updated_at) * 1000)::bigint,
       two_factor_at is not null
from users
where id = $1
