-- $1 user, $2 conversation: id or client id. One row when it was there.
delete from conversations where id = (
	select id from conversations
	where user_id = $1 and (id = $2 or client_id = $2)
	order by id = $2 desc limit 1)
returning id
