-- $1 user id, $2 id of the one before or null: the user's next document; no size: its bytes are gone
select d.id, coalesce(d.filename, d.title),
    floor(extract(epoch from d.updated_at))::bigint,
    d.filename is null, d.media_type,
    coalesce(octet_length(o.bytes), octet_length(t.bytes))
from documents d
left join originals o on o.document = d.id
left join texts t on t.document = d.id
where d.owner = $1 and d.deleted_at is null and d.id > coalesce($2, '')
order by d.id limit 1
