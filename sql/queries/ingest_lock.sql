-- $1 owner (null: shared library); keeps others from storing documents of his
-- until the end of the transaction, as document_put() does
select pg_advisory_xact_lock(
    hashtextextended('lectern.upload.' || coalesce($1, ''), 0))
