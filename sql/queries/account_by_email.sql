-- $1 e-mail address in lower case. Always one row, of nulls when nobody has it; the last columns: password hash, the highest cost of bcrypt hashes that accounts have, do any have scrypt
select u.id, u.name, u.email, u.email_verified, u.image,
       floor(extract(epoch from u.created_at) * 1000)::bigint,
       floor(extract(epoch from u.updated_at) * 1000)::bigint,
       u.two_factor_at is not null, u.password_hash,
       (select max(substr(password_hash, 5, 2)) from users
        where password_hash like '_2_$%' and disabled_at is null),
       (select max(id) from users
        where password_hash not like '$%' and disabled_at is null) is not null
from (values (1)) once
left join users u on u.email = $1 and u.disabled_at is null
