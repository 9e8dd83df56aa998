-- $1 user; how many chunks the user may search, the sum of their lengths, the
-- bits of their languages, ranges of chunk ids that are gone or deleted
-- ("first-last,..."), and how many segments
with mine as materialized (
	select s.id, s.chunks, s.tokens, s.languages, s.dead
	from index_segments s
	where s.scope = any (array(
	    select x.id from scopes x where x.owner = $1 union all
	    select x.id from scopes x where x.owner is null))
)
select coalesce(sum(s.chunks), 0) as chunks,
    coalesce(sum(s.tokens), 0) as tokens,
    coalesce(bit_or(s.languages), 0) as languages,
    (select string_agg(r.first_chunk || '-' || r.last_chunk, ',')
	from (select i.first_chunk, i.last_chunk
	    from mine n join index_dead i on i.segment = n.id
	    where n.dead > 0
	    union all
	    select c.id, c.id + d.chunks - 1
	    from documents d join chunks c on c.document = d.id
		and c.ordinal = 0
	    where coalesce(d.owner, '') in ($1, '')
		and d.deleted_at is not null and d.chunks > 0
	) r) as denied,
    count(*) as segments
from mine s
