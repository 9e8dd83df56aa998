-- $1 model, $2 lease, $3 milliseconds until its documents are tried again
update vector_jobs set lease = null,
    due_at = now() + $3::integer * interval '1 ms'
where model = $1::integer and lease = $2
