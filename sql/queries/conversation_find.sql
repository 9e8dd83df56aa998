-- $1 user, $2 conversation: id or client id, $3 message (or null: the newest).
-- The conversation, and the last message of the path through $3; that is null
-- when there is no such message.
select c.id, c.client_id, c.title,
    (extract(epoch from c.created_at) * 1000)::bigint as created_ms,
    (extract(epoch from c.updated_at) * 1000)::bigint as updated_ms,
    case when $3::text is null then message_last(c.id)
	else message_leaf(c.id, $3) end as leaf
from conversations c
where c.user_id = $1 and (c.id = $2 or c.client_id = $2)
order by c.id = $2 desc limit 1
