-- $1 hash of the token, $2 who is signed in or null, $3 id of the notice to the new address or null, $4 notice, $5 id of the same to the old address, $6 address, $7 user agent
select c.outcome, u.id, u.name, u.email, u.email_verified, u.image,
       floor(extract(epoch from u.created_at) * 1000)::bigint,
       floor(extract(epoch from u.updated_at) * 1000)::bigint,
       u.two_factor_at is not null
from email_confirm($1, $2, $3, $4, $5, $6, $7) c
left join users u on u.id = c.its_user
