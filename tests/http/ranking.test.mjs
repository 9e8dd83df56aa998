// The order of search results: BM25 as the books have it, of all that the
// asker may see and of nothing else, whatever was uploaded, replaced, deleted
// and merged meanwhile.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { signedUp } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { until } from '../lib/wait.mjs';
import { randomness } from '../bench/corpus.mjs';
import { recount } from '../sql/recount.mjs';

/** Words that no stemmer changes; the first ones are frequent. */
const word = (rank) => `q${rank}x`;

function text(seed, length) {
  const random = randomness(seed);

  return Array.from({ length }, () => word(Math.floor(300 * random() ** 3)))
    .join(' ');
}

/** [{id, score}], best first; equal scores in the order of reading. */
function bm25(collection, question) {
  const documents = [...collection].map(([id, content]) => {
    const counts = new Map();
    const words = `${id} ${content}`.split(' ');
    for (const one of words) counts.set(one, (counts.get(one) ?? 0) + 1);
    return { id, counts, length: words.length };
  });
  const average = documents.reduce((sum, d) => sum + d.length, 0) / documents.length;
  const found = [];

  for (const { id, counts, length } of documents) {
    let score = 0;
    for (const one of new Set(question.split(' '))) {
      const tf = counts.get(one) ?? 0;
      const df = documents.filter((d) => d.counts.has(one)).length;
      score += Math.log(1 + (documents.length - df + 0.5) / (df + 0.5)) *
        tf * 2.2 / (tf + 1.2 * (0.25 + 0.75 * length / average));
    }
    if (score > 0) found.push({ id, score });
  }
  return found.sort((a, b) => b.score - a.score);
}

describe('the ranking', () => {
  let lectern, anna, berta;
  const shared = new Map();
  const sql = (statement) => lectern.postgres.psql(lectern.database, statement);
  const questions = Array.from({ length: 12 }, (_, n) => {
    const random = randomness(n + 1000);
    return Array.from({ length: 1 + n }, () =>
      word(Math.floor(300 * random() ** 2))).join(' ');
  });

  async function load(records, ...args) {
    const file = path.join(lectern.folder, 'records.jsonl');

    writeFileSync(file, records.map(([id, content]) =>
      JSON.stringify({ _id: id, title: id, text: content })).join('\n'));
    const { code, stderr } = await lectern.run('ingest', ...args, file);
    assert.equal(code, 0, stderr);
  }

  async function check(client, collection) {
    for (const query of questions) {
      const { json } = await client.post('/api/search', { query, limit: 50 });
      const all = bm25(collection, query);
      const expected = all.slice(0, 50);

      assert.equal(json.results.length, expected.length, query);
      for (const [i, { score, id }] of expected.entries()) {
        assert.ok(Math.abs(json.results[i].score - score) < 1e-9 * score,
          `${query}: place ${i} has ${json.results[i].score}, expected ${score}`);
        const equals = all.filter((e) => Math.abs(e.score - score) < 1e-9);
        if (equals.length === 1) assert.equal(json.results[i].externalId, id);
      }
    }
    assert.equal(await sql(recount), 'none');
  }

  before(async () => {
    lectern = await startLectern();
    anna = await signedUp(lectern.url, { email: 'anna@example.com' });
    berta = await signedUp(lectern.url, { email: 'berta@example.com' });
  });
  after(async () => {
    assert.equal(lectern.restarts(), 0, lectern.tail());
    await lectern.stop();
  });

  test('is BM25, after one load and after many small ones', async () => {
    for (let n = 0; n < 400; n++) shared.set(`p${n}`, text(n, 20 + n % 90));
    await load([...shared]);
    await check(anna, shared);
    for (let batch = 0; batch < 10; batch++) {
      const records = Array.from({ length: 12 }, (_, n) =>
        [`b${batch}n${n}`, text(5000 + batch * 50 + n, 15 + n * 9)]);
      for (const [id, content] of records) shared.set(id, content);
      await load(records);
    }
    assert.ok(Number(await sql('select count(*) from index_segments')) < 9,
      'nothing was merged');
    await check(anna, shared);
  });

  test('is that of what is left when documents are replaced and deleted', async () => {
    const ids = [...shared.keys()];

    for (let n = 0; n < 40; n++) shared.set(ids[n], text(9000 + n, 30));
    await load(ids.slice(0, 40).map((id) => [id, shared.get(id)]));
    await check(anna, shared);
    await sql(`update documents set deleted_at = now() where external_id = any
      ('{${ids.slice(100, 130)}}'); insert into index_jobs (document)
      select id from documents where deleted_at is not null`);
    for (const id of ids.slice(100, 130)) shared.delete(id);
    // Gone at once; the statistics follow when a reader has been there.
    for (const query of questions) {
      const { json } = await anna.post('/api/search', { query, limit: 50 });
      assert.ok(json.results.every((r) => shared.has(r.externalId)));
    }
    await load([['last', text(77, 50)]]);
    shared.set('last', text(77, 50));
    await until(async () => await sql(`select count(*) from documents
      where deleted_at is not null and chunks > 0`) === '0', 'the deletions');
    await check(anna, shared);
  });

  test('of one\'s own and shared texts is that of one collection, and nobody else\'s',
    async () => {
      const own = Array.from({ length: 150 }, (_, n) =>
        [`o${n}`, text(20000 + n, 40)]);

      await load(own, '--user', 'berta@example.com');
      await check(anna, shared);
      await check(berta, new Map([...shared, ...own]));
    });

  test('of phrases keeps what holds the words one after another', async () => {
    await load([['f1', 'the oil lamp burns'], ['f2', 'the lamp of oil burns'],
      ['f3', 'Oil-lamps burned brightly']]);
    const found = async (query) => (await anna.post('/api/search', { query }))
      .json.results.map((r) => r.externalId).sort();

    assert.deepEqual(await found('oil lamp burns'), ['f1', 'f2', 'f3']);
    assert.deepEqual(await found('"oil lamp" burns'), ['f1', 'f3']);
    assert.deepEqual(await found('“lamp of oil”'), ['f2']);
    assert.deepEqual(await found('"burns oil"'), []);
    assert.deepEqual(await found('"oil zeppelin"'), []);
  });

  test('finds identifiers, versions and addresses whole and in part', async () => {
    await load([['i1', 'Set max_retry_count in etc/lectern/app.conf'],
      ['i2', 'Fixed CVE-2024-1234 in version 1.21.3'],
      ['i3', 'Write to ann.lee@mail.example.org']]);
    const first = async (query) => (await anna.post('/api/search', { query }))
      .json.results[0]?.externalId;

    for (const [query, id] of [['max_retry_count', 'i1'], ['retry', 'i1'],
      ['app.conf', 'i1'], ['/etc/lectern/app.conf', 'i1'], ['cve-2024-1234', 'i2'],
      ['1.21.3', 'i2'], ['ann.lee@mail.example.org', 'i3'],
      ['mail.example.org', 'i3']]) assert.equal(await first(query), id, query);
  });

  test('finds words of other languages in other forms, and without accents', async () => {
    await load([['d1', 'Die alten Häuser an der Straße wurden im Winter nicht geheizt.'],
      ['d2', 'Les maisons de la rue étaient très vieilles et une école est restée vide.'],
      ['d3', 'Старые дома на этой улице были не очень красивые.']]);
    const first = async (query) => (await anna.post('/api/search', { query }))
      .json.results[0]?.externalId;

    for (const [query, id] of [['Haus alte Häusern', 'd1'], ['strasse', 'd1'],
      ['vieille maison', 'd2'], ['ecoles', 'd2'],
      ['старый дом', 'd3']]) assert.equal(await first(query), id, query);
  });
});
