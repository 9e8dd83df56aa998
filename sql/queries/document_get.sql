-- $1 document, $2 user
select null as outcome, id, external_id, title, filename, media_type, size,
    sha256, chunks, status, error, is_shared, created_ms, updated_ms
from document_cards
where id = $1 and (owner = $2 or owner is null)
