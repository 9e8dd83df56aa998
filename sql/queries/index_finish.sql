-- $1 document, $2 lease, $3 whether the text is the original's bytes;
-- false: the claim was lost, roll back
select index_finish($1, $2, $3) as is_done
