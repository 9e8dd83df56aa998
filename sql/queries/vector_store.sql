-- $1 model, $2 lease, $3 dimensions (0: none of them came), and arrays with an
-- entry a text: $4 scopes, $5 digests, $6 vectors (null: refused); false: lost
select vector_store($1::integer, $2, $3::integer, $4, $5, $6) as is_kept
