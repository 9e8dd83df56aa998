-- $1 documents (text[]), $2 lease, $3 what went wrong; tried again after half
-- a minute, each by itself
update index_jobs
set due_at = now() + interval '30 s', lease = null, reason = $3
where document = any ($1) and lease = $2
