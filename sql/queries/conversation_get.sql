-- $1 user, $2 conversation: id or client id. One row a message, in order; the
-- conversation's columns are the same in each; one row with a null message
-- when it has none. An answer that has been running for a quarter of an hour
-- was broken off. Of its citations come those that hold: the user sees the
-- document, and its text has these bytes at that place.
with found as materialized (
	select * from conversations
	where user_id = $1 and (id = $2 or client_id = $2)
	order by id = $2 desc limit 1
)
select c.id, c.client_id, c.title,
    (extract(epoch from c.created_at) * 1000)::bigint as created_ms,
    (extract(epoch from c.updated_at) * 1000)::bigint as updated_ms,
    m.id as message, m.role, m.text,
    case when m.citations = '[]' then m.citations else (
	select coalesce(jsonb_agg(i.item order by i.n), '[]')
	from jsonb_array_elements(m.citations) with ordinality i (item, n)
	join documents d on d.id = i.item ->> 'documentId'
	    and d.deleted_at is null
	    and (d.owner = $1 or d.owner is null)
	join texts t on t.document = d.id
	where encode(sha256(substring(t.bytes
	    from (i.item ->> 'start')::integer + 1
	    for (i.item ->> 'end')::integer
	    - (i.item ->> 'start')::integer)), 'hex') = i.item ->> 'sha256')
    end as citations,
    case when m.status = 'running'
    and m.created_at < now() - interval '15 minutes' then 'failed'
    else m.status end as status,
    (extract(epoch from m.created_at) * 1000)::bigint as message_ms
from found c
left join lateral message_path(message_last(c.id)) p on true
left join messages m on m.id = p.id
order by p.depth desc
