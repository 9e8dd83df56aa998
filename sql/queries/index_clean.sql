-- $1 document (deleted), $2 lease
select index_clean($1, $2)
