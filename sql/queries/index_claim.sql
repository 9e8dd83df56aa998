-- no parameters; the next document to read, or null and when to ask again
select a_document, a_lease, a_wait_ms from index_claim()
