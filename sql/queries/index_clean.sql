-- $1 document (deleted), $2 lease; the document is locked before its scope
with held as materialized (
	select id from documents where id = $1 for no key update
)
select index_clean(id, $2) from held
