-- $1 user, $2 conversation: id or client id, $3 title. The renamed one.
update conversations set title = $3, is_named = true,
    updated_at = now()
where id = (
	select id from conversations
	where user_id = $1 and (id = $2 or client_id = $2)
	order by id = $2 desc limit 1)
returning id, client_id, title,
    (extract(epoch from created_at) * 1000)::bigint as created_ms,
    (extract(epoch from updated_at) * 1000)::bigint as updated_ms
