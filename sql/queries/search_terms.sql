-- $1 user, $2 terms (bigint[]); of those that what the user may search holds:
-- in how many chunks, and how many bytes their rows of index_terms are.
-- Offset 0 keeps the planner at one look-up a segment and term.
select t.term, sum(t.chunks) as chunks, sum(t.size) as size
from index_segments s cross join lateral (
	select i.term, i.chunks, octet_length(i.bytes) as size
	from index_terms i
	where i.segment = s.id and i.term = any ($2::bigint[]) offset 0
) t
where s.scope = any (array(
	select x.id from scopes x where x.owner = $1 union all
	select x.id from scopes x where x.owner is null))
group by t.term
