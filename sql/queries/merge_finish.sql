-- $1 scope, $2 segments that were joined (bigint[]), $3 the new one, and of
-- dead chunks that are no longer in it: $4 firsts, $5 lasts (integer[])
with old as (
	delete from index_segments where id = any ($2::bigint[])
	returning chunks, tokens, languages, first_chunk, last_chunk
), left_over as (
	select i.first_chunk, i.last_chunk from index_dead i
	where i.segment = any ($2::bigint[]) and not exists (
	    select from unnest($4::integer[], $5::integer[]) u (first, last)
	    where u.first = i.first_chunk and u.last = i.last_chunk)
), new as (
	insert into index_segments (id, scope, chunks, tokens, languages,
	    first_chunk, last_chunk, dead)
	select $3::bigint, $1::integer, sum(chunks), sum(tokens),
	    bit_or(languages),
	    coalesce(min(first_chunk) filter (where last_chunk >= first_chunk), 0),
	    coalesce(max(last_chunk) filter (where last_chunk >= first_chunk), -1),
	    (select coalesce(sum(last_chunk - first_chunk + 1), 0)
		from left_over)
	from old
	having sum(chunks) <> 0 or sum(tokens) <> 0
	    or exists (select from left_over)
	returning id
)
insert into index_dead (segment, first_chunk, last_chunk)
select n.id, o.first_chunk, o.last_chunk from left_over o, new n
