-- $1 document, $2 lease; what the job is about, under the document's lock
-- for the rest of the transaction. No row, or not is_mine: the claim is lost.
select pg_try_advisory_xact_lock(index_lock_key($1)) as is_mine,
    d.deleted_at is not null as is_deleted, d.media_type,
    case when d.deleted_at is null then coalesce(o.bytes, t.bytes) end as bytes
from index_jobs j join documents d on d.id = j.document
left join originals o on o.document = d.id
left join texts t on t.document = d.id
where j.document = $1 and j.lease = $2
