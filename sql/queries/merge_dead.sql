-- $1 scope, $2 segments (bigint[]); ranges of dead chunks whose postings stand
-- in these segments alone
select i.first_chunk, i.last_chunk from index_dead i
where i.segment = any ($2::bigint[]) and not exists (
    select from index_segments s
    where s.scope = $1::integer and s.id <> all ($2::bigint[])
	and s.first_chunk <= i.last_chunk and s.last_chunk >= i.first_chunk)
order by 1
