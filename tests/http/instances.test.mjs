// Two instances on one database are one server: sessions, limits, documents,
// answers, keys and links hold on both, and what is revoked on one is gone on
// the other at once. (More of answers: resume, stop, running and crash.)

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { add, askWhole, conversation, question, reader } from '../lib/asking.mjs';
import { Client, signedUp } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { at, begin, beside, resume, sql, startPair, words } from '../lib/running.mjs';
import { until } from '../lib/wait.mjs';

const password = 'a-long-password-1';
let pair, model, first, second;

before(async () => {
  pair = await startPair();
  ({ model, first, second } = pair);
});
after(() => pair?.stop());

const session = async (client) => (await client.get('/api/auth/get-session')).json;

test('who signs in on one is signed in on the other, until signing out on either', async () => {
  const anna = await signedUp(first.url);
  const there = at(anna, second);

  assert.equal((await session(there)).user.id, anna.user.id);
  assert.equal((await there.post('/api/auth/sign-out')).status, 200);
  assert.equal(await session(anna), null);
  assert.equal((await anna.get('/api/documents')).status, 401);
});

test('a revoked session, a new password and a disabled account count at once', async () => {
  const anna = await signedUp(first.url);
  const { email } = anna.user;
  const signIn = async (server) => {
    const client = new Client(server.url);
    assert.equal((await client.post('/api/auth/sign-in/email', { email, password })).status, 200);
    return client;
  };
  const [phone, desk] = [await signIn(first), await signIn(second)];

  const { session: { token } } = await session(desk);
  assert.equal((await anna.post('/api/auth/revoke-session', { token })).status, 200);
  assert.equal(await session(desk), null);
  assert.notEqual(await session(phone), null);

  const other = at(anna, second);
  assert.equal((await other.post('/api/auth/change-password', { currentPassword: password,
    newPassword: 'another-password-2', revokeOtherSessions: true })).status, 200);
  assert.equal(await session(phone), null);
  assert.equal((await new Client(first.url).post('/api/auth/sign-in/email',
    { email, password })).status, 401);

  const { code } = await first.run('user', 'disable', email);
  assert.equal(code, 0);
  assert.equal(await session(other), null);
  assert.equal((await new Client(second.url).post('/api/auth/sign-in/email',
    { email, password: 'another-password-2' })).status, 401);
});

test('an API key made on one works on the other, and not after its deletion', async () => {
  const anna = await signedUp(first.url);
  const made = (await anna.post('/api/keys', { name: 'script' })).json;
  const ask = (server) => fetch(`${server.url}/api/documents`,
    { headers: { authorization: `Bearer ${made.key}` } });

  for (const server of [first, second]) assert.equal((await ask(server)).status, 200);
  const there = at(anna, second);
  assert.equal((await there.request('DELETE', `/api/keys/${made.apiKey.id}`)).status, 204);
  for (const server of [first, second]) assert.equal((await ask(server)).status, 401);
});

test('documents and searches are the same, and a deletion counts on both at once', async () => {
  const anna = await signedUp(first.url), there = at(anna, second);
  const ids = [await add(anna, { title: 'One', text: 'The heron stands on one leg.' }),
    await add(there, { title: 'Two', text: 'The heron has a second leg as well.' })];

  for (const client of [anna, there]) {
    const { results } = (await client.post('/api/search', { query: 'heron leg' })).json;
    assert.deepEqual(results.map(({ documentId }) => documentId).sort(), [...ids].sort());
  }
  assert.equal((await there.request('DELETE', `/api/documents/${ids[0]}`)).status, 204);
  const { results } = (await anna.post('/api/search', { query: 'heron leg' })).json;
  assert.deepEqual(results.map(({ documentId }) => documentId), [ids[1]]);
  assert.equal((await anna.get(`/api/documents/${ids[0]}`)).status, 404);
});

test('jobs are shared: many documents are each read once, by whichever is free', async () => {
  const anna = await signedUp(first.url), there = at(anna, second);
  const replies = await Promise.all(Array.from({ length: 20 }, (_, i) =>
    (i % 2 ? anna : there).post('/api/documents', { title: `T${i}`,
      text: `Number ${i}. `.repeat(2000) })));
  assert.ok(replies.every(({ status }) => status === 201));
  await until(async () => await sql(first, `select count(*) from documents
    where owner = '${anna.user.id}' and status = 'ready'`) === '20', 'all to be read',
  { seconds: 60 });
  const { documents } = (await anna.get('/api/documents?limit=50')).json;
  assert.equal(documents.length, 20);
  // No passage is there twice.
  const { results } = (await there.post('/api/search', { query: 'number', limit: 50 })).json;
  assert.equal(new Set(results.map(({ chunkId }) => chunkId)).size, results.length);
});

test('a job of an instance that is killed is done by the other', async (t) => {
  const other = await startLectern(), third = await beside(other);
  t.after(() => other.stop());
  const anna = await signedUp(other.url), there = at(anna, third);
  const reply = await there.post('/api/documents', { title: 'Long',
    text: Array.from({ length: 60000 }, (_, i) => `Rope ${i} holds.`).join(' ') });
  assert.equal(reply.status, 201);
  await third.kill();
  const { id } = reply.json.document;
  await until(async () => (await anna.get(`/api/documents/${id}`)).json.document.status === 'ready',
    'the document to be read', { seconds: 60 });
});

test('an answer on one is read on the other, stopped from there, and kept once', async () => {
  const anna = await reader(first), there = at(anna, second);

  model.script(words(200), { delayMs: 50 });
  const running = await begin(anna, { message: question });
  await running.text(20);
  const seen = await resume(there, running.id);
  await seen.text(20);
  assert.equal((await there.post(`/api/chat/${running.id}/stop`)).status, 200);
  await Promise.all([running.end(5), seen.end(5)]);
  for (const client of [anna, there]) {
    const { messages } = await conversation(client, running.id);
    assert.deepEqual(messages.map(({ role, status }) => [role, status]),
      [['user', messages[0].status], ['assistant', 'stopped']]);
  }
  assert.equal((await askWhole(there, question, { conversationId: running.id })).status, 200);
  assert.equal((await conversation(anna, running.id)).messages.length, 4);
});

test('limits are counted together', async (t) => {
  const strict = await startLectern({ env: { RATE_LIMIT: 'on' } });
  const other = await beside(strict, { env: { RATE_LIMIT: 'on' } });
  t.after(() => Promise.all([strict.stop(), other.stop()]));
  const statuses = [];

  // Twenty at once, and as many more as a slow machine leaves time for; each by
  // itself would let forty pass.
  for (let n = 0; n < 40 && statuses.at(-1) !== 429; n++) {
    const { status } = await new Client((n % 2 ? strict : other).url).post(
      '/api/auth/sign-in/email', { email: `n${n}@example.com`, password });
    statuses.push(status);
  }
  assert.equal(statuses.pop(), 429);
  assert.ok(statuses.length >= 20 && statuses.length < 30, `${statuses.length} passed`);
  assert.ok(statuses.every((status) => status === 401));
});

test('one of them stops while the other goes on serving', async () => {
  const third = await beside(first);
  const anna = await signedUp(third.url);
  const { code } = await third.stop();
  assert.equal(code, 0);
  assert.equal((await session(at(anna, second))).user.id, anna.user.id);
});
