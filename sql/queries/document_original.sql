-- $1 document, $2 user; the bytes as uploaded
select coalesce(o.bytes, t.bytes) as bytes, d.media_type,
    coalesce(d.filename, d.title) as name
from documents d
left join originals o on o.document = d.id
left join texts t on t.document = d.id
where d.id = $1 and (d.owner = $2 or d.owner is null)
    and d.deleted_at is null
