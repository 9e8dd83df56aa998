-- $1 user, $2 conversation: id or client id. Its id, and the id of its answer
-- that runs (or null). No row: there is no such conversation of this user.
select c.id, (select m.id from messages m where m.conversation_id = c.id
    and m.status = 'running' order by m.created_at desc limit 1) as answer
from conversations c
where c.user_id = $1 and (c.id = $2 or c.client_id = $2)
order by c.id = $2 desc limit 1
