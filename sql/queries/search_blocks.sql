-- $1 user, arrays with an entry a block: $2 segments, $3 terms, $4 first
-- chunks; the bytes of those that are still there
select u.n, b.bytes
from unnest($2::bigint[], $3::bigint[], $4::integer[])
    with ordinality u (segment, term, first_chunk, n)
join index_segments s on s.id = u.segment
cross join lateral (
	select i.bytes from index_blocks i
	where i.segment = u.segment and i.term = u.term
	    and i.first_chunk = u.first_chunk offset 0
) b
where s.scope = any (array(
	select x.id from scopes x where x.owner = $1 union all
	select x.id from scopes x where x.owner is null))
