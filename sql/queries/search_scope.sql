-- $1 user, $2 documents to look in (text[], null: all that the user may see);
-- how many chunks the user may search, the sum of their lengths, the bits of
-- their languages, and ranges of chunk ids ("first-last,..."): those that are
-- gone or deleted, and those of the documents chosen; and how many segments
select coalesce(sum(s.chunks), 0) as chunks,
    coalesce(sum(s.tokens), 0) as tokens,
    coalesce(bit_or(s.languages), 0) as languages,
    (select string_agg(r.first_chunk || '-' || r.last_chunk, ',')
	from (select i.first_chunk, i.last_chunk
	    from index_segments n join index_dead i on i.segment = n.id
	    where n.scope in (select index_scopes($1)) and n.dead > 0
	    union all
	    select c.id, c.id + d.chunks - 1
	    from documents d join chunks c on c.document = d.id
		and c.ordinal = 0
	    where coalesce(d.owner, '') in ($1, '')
		and d.deleted_at is not null and d.chunks > 0
	) r) as denied,
    case when $2::text[] is not null then coalesce((
	select string_agg(c.id || '-' || c.id + d.chunks - 1, ',')
	from documents d join chunks c on c.document = d.id and c.ordinal = 0
	where d.id = any ($2) and d.deleted_at is null
	    and (d.owner = $1 or d.owner is null)), '') end as allowed,
    count(*) as segments
from index_segments s where s.scope in (select index_scopes($1))
