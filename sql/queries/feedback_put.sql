-- $1 user, $2 answer, $3 rating (0: none any more), $4 comment (or null). No
-- row: this user has no such answer. Else its feedback, nulls when it has none.
with found as materialized (
	select m.id from messages m
	join conversations c on c.id = m.conversation_id
	where c.user_id = $1 and m.id = $2 and m.role = 'assistant'
), gone as (
	delete from feedback f using found
	where f.message_id = found.id and $3::integer = 0
), put as (
	insert into feedback as f (message_id, rating, comment)
	select id, $3::integer, $4 from found where $3::integer <> 0
	on conflict on constraint feedback_pkey do update
	set rating = excluded.rating, comment = excluded.comment,
	    created_at = now()
	returning f.rating, f.comment
)
select found.id, put.rating, put.comment from found left join put on true
