-- The accounts of a better-auth database, as user_import.sql takes them. Its
-- columns are named in camel or, by some adapters, in snake case: JSON reads
-- both. Whoever has signed in by a provider alone has no password.
select u.j ->> 'id', lower(btrim(u.j ->> 'email')), coalesce(u.j ->> 'name', ''),
       coalesce((coalesce(u.j ->> 'emailVerified',
           u.j ->> 'email_verified'))::boolean, false),
       u.j ->> 'image',
       coalesce(coalesce(u.j ->> 'createdAt',
           u.j ->> 'created_at')::timestamptz, now()),
       coalesce(coalesce(u.j ->> 'updatedAt',
           u.j ->> 'updated_at')::timestamptz, now()),
       a.password, coalesce((u.j ->> 'banned')::boolean, false)
from (select to_jsonb(its) as j from "user" its) u
left join (
    select coalesce(c.j ->> 'userId', c.j ->> 'user_id') as owner,
           min(c.j ->> 'password') as password
    from (select to_jsonb(its) as j from account its) c
    where coalesce(c.j ->> 'providerId', c.j ->> 'provider_id') = 'credential'
    group by 1
) a on a.owner = u.j ->> 'id'
order by 6, 1
