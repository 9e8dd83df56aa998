-- $1 model, $2 lease; its documents have their vectors
delete from vector_jobs where model = $1::integer and lease = $2
