-- $1 user, $2 conversation, $3 title. Not when it was named by hand.
update conversations set title = $3
where id = $2 and user_id = $1 and not is_named
returning id
