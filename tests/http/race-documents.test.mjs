// Documents, their quota and collections under races over two instances. What
// is asserted holds in whichever order things were served.

import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';

import { add } from '../lib/asking.mjs';
import { signedUp } from '../lib/http.mjs';
import { calm, race, sql, startArena, tally, winners } from '../lib/race.mjs';
import { until } from '../lib/wait.mjs';

const many = 24;
const KB = 1024;
const upload = 'POST /api/documents';
let arena;

before(async () => { arena = await startArena({ env: { QUOTA_USER_MB: '1' } }); });
afterEach(() => calm(arena));
after(() => arena?.stop());

const count = async (from) => Number(await sql(arena, `select count(*) from ${from}`));
const own = (client) => `documents where owner = '${client.user.id}' and deleted_at is null`;
const person = () => signedUp(arena.first.url);
const text = (i, bytes) => `Document ${i}. `.padEnd(bytes, 'lorem ipsum ');
const file = (name, body, who) => ({ op: upload, who, query: `?filename=${name}`, body,
  headers: { 'content-type': 'text/plain' } });

/** Nothing waits any more, and what is ready has its passages, once. */
async function settled(client) {
  await until(async () => await count(`documents where owner = '${client.user.id}'
    and status in ('queued', 'processing') and deleted_at is null`) === 0,
  'all to be read', { seconds: 60 });
  assert.equal(await count(`documents d where owner = '${client.user.id}'
    and deleted_at is null and status = 'ready' and chunks <>
    (select count(*) from chunks c where c.document = d.id)`), 0);
}

test('the same bytes are one document, however often they come at once', async () => {
  const anna = await person();
  const replies = await race(arena, many, (i) => file(`f${i}.txt`, 'The same words.', anna));

  assert.deepEqual(tally(replies), { 200: many - 1, 201: 1 });
  assert.equal(new Set(replies.map(({ json }) => json.document.id)).size, 1);
  assert.equal(await count(own(anna)), 1);
  await settled(anna);
});

test('one name is one document, whose text is one of those that were sent', async () => {
  const anna = await person();
  const texts = Array.from({ length: many }, (_, i) => `Version ${i} of it.`);
  const replies = await race(arena, many, (i) => file('one.txt', texts[i], anna));

  assert.deepEqual(tally(replies), { 201: many });
  assert.equal(await count(own(anna)), 1);
  const { id } = replies[0].json.document;
  await settled(anna);
  const { document } = (await anna.get(`/api/documents/${id}`)).json;
  const { text: kept } = await anna.get(`/api/documents/${id}/text`);
  assert.ok(texts.includes(kept), kept);
  assert.equal(document.size, Buffer.byteLength(kept));
  const { results } = (await anna.post('/api/search', { query: 'version' })).json;
  assert.deepEqual(results.map(({ text: found }) => found), [kept]);
});

test('uploads at once never pass the quota, nor does taking deletions back', async () => {
  const anna = await person();
  const replies = await race(arena, many, (i) => file(`f${i}.txt`, text(i, 150 * KB), anna));
  const made = winners(replies, 413, 'QUOTA_EXCEEDED').map(({ json }) => json.document.id);

  assert.equal(made.length, 6);
  const used = () => sql(arena, `select coalesce(sum(size), 0) from ${own(anna)}`).then(Number);
  assert.equal(await used(), 900 * KB);
  await race(arena, 6, (i) => ({ op: 'DELETE /api/documents/{id}', at: { id: made[i] },
    who: anna }));
  assert.equal(await used(), 0);
  await race(arena, many, (i) => (i % 2
    ? { op: 'POST /api/documents/{id}/restore', at: { id: made[i % 6] }, who: anna, json: {} }
    : file(`g${i}.txt`, text(`g${i}`, 150 * KB), anna)));
  assert.ok(await used() <= 1024 * KB, `${await used()}`);
  assert.ok(await used() >= 900 * KB, `${await used()}`);
  await settled(anna);
});

test('a document that is deleted, restored, renamed and retried at once is whole', async () => {
  const anna = await person();
  const id = await add(anna, { title: 'Old', text: text(1, 40 * KB) });
  const kinds = [['DELETE /api/documents/{id}'],
    ['POST /api/documents/{id}/restore', {}],
    ['PATCH /api/documents/{id}', { title: 'New' }],
    ['POST /api/documents/{id}/retry', {}]];

  for (let round = 0; round < 3; round++) {
    const replies = await race(arena, many, (i) => {
      const [op, json] = kinds[i % 4];
      return { op, json, at: { id }, who: anna };
    });
    for (const { status, text: said } of replies) {
      assert.ok([200, 204, 404].includes(status), said);
    }
  }
  const isThere = (await anna.get(`/api/documents/${id}`)).status === 200;
  if (!isThere) {
    assert.equal((await anna.post(`/api/documents/${id}/restore`, {})).status, 200);
  }
  await settled(anna);
  const { document } = (await anna.get(`/api/documents/${id}`)).json;
  assert.equal(document.status, 'ready');
  const { results } = (await anna.post('/api/search', { query: 'lorem', limit: 50 })).json;
  assert.equal(new Set(results.map(({ chunkId }) => chunkId)).size, results.length);
  assert.ok(results.length > 0);
});

test('what is deleted while it is read is found nowhere', async () => {
  const anna = await person();
  const made = await race(arena, 6, (i) => file(`f${i}.txt`, text(i, 100 * KB), anna));
  const ids = made.map(({ json }) => json.document.id);
  const gone = await race(arena, 12, (i) => ({ op: 'DELETE /api/documents/{id}',
    at: { id: ids[i % 6] }, who: anna }));

  assert.equal(winners(gone, 404).length, 6);
  for (const server of arena.servers) {
    const { json } = await anna.get('/api/documents');
    assert.deepEqual(json.documents.filter(({ shared }) => !shared), []);
    anna.url = server.url;
    assert.deepEqual((await anna.post('/api/search', { query: 'lorem' })).json.results, []);
  }
  await until(async () => await count(`chunks where document in
    (${ids.map((id) => `'${id}'`).join()})`) === 0, 'the index to forget them', { seconds: 30 });
});

test('two renamed to one name at once: one has it', async () => {
  const anna = await person();
  const made = await race(arena, 8, (i) => file(`f${i}.txt`, `Number ${i}.`, anna));
  const replies = await race(arena, 8, (i) => ({ op: 'PATCH /api/documents/{id}', who: anna,
    at: { id: made[i].json.document.id }, json: { filename: 'one.txt' } }));

  assert.equal(winners(replies, 409, 'FILENAME_TAKEN').length, 1);
  await settled(anna);
});

test('a collection\'s name is given once, and their number is kept', async () => {
  const anna = await person();
  const same = await race(arena, many, (i) => ({ op: 'POST /api/collections', who: anna,
    json: { name: i % 2 ? 'Lamps' : 'LAMPS' } }));

  assert.equal(winners(same, 409, 'COLLECTION_NAME_TAKEN').length, 1);
  await sql(arena, `insert into collections (id, user_id, name)
    select md5('c' || n), '${anna.user.id}', 'c' || n from generate_series(1, 90) n`);
  const more = await race(arena, many, (i) => ({ op: 'POST /api/collections', who: anna,
    json: { name: `More ${i}` } }));
  assert.equal(winners(more, 409, 'TOO_MANY_COLLECTIONS').length, 9);
  const ids = more.filter(({ status }) => status === 201).map(({ json }) => json.collection.id);
  const named = await race(arena, 8, (i) => ({ op: 'PATCH /api/collections/{id}', who: anna,
    at: { id: ids[i] }, json: { name: 'Wicks' } }));
  assert.equal(winners(named, 409, 'COLLECTION_NAME_TAKEN').length, 1);
});

test('a collection that changes while it or its document is deleted holds nothing lost', async () => {
  const anna = await person();
  const documents = [];
  for (let i = 0; i < 4; i++) documents.push(await add(anna, { title: `T${i}`, text: `Of ${i}.` }));
  const { json } = await anna.post('/api/collections', { name: 'Lamps' });
  const { id } = json.collection;
  const one = (op) => (i) => ({ op, at: { id, documentId: documents[i % 4] }, who: anna });
  const kinds = [one('PUT /api/collections/{id}/documents/{documentId}'),
    one('DELETE /api/collections/{id}/documents/{documentId}'),
    () => ({ op: 'PUT /api/collections/{id}/documents', at: { id }, who: anna,
      json: { documentIds: documents } }),
    (i) => ({ op: i === 11 ? 'DELETE /api/collections/{id}' : 'PATCH /api/collections/{id}',
      at: { id }, who: anna, json: i === 11 ? undefined : { name: `Lamps ${i}` } }),
    () => ({ op: 'DELETE /api/documents/{id}', at: { id: documents[3] }, who: anna })];
  const replies = await race(arena, 25, (i) => kinds[i === 11 ? 3 : i % 5](i));

  assert.equal(replies[11].status, 204, replies[11].text);
  for (const { status, text: said } of replies) {
    assert.ok([200, 204, 400, 404].includes(status), said);
  }
  assert.equal((await anna.get(`/api/collections/${id}`)).status, 404);
  assert.equal(await count(`collection_documents where collection_id = '${id}'`), 0);
});

test('the shared library changes for all at once, and by administrators alone', async () => {
  const [boss, other, anna] = [await person(), await person(), await person()];
  for (const { email } of [boss, other]) {
    assert.equal((await arena.first.run('user', 'admin', email)).code, 0);
  }
  const shared = (who, i) => ({ ...file('rules.txt', `Rule ${i} of the house.`, who),
    query: '?filename=rules.txt&shared=true' });
  const replies = await race(arena, 12, (i) => shared([boss, other, anna][i % 3], i));

  for (const [i, { status, text: said }] of replies.entries()) {
    assert.ok(i % 3 === 2 ? status === 403 : [200, 201].includes(status), said);
  }
  const { id } = replies[0].json.document;
  assert.equal(await count("documents where owner is null and filename = 'rules.txt'"), 1);
  const kinds = ['DELETE /api/documents/{id}', 'POST /api/documents/{id}/restore'];
  const mixed = await race(arena, 12, (i) => ({ op: kinds[i % 2], at: { id },
    who: [boss, other, anna][i % 3], json: i % 2 ? {} : undefined }));
  for (const [i, { status, text: said }] of mixed.entries()) {
    assert.ok((i % 3 === 2 ? [403, 404] : [200, 204, 404]).includes(status), said);
  }
  const isThere = await count(`documents where id = '${id}' and deleted_at is null`) === 1;
  for (const server of arena.servers) {
    anna.url = server.url;
    assert.equal((await anna.get(`/api/documents/${id}`)).status, isThere ? 200 : 404);
  }
});
