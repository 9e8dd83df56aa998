-- $1 owner (null: shared library), $2 filename, $3 title, $4 media type,
-- $5 bytes, $6 the owner's quota in bytes (0: none), $7 bytes that are to
-- fit: these and those sent with them, $8 how many the database may take
-- (0: any number)
select p.outcome, (p.card).id, (p.card).external_id, (p.card).title,
    (p.card).filename, (p.card).media_type, (p.card).size, (p.card).sha256,
    (p.card).chunks, (p.card).status, (p.card).error, (p.card).is_shared,
    (p.card).created_ms, (p.card).updated_ms, p.usage
from document_upload($1, $2, $3, $4, $5, $6::bigint, $7::bigint,
    $8::bigint) p
