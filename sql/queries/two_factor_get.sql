-- $1 user id, $2 session id; the last columns: password hash or null, sealed secret or null, hashes of the backup codes that are left, with blanks between
select u.id, u.name, u.email, u.email_verified, u.image,
       floor(extract(epoch from u.created_at) * 1000)::bigint,
       floor(extract(epoch from u.updated_at) * 1000)::bigint,
       u.two_factor_at is not null, u.password_hash, f.sealed,
       (select coalesce(string_agg(b.hash, ' '), '') from backup_codes b
        where b.user_id = u.id)
from users u
join sessions s on s.user_id = u.id and s.id = $2
left join second_factors f on f.user_id = u.id
where u.id = $1
