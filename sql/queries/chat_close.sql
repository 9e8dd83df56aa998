-- $1 answer, $2 text, $3 citations, $4 status, $5 error code (or null), $6
-- model (or null), $7 usage (or null), $8 tokens in, $9 tokens out. No row: it
-- was closed before, or its conversation has been deleted. What others broke
-- off, thinking that its worker was dead, is whole now.
with held as materialized (
	-- Its deletion locks the conversation first, too, then the message.
	select c.id from conversations c
	where c.id = (select conversation_id from messages where id = $1)
	for no key update
), closed as (
	update messages m set text = $2, citations = $3::jsonb, status = $4,
	    error = $5, model = $6, usage = $7::jsonb, finished_at = now()
	from held
	where m.id = $1 and m.conversation_id = held.id
	    and (m.status = 'running' or (m.status = 'failed'
	    and m.error = 'ANSWER_BROKEN_OFF'))
	returning m.conversation_id, m.id
), over as (
	delete from answers where message_id = $1
), moved as (
	update conversations set updated_at = now()
	where id = (select conversation_id from closed)
	returning user_id
)
select closed.id, chat_spend(moved.user_id, $8::bigint, $9::bigint)
from closed, moved
