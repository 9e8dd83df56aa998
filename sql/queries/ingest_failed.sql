-- $1 owner (null: shared library); its documents that could not be read
select coalesce(filename, external_id, title), error from documents
where coalesce(owner, '') = coalesce($1, '')
    and status = 'failed' and deleted_at is null
order by 1 limit 50
