import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';

import { signedUp } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { until } from '../lib/wait.mjs';

const MB = 1024 * 1024;
const put = (client, name, body) => client.post(
  `/api/documents?filename=${encodeURIComponent(name)}`,
  undefined, { body, headers: { 'content-type': 'text/plain' } });
const words = Array.from({ length: 16 }, (_, n) => `word${n.toString(36)}`);
/** Text that hardly two documents have in common, of few words: the index of
 * it is small, and what these tests count is the text. */
function text(bytes) {
  const numbers = randomBytes(Math.ceil(bytes / 6));
  const parts = [];

  for (let n = 0, size = 0; size < bytes; n++) {
    parts.push(words[numbers[n % numbers.length] % words.length]);
    size += parts.at(-1).length + 1;
  }
  return `${parts.join(' ').padEnd(bytes)}`.slice(0, bytes - 1) + '.';
}

describe('a user\'s quota', () => {
  let lectern, anna;
  const sql = (query) => lectern.postgres.psql(lectern.database, query);

  before(async () => { lectern = await startLectern({ env: { QUOTA_USER_MB: '2' } }); });
  after(() => lectern.stop());

  test('refuses what is too much with 413 and says the numbers', async () => {
    anna = await signedUp(lectern.url);
    assert.equal((await put(anna, 'a.txt', text(1.5 * MB))).status, 201);
    const reply = await put(anna, 'b.txt', text(MB));
    assert.equal(reply.status, 413);
    assert.equal(reply.json.code, 'QUOTA_EXCEEDED');
    assert.match(reply.json.message, /2 MB/);
    assert.match(reply.json.message, /1\.5 MB/);
    assert.deepEqual((await anna.get('/api/documents')).json.usage,
      { bytes: 1.5 * MB, limit: 2 * MB });
  });

  test('counts the difference when a document is replaced', async () => {
    assert.equal((await put(anna, 'a.txt', text(1.9 * MB))).status, 201);
    assert.equal((await put(anna, 'a.txt', text(2 * MB + 2))).status, 413);
    assert.equal((await put(anna, 'a.txt', text(MB))).status, 201);
  });

  test('counts all files of a form before the first is stored', async () => {
    const form = new FormData();

    form.append('file', new Blob([text(0.6 * MB)]), 'f1.txt');
    form.append('file', new Blob([text(0.6 * MB)]), 'f2.txt');
    const reply = await anna.request('POST', '/api/documents', { body: form });
    assert.equal(reply.status, 413);
    assert.equal((await anna.get('/api/documents')).json.documents.length, 1);
  });

  test('is not passed by uploads at the same moment', async () => {
    const berta = await signedUp(lectern.url);
    const replies = await Promise.all(Array.from({ length: 8 }, (_, n) =>
      put(berta, `${n}.txt`, text(0.6 * MB))));

    assert.deepEqual(replies.map((reply) => reply.status).sort(),
      [201, 201, 201, 413, 413, 413, 413, 413]);
  });

  test('does not count what is deleted, and a restore must fit', async () => {
    const { id } = (await anna.get('/api/documents')).json.documents[0];

    await anna.delete(`/api/documents/${id}`);
    assert.equal((await put(anna, 'new.txt', text(1.5 * MB))).status, 201);
    const reply = await anna.post(`/api/documents/${id}/restore`);
    assert.equal(reply.status, 413);
    assert.equal(reply.json.code, 'QUOTA_EXCEEDED');
    await anna.delete(`/api/documents/${
      (await anna.get('/api/documents')).json.documents[0].id}`);
  });

  test('bounds what is kept of deleted documents, the latest first', async () => {
    const carl = await signedUp(lectern.url);
    const ids = [];

    for (let n = 0; n < 4; n++) {
      const reply = await put(carl, `${n}.txt`, text(0.9 * MB));
      assert.equal(reply.status, 201);
      ids.push(reply.json.document.id);
      assert.equal((await carl.delete(`/api/documents/${ids[n]}`)).status, 204);
    }
    assert.equal((await carl.post(`/api/documents/${ids[0]}/restore`)).status, 404);
    assert.equal((await put(carl, 'little.txt', 'Little.')).status, 201);
    assert.equal((await carl.post(`/api/documents/${ids[1]}/restore`)).status, 404);
    assert.equal((await carl.post(`/api/documents/${ids[3]}/restore`)).status, 200);
    assert.equal(await sql(`select count(*) from documents
      where id = '${ids[2]}' and deleted_at > now() - interval '1 minute'`), '1');
  });
});

describe('the total', () => {
  let lectern;

  before(async () => {
    lectern = await startLectern({ env: { QUOTA_TOTAL_MB: '40', QUOTA_USER_MB: '0' } });
  });
  after(() => lectern.stop());

  test('refuses with 507, says the number, lets small and equal ones in, and ' +
    'deleting for good makes room again', async () => {
    const anna = await signedUp(lectern.url);
    const berta = await signedUp(lectern.url);
    const kept = text(4 * MB);
    const ids = [];
    let reply;

    assert.equal((await put(berta, 'kept.txt', kept)).status, 201);
    for (let n = 0; n < 12; n++) {
      reply = await put(anna, `${n}.txt`, text(4 * MB));
      if (reply.status !== 201) break;
      ids.push(reply.json.document.id);
    }
    assert.equal(reply.status, 507, reply.text);
    assert.equal(reply.json.code, 'STORAGE_FULL');
    assert.match(reply.json.message, /40 MB/);
    assert.ok(ids.length >= 1);
    assert.equal((await put(berta, 'again.txt', kept)).status, 200);
    const size = Number(await lectern.postgres.psql(lectern.database,
      'select pg_database_size(current_database())'));
    assert.ok(size < 44 * MB, `${size} bytes`);

    const used = async () => Number(await lectern.postgres.psql(lectern.database,
      'select storage_usage(0)'));
    for (const id of ids) await anna.delete(`/api/documents/${id}`);
    await until(async () => await lectern.postgres.psql(lectern.database,
      `select count(*) from index_jobs where due_at < now() + interval '1 hour'`) === '0',
    'the readers to be done', { seconds: 60 });
    const before = await used();
    await lectern.postgres.psql(lectern.database,
      `delete from documents where deleted_at is not null`);
    const gained = before - await used();
    assert.ok(gained > ids.length * 3 * MB,
      `what can be restored takes room: ${ids.length} gave ${gained}`);
    const roomy = await put(anna, 'new.txt', text(4 * MB));
    assert.equal(roomy.status, 201, roomy.text);
  });
});

describe('the total of an empty database', () => {
  let lectern;

  before(async () => {
    lectern = await startLectern({ env: { QUOTA_TOTAL_MB: '40', QUOTA_USER_MB: '0' } });
  });
  after(() => lectern.stop());

  test('is not passed by uploads at the same moment', async () => {
    const people = await Promise.all(Array.from({ length: 6 }, () =>
      signedUp(lectern.url)));
    const body = people.map(() => text(8 * MB));
    const replies = await Promise.all(people.map((person, n) =>
      put(person, `${n}.txt`, body[n])));
    const count = (status) => replies.filter((reply) => reply.status === status).length;

    assert.equal(count(201) + count(507), 6);
    // Each needs two and a half times its size; a second one fits if the first is read by then.
    assert.ok(count(201) >= 1 && count(201) <= 2, `${count(201)} were taken`);
  });
});
