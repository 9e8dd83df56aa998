-- $1 document, $2 lease, $3 the reason, in words for its owner
select index_fail($1, $2, $3) as is_done
