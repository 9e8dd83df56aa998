-- $1 documents (text[]) whose text is what was uploaded, $2 one document (or
-- null) with $3 its text
with kept as (
	-- || makes a new value: the original's would be stored as compressed
	-- as it is, and every slice of it would unpack all that stands before.
	select document, bytes || ''::bytea as bytes from originals
	where document = any ($1)
	union all
	select $2::text, $3::bytea where $2::text is not null
)
insert into texts (document, bytes) select document, bytes from kept
on conflict (document) do update set bytes = excluded.bytes
