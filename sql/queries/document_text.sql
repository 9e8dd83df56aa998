-- $1 document, $2 user, and the range: $3 first byte, $4 last byte, or the
-- last $4 bytes when $3 is null; both null: all of it. start and stop (behind
-- the last) are cut to the text; no text yet: size is null.
with text as materialized (
	select d.status, d.error, octet_length(t.bytes) as size,
	    d.id, $3::bigint as head, $4::bigint as tail
	from documents d left join texts t on t.document = d.id
	where d.id = $1 and (d.owner = $2 or d.owner is null)
	    and d.deleted_at is null
), span as materialized (
	select *, case when head is not null then head
	    when tail is not null then greatest(size - tail, 0)
	    else 0 end as start,
	    case when head is null or tail is null then size
	    else least(tail + 1, size) end as stop
	from text
)
select s.status, s.error, s.size, s.start, s.stop,
    case when s.head is null and s.tail is null
    then convert_from(t.bytes, 'UTF8') end as whole,
    case when (s.head is not null or s.tail is not null)
    and s.start < s.stop
    then substring(t.bytes from s.start::integer + 1
	for (s.stop - s.start)::integer) end as part
from span s left join texts t on t.document = s.id
