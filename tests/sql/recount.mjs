// What the index says of itself beside what the chunks say: 'none' when no
// statistic differs and nothing is left over.

export const recount = `
  select coalesce(string_agg(fault, '; '), 'none') from (
    select 'scope ' || s.id as fault from scopes s
    where (select row(coalesce(sum(i.chunks), 0), coalesce(sum(i.tokens), 0))::text
        from index_segments i where i.scope = s.id)
      <> (select row(count(*), coalesce(sum(c.length), 0))::text
        from chunks c where c.scope = s.id)
    union all
    (select 'term ' || term || ' of ' || scope from
      (select s.scope, t.term, sum(t.chunks) as n from index_segments s
        join index_terms t on t.segment = s.id
        group by 1, 2 having sum(t.chunks) <> 0) i
      full join (select c.scope, u.term, count(*) as n
        from chunks c, unnest(c.terms) u (term) group by 1, 2) c
      using (scope, term) where i.n is distinct from c.n limit 9)
    union all
    select 'stray words' from index_terms t where not exists
      (select from index_segments s where s.id = t.segment)
    union all
    select 'stray blocks' from index_blocks b where not exists
      (select from index_segments s where s.id = b.segment)
    union all
    select 'dead chunks of ' || s.id from index_segments s where s.dead <>
      (select coalesce(sum(d.last_chunk - d.first_chunk + 1), 0)
        from index_dead d where d.segment = s.id)
    union all
    select 'chunk of another scope' from chunks c join documents d
      on d.id = c.document join scopes s on s.id = c.scope
    where d.owner is distinct from s.owner
    union all
    select 'torn ids of ' || document from chunks group by document
    having max(id) - min(id) + 1 <> count(*)
  ) faults`;
