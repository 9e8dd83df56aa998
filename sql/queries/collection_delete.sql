-- $1 user, $2 collection: its id. One row when it was there.
delete from collections where user_id = $1 and id = $2 returning id
