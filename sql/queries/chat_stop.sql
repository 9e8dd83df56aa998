-- $1 user, $2 conversation: id or client id. Asks its answer's worker, which
-- may be another instance's, to stop. Its id, and whether an answer runs. No
-- row: there is no such conversation of this user.
with found as materialized (
	select id from conversations
	where user_id = $1 and (id = $2 or client_id = $2)
	order by id = $2 desc limit 1
), asked as (
	update answers a set is_stop_asked = true from found
	where a.conversation_id = found.id
	returning 1
)
select found.id, exists (select from asked) as is_running from found
