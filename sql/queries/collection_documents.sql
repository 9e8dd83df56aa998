-- $1 user, $2 collection: id or name. What it holds of what the user may see,
-- as a JSON array; null: there is no such collection.
select to_json(collection_documents_of($1, $2)) as documents
