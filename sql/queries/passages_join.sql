-- $1 user, $2 documents (text[]) and $3 ordinals (integer[]), in step, of
-- chunks that were found; these and their neighbours, in order of the text, of
-- the documents that the user may see. The text goes on up to the next chunk.
select d.id, d.external_id, d.title, d.id || '-' || c.ordinal as chunk,
    c.ordinal, c.heading, c.start_byte, c.end_byte, c.page,
    c.page_breaks::text as page_breaks,
    convert_from(substring(t.bytes from c.start_byte + 1
	for greatest(c.end_byte, n.start_byte) - c.start_byte), 'UTF8') as text
from (select distinct u.document, u.ordinal + s.step as ordinal
    from unnest($2::text[], $3::integer[]) u (document, ordinal),
	generate_series(-1, 1) s (step)) w
join documents d on d.id = w.document
join chunks c on c.document = d.id and c.ordinal = w.ordinal
left join chunks n on n.document = d.id and n.ordinal = c.ordinal + 1
join texts t on t.document = d.id
where d.deleted_at is null and (d.owner = $1 or d.owner is null)
order by d.id, c.ordinal
