-- $1 hash of the challenge's token. Outcome, seconds to wait, and the columns of two_factor_get.sql (null unless the outcome is open)
select t.outcome, t.wait,
       u.id, u.name, u.email, u.email_verified, u.image,
       floor(extract(epoch from u.created_at) * 1000)::bigint,
       floor(extract(epoch from u.updated_at) * 1000)::bigint,
       u.two_factor_at is not null, u.password_hash, f.sealed,
       (select coalesce(string_agg(b.hash, ' '), '') from backup_codes b
        where b.user_id = u.id)
from two_factor_try($1) t
left join users u on u.id = t.its_user
left join second_factors f on f.user_id = t.its_user
