-- $1 user, $2 conversation: id or client id. Its answer that runs, if its
-- worker lives: conversation, client id, answer.
select c.id, c.client_id, a.message_id
from conversations c
join answers a on a.conversation_id = c.id
join answer_workers w on w.id = a.worker
    and w.beat_at > clock_timestamp() - interval '10 seconds'
where c.user_id = $1 and (c.id = $2 or c.client_id = $2)
order by c.id = $2 desc limit 1
