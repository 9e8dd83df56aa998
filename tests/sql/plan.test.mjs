// The plans of the search, on tables large enough to matter: index look-ups
// alone, whatever the planner knows of the tables.

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';

import { Schema, queryText } from './schema.mjs';

const statements = {
  search_scope: `'nobody'`,
  search_chosen: `'nobody', '{a,b}'`,
  search_terms: `'nobody', '{5,6,700}'`,
  search_heads: `'nobody', '{5,6,700}'`,
  search_blocks: `'nobody', '{3,3}', '{5,6}', '{1000,3000}'`,
  search_passages: `'nobody', '{5,17}'`,
};
const indexes = {
  search_terms: /Index Scan (?:using|on) index_terms_pkey.*\n.*Index Cond: \(\(segment = \S+\) AND \(term = ANY/,
  search_heads: /Index Scan (?:using|on) index_terms_pkey.*\n.*Index Cond: \(\(segment = \S+\) AND \(term = ANY/,
  search_blocks: /Index Scan (?:using|on) index_blocks_pkey.*\n.*Index Cond: \(\(segment = \S+\) AND \(term = \S+\) AND \(first_chunk = /,
};

describe('the plan of a search', () => {
  let schema;

  before(async () => {
    schema = await Schema.create();
    await schema.sql(`insert into index_segments (id, scope, chunks, tokens,
        languages, first_chunk, last_chunk)
      select n, (select id from scopes where owner is null), 1000, 80000, 2,
        n * 1000, n * 1000 + 999 from generate_series(1, 12) n;
      insert into index_terms (segment, term, part, chunks, bytes)
      select s, t, 0, 1, '\\x01' from generate_series(1, 12) s,
        generate_series(1, 8000) t;
      insert into index_blocks (segment, term, first_chunk, bytes)
      select s, t, f * 1000, decode(repeat('00', 1800), 'hex')
      from generate_series(1, 12) s, generate_series(1, 40) t,
        generate_series(1, 8) f;`);
  });

  const explain = (name) => schema.sql(`prepare q as ${queryText(name)};
    explain (costs off) execute q(${statements[name]});`);

  for (const state of ['not analysed yet', 'analysed']) {
    for (const name of Object.keys(statements)) {
      test(`of ${name} reads no index table as a whole, when ${state}`, async () => {
        if (state === 'analysed') {
          await schema.sql('analyze index_segments, index_terms, index_blocks');
        }
        const plan = await explain(name);

        assert.doesNotMatch(plan, /Seq Scan on (index_terms|index_blocks|chunks|texts)/);
        if (indexes[name]) assert.match(plan, indexes[name]);
      });
    }
  }
});
