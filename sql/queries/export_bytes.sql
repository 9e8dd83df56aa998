-- $1 document, $2 its owner, $3 first byte (from 1), $4 how many: a slice of it as uploaded
select substring(coalesce(o.bytes, t.bytes) from $3::integer for $4::integer)
from documents d
left join originals o on o.document = d.id
left join texts t on t.document = d.id
where d.id = $1 and d.owner = $2
