-- $1 document, $2 user, $3 whether an administrator, $4 the user's quota in
-- bytes (0: none); outcome null: there is no deletion to take back
select p.outcome, (p.card).id, (p.card).external_id, (p.card).title,
    (p.card).filename, (p.card).media_type, (p.card).size, (p.card).sha256,
    (p.card).chunks, (p.card).status, (p.card).error, (p.card).is_shared,
    (p.card).created_ms, (p.card).updated_ms, p.usage
from document_restore($1, $2, $3::boolean, $4::bigint) p
