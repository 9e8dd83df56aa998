-- $1 document, $2 lease, $3 what went wrong; tried again after half a minute
update index_jobs
set due_at = now() + interval '30 s', lease = null, reason = $3
where document = $1 and lease = $2
