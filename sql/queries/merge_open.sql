-- $1 segments (bigint[]); all their words in order, as the cursor `merge`:
-- term, segment, chunks, bytes
select index_merge_open($1)
