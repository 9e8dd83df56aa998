-- $1 owner (null: shared library), $2 records of a collection (JSON: an array
-- of {id, title, text}); what document_put() does, for all of them at once.
-- How many were stored; the others were there already.
with record as materialized (
	select distinct on (r.id) r.id as external_id, r.title,
	    convert_to(r.text, 'UTF8') as bytes,
	    encode(sha256(convert_to(r.text, 'UTF8')), 'hex') as sha256
	from rows from (json_to_recordset($2::json)
	    as (id text, title text, text text)) with ordinality
	    as r (id, title, text, n)
	order by r.id, r.n desc
), old as materialized (
	select d.* from record r cross join lateral (
		select i.id, i.external_id, i.sha256, i.title, i.status
		from documents i
		where coalesce(i.owner, '') = coalesce($1, '')
		    and i.deleted_at is null and i.external_id = r.external_id
		for no key update offset 0
	) d
), created as (
	insert into documents (owner, external_id, title, media_type, size,
	    sha256)
	select $1, r.external_id, r.title, 'text/plain',
	    octet_length(r.bytes), r.sha256
	from record r
	where r.external_id not in (select o.external_id from old o)
	returning id, external_id
), replaced as (
	update documents d set title = r.title, media_type = 'text/plain',
	    size = octet_length(r.bytes), sha256 = r.sha256,
	    status = 'queued', error = null, updated_at = now()
	from old o join record r using (external_id)
	where d.id = o.id and (r.sha256 <> o.sha256 or r.title <> o.title)
	returning d.id, d.external_id
), retried as (
	update documents d set status = 'queued', error = null
	from old o join record r using (external_id)
	where d.id = o.id and r.sha256 = o.sha256 and r.title = o.title
	    and o.status = 'failed'
	returning d.id
), stored as (
	select id, external_id from created
	union all
	select id, external_id from replaced
), original as (
	insert into originals (document, bytes)
	select s.id, r.bytes from stored s join record r using (external_id)
	on conflict (document) do update set bytes = excluded.bytes
), job as (
	insert into index_jobs (document)
	select id from stored union all select id from retried
	on conflict (document) do update set due_at = now(), lease = null,
	    attempts = 0, reason = null
)
select count(*) as stored from stored
