-- $1 user, $2 collection: its id. The collection with its documents.
select id, name, documents, created_ms, updated_ms,
    to_json(collection_documents_of($1, id)) as document_ids
from collection_cards where user_id = $1 and id = $2
