-- $1 model, $2 how many documents at most; a lease, or null and when to ask
-- again (null: nothing waits)
select a_lease, a_wait_ms from vector_claim($1::integer, $2::integer)
