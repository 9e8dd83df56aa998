-- $1 user, $2 limit. Headings of the newest documents that are ready, own ones
-- before the library, taken in turns from each document; a document without
-- headings of its own gives one row without.
with newest as materialized (
	(select d.id, d.title, 0 as place, d.created_at
	from documents d
	where d.owner = $1 and d.status = 'ready' and d.deleted_at is null
	order by d.created_at desc, d.id desc limit 4)
	union all
	(select d.id, d.title, 1 as place, d.created_at
	from documents d
	where d.owner is null and d.status = 'ready' and d.deleted_at is null
	order by d.created_at desc, d.id desc limit 4)
), named as (
	select n.id, n.title, n.place, n.created_at, h.heading,
	    row_number() over (partition by n.id order by h.ordinal) as turn
	from newest n
	left join lateral (
		select l.heading, min(l.ordinal) as ordinal
		from (select regexp_replace(c.heading, '^.* > ', '') as heading,
			    c.ordinal
			from chunks c where c.document = n.id
			order by c.ordinal limit 40) l
		where l.heading ~ '[[:alpha:]]{3}' and l.heading <> n.title
		    and char_length(l.heading) <= 80
		group by l.heading
	) h on true
	where char_length(n.title) <= 120
)
select id, title, heading from named
where turn <= 3 and (place = 0 or not exists (
    select from newest where place = 0))
order by place, turn, created_at desc, id
limit $2::integer
