-- $1 user, $2 question, $3 documents to look in (text[], null: all that the
-- user may see), $4 how many passages. BM25 (k1 1.2, b 0.75) over the user's
-- own scope and the shared library as one collection: one row a passage, best
-- first. best and missing speak of the question and are the same in each row.
with visible as materialized (
	select id, chunks, tokens from scopes where owner = $1
	union all
	select id, chunks, tokens from scopes where owner is null
), stat as materialized (
	select sum(chunks)::float8 as n,
	    sum(tokens)::float8 / nullif(sum(chunks), 0)::float8 as average
	from visible
), word as materialized (
	select q.lexeme, coalesce(sum(t.chunks), 0)::float8 as df,
	    array_agg(t.id) filter (where t.id is not null) as terms
	from unnest(index_words($2)) q
	left join terms t on t.lexeme = q.lexeme
	    and t.scope in (select id from visible)
	group by q.lexeme
), weighed as materialized (
	-- idf ranks. weight judges whether a passage answers: there the
	-- collection is padded, so that a small one does not take its own
	-- subject for common words, and what no document has weighs more.
	select w.lexeme, w.df, w.terms,
	    ln(1 + (s.n - w.df + 0.5) / (w.df + 0.5)) as idf,
	    ln(1 + (s.n + 200 - w.df + 0.5) / (w.df + 0.5)) *
	    case when c.lexeme is not null then 0.25
	    when w.df = 0 then 1.5 else 1 end as weight
	from word w cross join stat s left join common_words c using (lexeme)
), token as materialized (
	select p.token, lag(p.token) over (order by p.n) as before,
	    lag(p.token, 2) over (order by p.n) as two_before
	from ts_parse('default', translate($2, '/<>', '   '))
	    with ordinality p (kind, token, n)
), name as materialized (
	-- Capitals inside a sentence, and numbers.
	select distinct unnest(tsvector_to_array(index_words(token))) as lexeme
	from token where token ~ '[[:digit:]]' or
	    (token ~ '^[[:upper:]]' and two_before is not null
	    and before !~ '[.?!:]' and $2 ~ '[[:lower:]]')
), question as materialized (
	-- A long question is covered by a passage that holds a dozen of its
	-- weightiest words.
	select (select sum(weight) from (select weight from weighed
		order by weight desc limit 12) w) as weight,
	    coalesce((select sum(weight) from weighed join name using (lexeme)
		where df = 0), 0) as missing
), hit as materialized (
	select p.chunk, sum(t.idf * p.frequency * 2.2::float8 /
	    (p.frequency + 1.2::float8 * (0.25::float8 +
		0.75::float8 * p.length / s.average))) as score,
	    sum(t.weight) as weight
	from (select idf, weight, unnest(terms) as id from weighed
	    where df > 0 order by idf desc limit 64) t
	join postings p on p.term = t.id cross join stat s
	where ($3::text[] is null or p.chunk in
	    (select id from chunks where document = any ($3)))
	and p.chunk not in (select c.id from chunks c join documents d
	    on d.id = c.document where d.deleted_at is not null)
	group by p.chunk
	order by score desc, p.chunk limit greatest($4::integer, 50)
), top as materialized (
	select chunk, score, weight from hit
	order by score desc, chunk limit $4::integer
)
select d.id as document, d.external_id, d.title,
    d.id || '-' || c.ordinal as chunk, c.heading, c.start_byte, c.end_byte,
    convert_from(substring(x.bytes from c.start_byte + 1
	for c.end_byte - c.start_byte), 'UTF8') as text,
    t.score, least(t.weight / q.weight, 1) as coverage,
    (select max(least(weight / q.weight, 1)) from hit) as best,
    q.missing / q.weight as missing
from top t join chunks c on c.id = t.chunk
join documents d on d.id = c.document join texts x on x.document = d.id
cross join question q
where d.deleted_at is null and (d.owner = $1 or d.owner is null)
order by t.score desc, t.chunk
