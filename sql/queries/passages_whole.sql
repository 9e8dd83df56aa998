-- $1 user, $2 documents (text[]), $3 bytes; all chunks of these documents, of
-- those that the user may see, in the order given, unless their texts are
-- longer than that together. The text goes on up to the next chunk.
with chosen as materialized (
    select d.id, d.external_id, d.title, u.place
    from (select id, min(place) as place
	from unnest($2::text[]) with ordinality u (id, place) group by id) u
    join documents d on d.id = u.id
    where d.deleted_at is null and (d.owner = $1 or d.owner is null))
select d.id, d.external_id, d.title, d.id || '-' || c.ordinal as chunk,
    c.ordinal, c.heading, c.start_byte, c.end_byte, c.page,
    c.page_breaks::text as page_breaks,
    convert_from(substring(t.bytes from c.start_byte + 1
	for greatest(c.end_byte, n.start_byte) - c.start_byte), 'UTF8') as text
from chosen d
join chunks c on c.document = d.id
left join chunks n on n.document = d.id and n.ordinal = c.ordinal + 1
join texts t on t.document = d.id
where (select sum(octet_length(a.bytes)) from chosen b
    join texts a on a.document = b.id) <= $3::bigint
order by d.place, c.ordinal
