-- $1 document, $2 user, $3 whether an administrator; outcome null: there is
-- none that the user sees
select p.outcome, (p.card).id, (p.card).external_id, (p.card).title,
    (p.card).filename, (p.card).media_type, (p.card).size, (p.card).sha256,
    (p.card).chunks, (p.card).status, (p.card).error, (p.card).is_shared,
    (p.card).created_ms, (p.card).updated_ms
from document_retry($1, $2, $3::boolean) p
