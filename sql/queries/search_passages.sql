-- $1 user, $2 chunks (integer[]); the passages of those that the user may
-- see, in the order given
select c.id, d.id as document, d.external_id, d.title,
    d.id || '-' || c.ordinal as chunk, c.heading, c.start_byte, c.end_byte,
    convert_from(substring(x.bytes from c.start_byte + 1
	for c.end_byte - c.start_byte), 'UTF8') as text, c.page,
    c.page_breaks::text as page_breaks
from unnest($2::integer[]) with ordinality u (id, n)
join chunks c on c.id = u.id
join documents d on d.id = c.document join texts x on x.document = d.id
where d.deleted_at is null and (d.owner = $1 or d.owner is null)
order by u.n
