-- $1 document, $2 lease, $3 the reason, in words for its owner; the document
-- is locked before its scope
with held as materialized (
	select id from documents where id = $1 for no key update
)
select index_fail(id, $2, $3) as is_done from held
