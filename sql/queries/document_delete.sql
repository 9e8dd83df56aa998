-- $1 document, $2 user, $3 whether an administrator; no row: there is none
-- that the user sees. Its index entries follow, but no search shows them.
with seen as (
	select id, owner from documents
	where id = $1 and (owner = $2 or owner is null) and deleted_at is null
), gone as (
	update documents d set deleted_at = now() from seen s
	where d.id = s.id and (s.owner is not null or $3::boolean)
	    and d.deleted_at is null
	returning d.id
), job as (
	insert into index_jobs (document) select id from gone
	on conflict (document) do update set due_at = now(), lease = null,
	    attempts = 0, reason = null
)
select exists (select from gone) as is_deleted from seen
