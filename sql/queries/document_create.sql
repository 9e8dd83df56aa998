-- $1 owner (null: shared library), $2 filename, $3 external id, $4 title,
-- $5 media type, $6 bytes, $7 quota in bytes (0: none), $8 bytes that are to
-- fit: these and those sent with them
select p.outcome, (p.card).id, (p.card).external_id, (p.card).title,
    (p.card).filename, (p.card).media_type, (p.card).size, (p.card).sha256,
    (p.card).chunks, (p.card).status, (p.card).error, (p.card).is_shared,
    (p.card).created_ms, (p.card).updated_ms
from document_put($1, $2, $3, $4, $5, $6, $7::bigint,
    $8::bigint) p
