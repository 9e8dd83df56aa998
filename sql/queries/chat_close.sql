-- $1 answer, $2 text, $3 citations, $4 status, $5 error code (or null), $6
-- model (or null), $7 usage (or null). No row: it was closed before, or its
-- conversation has been deleted.
with closed as (
	update messages set text = $2, citations = $3::jsonb, status = $4,
	    error = $5, model = $6, usage = $7::jsonb, finished_at = now()
	where id = $1 and status = 'running'
	returning conversation_id, id
), moved as (
	update conversations set updated_at = now()
	where id = (select conversation_id from closed)
)
select id from closed
