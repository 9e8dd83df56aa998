-- $1 document, $2 scope, $3 ordinal of the first, and arrays with an entry
-- a chunk: $4 starts, $5 ends, $6 heading paths, $7 token counts
select index_add($1, $2::integer, $3::integer, $4, $5, $6, $7)
