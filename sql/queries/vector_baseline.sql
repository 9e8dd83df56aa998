-- $1 model, $2 the cosine of texts that have nothing to do with each other
update vector_models set baseline = $2::float8 where id = $1::integer
