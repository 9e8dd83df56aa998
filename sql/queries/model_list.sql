-- $1 user, $2 id or name of the collection wanted (or null: all of them). Each
-- is a model of its own in OpenAI's list. By name.
select name, floor(extract(epoch from created_at))::bigint as created
from collections
where user_id = $1
and ($2::text is null or id = $2 or lower(name) = lower($2))
order by lower(name), id
limit 1000
