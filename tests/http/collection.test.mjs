// Collections: who sees them, what they may hold, their limits, and searching
// and asking in one of them.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { add, askWhole, question, reader } from '../lib/asking.mjs';
import { signedUp } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { temporaryFolder } from '../lib/process.mjs';

let lectern, anna;

before(async () => {
  lectern = await startLectern();
  anna = await reader(lectern);
});
after(async () => {
  assert.equal(lectern.restarts(), 0, lectern.tail());
  await lectern.stop();
});

const sql = (text) => lectern.postgres.psql(lectern.database, text);
const nobody = 'A'.repeat(32);

async function made(client, name, documentIds) {
  const reply = await client.post('/api/collections', { name, documentIds });

  assert.equal(reply.status, 201, reply.text);
  return reply.json.collection;
}

async function refused(reply, status, code) {
  const { status: got, json, text } = await reply;

  assert.equal(got, status, text);
  assert.equal(json.code, code);
}

test('a collection is made, shown, renamed, changed and deleted', async () => {
  const second = await add(anna, { title: 'Second', text: 'Of lamps and wicks.' });
  const one = await made(anna, 'Kitchen', [anna.documentId, anna.documentId]);
  const where = `/api/collections/${one.id}`;

  assert.match(one.id, /^[A-Za-z0-9]{32}$/);
  assert.deepEqual([one.name, one.documents, one.documentIds],
    ['Kitchen', 1, [anna.documentId]]);
  assert.match(one.createdAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.deepEqual((await anna.get(where)).json.collection, one);

  const renamed = (await anna.patch(where, { name: 'Küche' })).json.collection;
  assert.deepEqual([renamed.name, renamed.documentIds], ['Küche', [anna.documentId]]);
  for (let i = 0; i < 2; i++) {
    const more = await anna.request('PUT', `${where}/documents/${second}`);
    assert.equal(more.status, 200, more.text);
    assert.deepEqual(more.json.collection.documentIds, [anna.documentId, second]);
  }
  const less = await anna.delete(`${where}/documents/${anna.documentId}`);
  assert.deepEqual(less.json.collection.documentIds, [second]);
  const whole = await anna.request('PUT', `${where}/documents`,
    { json: { documentIds: [second, anna.documentId] } });
  assert.deepEqual(whole.json.collection.documentIds, [second, anna.documentId]);
  const none = await anna.request('PUT', `${where}/documents`, { json: { documentIds: [] } });
  assert.deepEqual([none.json.collection.documents, none.json.collection.documentIds], [0, []]);

  assert.equal((await anna.delete(where)).status, 204);
  await refused(anna.get(where), 404, 'COLLECTION_NOT_FOUND');
  await refused(anna.delete(where), 404, 'COLLECTION_NOT_FOUND');
});

test('names have 1 to 100 characters and are one’s own once, in any case', async () => {
  const one = await made(anna, 'Lamps');
  const bob = await signedUp(lectern.url);

  await refused(anna.post('/api/collections', { name: 'LAMPS' }), 409, 'COLLECTION_NAME_TAKEN');
  const other = await made(anna, 'Wicks');
  await refused(anna.patch(`/api/collections/${other.id}`, { name: 'lamps' }), 409,
    'COLLECTION_NAME_TAKEN');
  assert.equal((await anna.patch(`/api/collections/${one.id}`, { name: 'LAMPS' })).status, 200);
  await made(bob, 'Lamps');
  await made(anna, 'ü'.repeat(100));
  for (const name of ['', '  ', 'x'.repeat(101), 'a\nb', 7, null, undefined]) {
    const reply = await anna.post('/api/collections', { name });
    assert.equal(reply.status, 400, `${name}: ${reply.text}`);
    assert.equal(reply.json.field, 'name');
  }
  await refused(anna.patch(`/api/collections/${one.id}`, {}), 400, 'VALIDATION_ERROR');
});

test('others see nothing of a collection, and it takes no documents of others', async () => {
  const bob = await reader(lectern);
  const one = await made(anna, 'Private', [anna.documentId]);
  const where = `/api/collections/${one.id}`;
  const shared = await add(bob, { title: 'For all', text: 'Shared words of the library.' });

  await sql(`update documents set owner = null where id = '${shared}'`);

  for (const reply of [bob.get(where), bob.patch(where, { name: 'Mine' }), bob.delete(where),
    bob.request('PUT', `${where}/documents`, { json: { documentIds: [] } }),
    bob.request('PUT', `${where}/documents/${bob.documentId}`),
    bob.delete(`${where}/documents/${anna.documentId}`),
    bob.post('/api/search', { query: 'kettle', collection: one.id }),
    bob.post('/api/search', { query: 'kettle', collection: 'Private' }),
    bob.get('/api/documents?collection=Private'),
    askWhole(bob, question, { collection: 'Private' })]) {
    await refused(reply, 404, 'COLLECTION_NOT_FOUND');
  }
  for (const id of [bob.documentId, nobody, 'x', '']) {
    await refused(anna.post('/api/collections', { name: `With ${id}`, documentIds: [id] }),
      404, 'DOCUMENT_NOT_FOUND');
  }
  await refused(anna.request('PUT', `${where}/documents/${bob.documentId}`), 404,
    'DOCUMENT_NOT_FOUND');
  await refused(anna.request('PUT', `${where}/documents`,
    { json: { documentIds: [anna.documentId, bob.documentId] } }), 404, 'DOCUMENT_NOT_FOUND');
  const kept = await anna.request('PUT', `${where}/documents/${shared}`);
  assert.deepEqual(kept.json.collection.documentIds, [anna.documentId, shared]);
  assert.ok(!(await bob.get('/api/collections')).text.includes(one.id));
});

test('a deleted document leaves the collection, and comes back with its restoring', async () => {
  const clara = await reader(lectern);
  const one = await made(clara, 'Shelf', [clara.documentId]);
  const held = async () => (await clara.get(`/api/collections/${one.id}`)).json.collection;

  assert.equal((await clara.delete(`/api/documents/${clara.documentId}`)).status, 204);
  assert.deepEqual([(await held()).documents, (await held()).documentIds], [0, []]);
  await clara.post(`/api/documents/${clara.documentId}/restore`);
  assert.deepEqual((await held()).documentIds, [clara.documentId]);
});

test('search, chat and the list of documents keep to a collection', async () => {
  const dora = await reader(lectern);
  const lamp = await add(dora, { title: 'Lamp',
    text: 'The warranty of the Lumo lamp lasts nine months.' });
  const one = await made(dora, 'Light', [lamp]);
  const empty = await made(dora, 'Nothing');
  const found = async (more) => (await dora.post('/api/search', { query: 'warranty', ...more }))
    .json.results.map((result) => result.documentId);
  const listed = async (query) => (await dora.get(`/api/documents?${query}`))
    .json.documents.map((document) => document.id);

  assert.deepEqual(new Set(await found({})), new Set([dora.documentId, lamp]));
  for (const collection of [one.id, 'light']) {
    assert.deepEqual(await found({ collection }), [lamp]);
    assert.deepEqual(await listed(`collection=${collection}`), [lamp]);
    assert.deepEqual(await listed(`sort=title&collection=${collection}`), [lamp]);
  }
  assert.deepEqual(await found({ collection: 'Light', documentIds: [dora.documentId] }), []);
  assert.deepEqual(await found({ collection: 'Light', documentIds: [lamp] }), [lamp]);
  assert.deepEqual(await found({ collection: empty.id }), []);
  assert.deepEqual(await listed('collection=nothing'), []);

  const answer = (await askWhole(dora, 'How long does the warranty last?',
    { collection: 'Light' })).json;
  assert.ok(answer.citations.length > 0);
  assert.ok(answer.citations.every((citation) => citation.documentId === lamp));
  assert.equal((await askWhole(dora, question, { collection: 'Nothing' })).json.answered, false);
  await refused(askWhole(dora, question, { collection: 'None' }), 404, 'COLLECTION_NOT_FOUND');
  await refused(dora.post('/api/search', { query: 'x', collection: 'None' }), 404,
    'COLLECTION_NOT_FOUND');
  await refused(dora.get('/api/documents?collection=None'), 404, 'COLLECTION_NOT_FOUND');
});

test('the list comes in pages and can be searched', async () => {
  const emil = await signedUp(lectern.url);

  for (const name of ['One', 'Two', 'Three', 'Four', 'Five']) await made(emil, name);
  const seen = [];
  let cursor;
  do {
    const page = (await emil.get(`/api/collections?limit=2${cursor ? `&cursor=${cursor}` : ''}`))
      .json;
    assert.ok(page.collections.length <= 2);
    seen.push(...page.collections.map((one) => one.name));
    cursor = page.nextCursor;
  } while (cursor);
  assert.deepEqual(seen, ['Five', 'Four', 'Three', 'Two', 'One']);
  assert.deepEqual((await emil.get('/api/collections?q=t')).json.collections
    .map((one) => one.name), ['Three', 'Two']);
});

test('a user has 100 collections and one holds 1000 documents, also at once', async () => {
  const fritz = await reader(lectern);

  await sql(`insert into collections (id, user_id, name)
    select substr(md5(n::text || '${fritz.user.id}'), 1, 32), '${fritz.user.id}', 'c' || n
    from generate_series(1, 98) n`);
  const tries = await Promise.all(Array.from({ length: 6 }, (_, i) =>
    fritz.post('/api/collections', { name: `at once ${i}` })));
  assert.deepEqual(tries.map((reply) => reply.status).sort(), [201, 201, 409, 409, 409, 409]);
  assert.equal(tries.find((reply) => reply.status === 409).json.code, 'TOO_MANY_COLLECTIONS');

  const { id } = tries.find((reply) => reply.status === 201).json.collection;
  const body = { documentIds: Array(1001).fill(fritz.documentId) };
  assert.equal((await fritz.request('PUT', `/api/collections/${id}/documents`,
    { json: body })).status, 400);
  await sql(`insert into documents (id, owner, title, media_type, size, sha256, status)
      select substr(md5('d' || n || '${fritz.user.id}'), 1, 32), '${fritz.user.id}', 'd' || n,
        'text/plain', 1, encode(sha256(n::text::bytea), 'hex'), 'ready'
      from generate_series(1, 1000) n;
    insert into collection_documents (collection_id, document_id)
      select '${id}', substr(md5('d' || n || '${fritz.user.id}'), 1, 32)
      from generate_series(1, 1000) n`);
  await refused(fritz.request('PUT', `/api/collections/${id}/documents/${fritz.documentId}`),
    409, 'COLLECTION_FULL');
});

test('the archive of one’s data has the collections', async () => {
  const gert = await reader(lectern);
  const one = await made(gert, 'Archived', [gert.documentId]);
  const file = path.join(temporaryFolder(), 'export.zip');

  writeFileSync(file, (await gert.get('/api/export')).bytes);
  const account = JSON.parse(execFileSync('python3', ['-c',
    'import sys, zipfile; print(zipfile.ZipFile(sys.argv[1]).read("account.json").decode())',
    file]));
  assert.deepEqual(account.collections.map(({ id, name, documentIds }) =>
    ({ id, name, documentIds })), [{ id: one.id, name: 'Archived',
    documentIds: [gert.documentId] }]);
});
