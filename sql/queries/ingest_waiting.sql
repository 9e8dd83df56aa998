-- $1 owner (null: shared library); how many of its documents are not read
select count(*) from documents
where coalesce(owner, '') = coalesce($1, '')
    and status in ('queued', 'processing') and deleted_at is null
