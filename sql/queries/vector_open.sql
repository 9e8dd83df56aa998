-- $1 model's name, $2 passage prefix, $3 dimensions asked for (0: its own)
select outcome, model, has_baseline from vector_open($1, $2, $3::integer)
