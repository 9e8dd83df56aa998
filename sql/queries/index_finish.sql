-- $1 documents (text[]), $2 lease, $3 whether the text of each is what was
-- uploaded (boolean[]); false: a claim was lost, roll back. That is looked at
-- before the documents are locked, too: whoever has the claim by now may hold
-- them, and wait for the chunks that we have taken out.
select case when (select count(*) from index_jobs
    where document = any ($1) and lease = $2) = cardinality($1)
    then index_finish($1, $2, $3) else false end as is_done
