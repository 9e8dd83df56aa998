-- $1 model
select vector_index($1::integer)
