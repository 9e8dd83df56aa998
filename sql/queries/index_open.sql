-- $1 documents (text[]), $2 lease; what the jobs are about, under the claim's
-- lock for the rest of the transaction. No row, or not is_mine: the claim is
-- lost. is_kept: the text stands in originals.
with lock as materialized (
	select pg_try_advisory_xact_lock(index_lock_key($2)) as is_mine
)
select l.is_mine, d.id, d.deleted_at is not null as is_deleted, d.media_type,
    d.title, index_scope(d.owner) as scope, o.document is not null as is_kept,
    case when d.deleted_at is null then coalesce(o.bytes, t.bytes) end as bytes
from lock l, index_jobs j join documents d on d.id = j.document
left join originals o on o.document = d.id
left join texts t on t.document = d.id
where j.document = any ($1) and j.lease = $2
order by d.id
