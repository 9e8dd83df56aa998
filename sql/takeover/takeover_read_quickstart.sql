-- The accounts of a quickstart's database (or of another Lectern), as
-- user_import.sql takes them. Columns that it may lack are read through JSON.
select u.j ->> 'id', lower(btrim(u.j ->> 'email')), coalesce(u.j ->> 'name', ''),
       coalesce((u.j ->> 'email_verified')::boolean, false), u.j ->> 'image',
       coalesce((u.j ->> 'created_at')::timestamptz, now()),
       coalesce((u.j ->> 'updated_at')::timestamptz, now()),
       u.j ->> 'password_hash', u.j ->> 'disabled_at' is not null
from (select to_jsonb(users) as j from users) u
order by 6, 1
