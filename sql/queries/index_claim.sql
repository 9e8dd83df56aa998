-- $1 how many small documents at once, $2 of how many bytes together; the
-- documents to read (text[]) and the claim, or null and when to ask again
select array_to_string(a_documents, ',') as documents, a_lease, a_wait_ms
from index_claim($1::integer, $2::bigint)
