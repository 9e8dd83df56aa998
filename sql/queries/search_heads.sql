-- $1 user, $2 terms (bigint[]); their rows of index_terms
select t.term, t.chunks, t.segment, t.bytes
from index_segments s cross join lateral (
	select i.segment, i.term, i.chunks, i.bytes
	from index_terms i
	where i.segment = s.id and i.term = any ($2::bigint[]) offset 0
) t
where s.scope = any (array(
	select x.id from scopes x where x.owner = $1 union all
	select x.id from scopes x where x.owner is null))
