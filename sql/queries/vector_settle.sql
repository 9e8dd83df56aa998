-- $1 model; when nothing waits for it
select is_changed, needs_index from vector_settle($1::integer)
