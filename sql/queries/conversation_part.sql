-- $1 user, $2 conversation, $3 last message of a path (null: all messages, all
-- branches), $4 and $5 the cursor: place and id of the last one seen (or
-- null), $6 limit. Messages in order.
with listed as (
	select m.id,
	    (extract(epoch from m.created_at) * 1000000)::bigint as place
	from messages m where m.conversation_id = $2 and $3::text is null
	union all
	select p.id, -p.depth::bigint
	from message_path($3) p where $3::text is not null
), page as materialized (
	select id, place from listed
	where $4::bigint is null or (place, id) > ($4::bigint, $5)
	order by place, id limit $6::integer
)
select p.place, m.id as message, m.client_id, m.parent_id, m.branches,
    m.role, m.text, m.citations, m.status, m.error, m.model, m.usage,
    m.feedback, m.created_ms as message_ms, m.is_dead
from page p
join message_cards m on m.id = p.id and m.user_id = $1
    and m.conversation_id = $2
order by p.place, p.id
