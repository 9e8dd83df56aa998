-- $1 user, $2 conversation: id or client id, $3 message (or null: the newest).
-- One row a message of the path through $3 down to the newest below it, in
-- order; the conversation's columns are the same in each; one row with a null
-- message when it has none.
with found as materialized (
	select * from conversations
	where user_id = $1 and (id = $2 or client_id = $2)
	order by id = $2 desc limit 1
)
select c.id, c.client_id, c.title,
    (extract(epoch from c.created_at) * 1000)::bigint as created_ms,
    (extract(epoch from c.updated_at) * 1000)::bigint as updated_ms,
    m.id as message, m.client_id, m.parent_id, m.branches, m.role, m.text,
    m.citations, m.status, m.error, m.model, m.usage, m.feedback,
    m.created_ms as message_ms, m.is_dead
from found c
left join lateral message_path(case when $3::text is null
    then message_last(c.id) else message_leaf(c.id, $3) end) p on true
left join message_cards m on m.id = p.id and m.user_id = $1
order by p.depth desc
