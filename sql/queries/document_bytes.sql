-- $1 document, $2 user, $3 whether as uploaded (else the text), and the
-- range: $4 first byte, $5 last byte, or the last $5 bytes when $4 is null;
-- both null: all of it. start and stop (behind the last) are cut to the
-- document, slice is the first $6 bytes of that. $7: the version that a slice
-- before was of; no row when it is another one by now. Size null: no text yet.
with found as (
	select d.id, d.status, d.error, d.media_type,
	    coalesce(d.filename, translate(d.title, '/\', '__') ||
		case d.media_type when 'text/plain' then '.txt'
		when 'text/markdown' then '.md' when 'text/html' then '.html'
		else '' end) as name,
	    case when $3::boolean then coalesce(o.bytes, t.bytes)
	    else t.bytes end as bytes,
	    case when $3::boolean then d.sha256
	    else t.xmin::text end as version,
	    $4::bigint as head, $5::bigint as tail
	from documents d
	left join originals o on o.document = d.id and $3::boolean
	left join texts t on t.document = d.id
	where d.id = $1 and (d.owner = $2 or d.owner is null)
	    and d.deleted_at is null
), sized as (
	select *, octet_length(bytes) as size from found
), span as (
	select *, case when head is not null then head
	    when tail is not null then greatest(size - tail, 0)
	    else 0 end as start,
	    case when head is null or tail is null then size
	    else least(tail + 1, size) end as stop
	from sized
)
select status, error, media_type, name, size, start, stop, version,
    -- Cut also where nothing is read: a constant is cast before it is compared.
    case when start < stop then substring(
	bytes from least(start, size)::integer + 1
	for least(stop - start, $6::bigint)::integer)
    else '' end as slice
from span where $7::text is null or version = $7
