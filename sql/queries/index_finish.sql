-- $1 documents (text[]), $2 lease, $3 whether the text of each is what was
-- uploaded (boolean[]); false: a claim was lost, roll back
select index_finish($1, $2, $3) as is_done
