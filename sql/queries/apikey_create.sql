-- $1 id, $2 user id, $3 name, $4 prefix, $5 hash of the key, $6 unix seconds of its end or null, $7 how many keys a person may have, $8 address, $9 user agent. No row: there are so many already
with created as (
    insert into api_keys (id, user_id, name, prefix, hash, expires_at)
    select $1, $2, $3, $4, $5, to_timestamp($6::bigint)
    where api_key_fits($2, $7::bigint)
    returning *
), noted as (
    insert into audit (user_id, event, ip_address, user_agent)
    select user_id, 'api_key_created', $8, $9 from created
)
select id, name, prefix,
       floor(extract(epoch from created_at) * 1000)::bigint,
       floor(extract(epoch from last_used_at) * 1000)::bigint,
       floor(extract(epoch from expires_at) * 1000)::bigint
from created
