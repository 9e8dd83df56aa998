// API keys: made, listed, used in place of a session, and ended.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';

import { signedUp } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { exchange } from '../lib/wire.mjs';

const date = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

let lectern;

before(async () => { lectern = await startLectern(); });
after(async () => {
  assert.equal(lectern.restarts(), 0, lectern.tail());
  await lectern.stop();
});

const sql = (text) => lectern.postgres.psql(lectern.database, text);
const by = (key, method, path, options = {}) => exchange(lectern.url, method, path,
  { ...options, headers: { authorization: `Bearer ${key}`, ...options.headers } });

async function made(person, fields = {}) {
  const reply = await person.post('/api/keys', { name: 'script', ...fields });

  assert.equal(reply.status, 201, reply.text);
  return reply.json;
}

function refused(reply, status, code, field) {
  assert.equal(reply.status, status, reply.text);
  assert.equal(reply.json.code, code);
  assert.equal(reply.json.field, field);
}

test('a key is shown once, and the database holds its hash alone', async () => {
  const ann = await signedUp(lectern.url);
  const reply = await ann.post('/api/keys', { name: 'Nightly upload' });
  const { key, apiKey } = reply.json;

  assert.equal(reply.status, 201, reply.text);
  assert.equal(reply.headers.get('cache-control'), 'no-store');
  assert.match(key, /^lk_[A-Za-z0-9]{32}$/);
  assert.deepEqual(Object.keys(apiKey), ['id', 'name', 'prefix', 'createdAt',
    'lastUsedAt', 'expiresAt']);
  assert.equal(apiKey.name, 'Nightly upload');
  assert.equal(apiKey.prefix, key.slice(0, 8));
  assert.match(apiKey.createdAt, date);
  assert.deepEqual([apiKey.lastUsedAt, apiKey.expiresAt], [null, null]);

  const list = await ann.get('/api/keys');
  assert.deepEqual(list.json, { apiKeys: [apiKey], nextCursor: null });
  assert.equal(await sql(`select hash from api_keys where id = '${apiKey.id}'`),
    createHash('sha256').update(key).digest('hex'));
  assert.equal(await sql(`select count(*) from api_keys k
    where k::text like '%${key.slice(8)}%'`), '0');
});

test('a key acts as its owner where a session would, without an Origin', async () => {
  const ann = await signedUp(lectern.url);
  const bob = await signedUp(lectern.url);
  const { key } = await made(ann);
  const added = await by(key, 'POST', '/api/documents',
    { json: { title: 'Lamps', text: 'The lamp may be lit at any hour.' } });

  assert.equal(added.status, 201, added.text);
  const { id } = added.json.document;
  assert.equal((await ann.get(`/api/documents/${id}`)).status, 200);
  assert.equal((await bob.get(`/api/documents/${id}`)).status, 404);
  assert.equal((await by((await made(bob)).key, 'GET', `/api/documents/${id}`)).status, 404);
  assert.equal((await by(key, 'GET', `/api/documents/${id}/original`)).text,
    'The lamp may be lit at any hour.');
  assert.equal((await by(key, 'POST', '/api/search', { json: { query: 'lamp' } })).status, 200);
  assert.equal((await by(key, 'GET', '/api/conversations')).status, 200);
  const answer = await by(key, 'POST', '/api/chat', { json: { message: 'When?' },
    headers: { accept: 'application/json' } });
  assert.equal(answer.status, 200, answer.text);
  assert.equal((await ann.get('/api/conversations')).json.conversations[0].id,
    answer.json.conversationId);
  assert.equal((await by(key, 'DELETE', `/api/documents/${id}`)).status, 204);
});

test('a key is no session: not for the account, pages, keys or the export', async () => {
  const ann = await signedUp(lectern.url);
  const { key, apiKey } = await made(ann);

  assert.equal((await by(key, 'GET', '/api/auth/get-session')).text, 'null');
  refused(await by(key, 'GET', '/api/auth/list-sessions'), 401, 'UNAUTHORIZED');
  refused(await by(key, 'POST', '/api/auth/delete-user', { json: {} }), 401, 'UNAUTHORIZED');
  for (const [method, path, json] of [['GET', '/api/keys'],
    ['POST', '/api/keys', { name: 'another' }],
    ['DELETE', `/api/keys/${apiKey.id}`], ['GET', '/api/export']]) {
    refused(await by(key, method, path, { json }), 403, 'API_KEY_NOT_ALLOWED');
  }
  const page = await by(key, 'GET', '/settings');
  assert.deepEqual([page.status, page.headers.location],
    [302, '/sign-in?next=%2Fsettings']);
  assert.equal((await ann.get('/api/keys')).json.apiKeys.length, 1);
});

test('a deleted, expired, foreign or mistyped key is nobody’s', async () => {
  const ann = await signedUp(lectern.url);
  const gone = await made(ann);
  const expired = await made(ann);
  const asks = (key, headers) => by(key, 'GET', '/api/documents', { headers });

  assert.equal((await ann.delete(`/api/keys/${gone.apiKey.id}`)).status, 204);
  await sql(`update api_keys set expires_at = now() - interval '1 s'
    where id = '${expired.apiKey.id}'`);
  const cookie = [...ann.cookies].map((pair) => pair.join('=')).join('; ');
  for (const key of [gone.key, expired.key, `lk_${'x'.repeat(32)}`]) {
    refused(await asks(key), 401, 'UNAUTHORIZED');
    refused(await asks(key, { cookie }), 401, 'UNAUTHORIZED');
  }
  for (const key of ['lk_', `${expired.key}x`, `lk_${'é'.repeat(16)}`]) {
    refused(await asks(key), 401, 'UNAUTHORIZED');
  }
});

test('a disabled owner takes the keys along, and deleting the account ends them', async () => {
  const ann = await signedUp(lectern.url);
  const { key, apiKey } = await made(ann);

  await sql(`update users set disabled_at = now() where id = '${ann.user.id}'`);
  refused(await by(key, 'GET', '/api/documents'), 401, 'UNAUTHORIZED');
  await sql(`update users set disabled_at = null where id = '${ann.user.id}'`);
  assert.equal((await by(key, 'GET', '/api/documents')).status, 200);
  assert.equal((await ann.post('/api/auth/delete-user',
    { password: ann.password })).status, 200);
  refused(await by(key, 'GET', '/api/documents'), 401, 'UNAUTHORIZED');
  assert.equal(await sql(`select count(*) from api_keys where id = '${apiKey.id}'`), '0');
});

test('a key with a cookie beside it still needs a trusted Origin', async () => {
  const ann = await signedUp(lectern.url);
  const { key } = await made(ann);
  const add = (headers) => by(key, 'POST', '/api/documents',
    { json: { title: 'A', text: 'One.' }, headers: { cookie: 'any=1', ...headers } });

  refused(await add({ origin: 'https://evil.example' }), 403, 'INVALID_ORIGIN');
  assert.equal((await add({ origin: lectern.url })).status, 201);
});

test('the last use is noted, at most once a minute', async () => {
  const ann = await signedUp(lectern.url);
  const { key, apiKey } = await made(ann);
  const used = async () => (await ann.get('/api/keys')).json.apiKeys[0].lastUsedAt;
  const ago = (interval) => sql(`update api_keys set last_used_at =
    date_trunc('milliseconds', now() - interval '${interval}') where id = '${apiKey.id}'`);

  await by(key, 'GET', '/api/documents');
  assert.match(await used(), date);
  await ago('50 s');
  const before = await used();
  await by(key, 'GET', '/api/documents');
  assert.equal(await used(), before);
  await ago('61 s');
  await by(key, 'GET', '/api/documents');
  assert.ok(Date.now() - new Date(await used()) < 30_000);
});

test('expiresAt is a date that lies ahead, with or without a time', async () => {
  const ann = await signedUp(lectern.url);
  const dates = { '2091-02-28': '2091-02-28T00:00:00.000Z',
    '2091-02-28T12:30Z': '2091-02-28T12:30:00.000Z',
    '2091-02-28T12:30:15.250Z': '2091-02-28T12:30:15.000Z',
    '2091-02-28T12:30:15+02:00': '2091-02-28T10:30:15.000Z' };

  for (const [expiresAt, told] of Object.entries(dates)) {
    assert.equal((await made(ann, { expiresAt })).apiKey.expiresAt, told);
  }
  assert.equal((await made(ann, { expiresAt: null })).apiKey.expiresAt, null);
  for (const expiresAt of ['', 'tomorrow', '2091-02-30', '2091-13-01', '2091-2-3',
    '2091-02-28T25:00Z', '2091-02-28T12:30', '2091-02-28 12:30Z', '2091-02-28T12:30Zz',
    '2001-01-01', 5]) {
    refused(await ann.post('/api/keys', { name: 'a', expiresAt }), 400,
      'VALIDATION_ERROR', 'expiresAt');
  }
});

test('a name is asked for, and there is an end to how many fit', async () => {
  const ann = await signedUp(lectern.url);

  for (const name of [undefined, null, 5, '', ' \t ', 'x'.repeat(201), 'a\0b']) {
    refused(await ann.post('/api/keys', { name }), 400, 'VALIDATION_ERROR', 'name');
  }
  await made(ann, { name: '鍵 <b>' });
  await sql(`insert into api_keys (id, user_id, name, prefix, hash)
    select substr(md5(n::text) || md5(n::text), 1, 32), '${ann.user.id}', 'n', 'lk_',
    encode(sha256(convert_to('${ann.user.id}' || n, 'UTF8')), 'hex')
    from generate_series(1, 99) n`);
  refused(await ann.post('/api/keys', { name: 'one more' }), 409, 'TOO_MANY_API_KEYS');
  const first = (await ann.get('/api/keys?limit=60')).json;
  const second = (await ann.get(`/api/keys?limit=60&cursor=${first.nextCursor}`)).json;
  assert.deepEqual([first.apiKeys.length, second.apiKeys.length, second.nextCursor],
    [60, 40, null]);
  assert.deepEqual((await ann.get('/api/keys?q=%E9%8D%B5')).json.apiKeys
    .map(({ name }) => name), ['鍵 <b>']);
});

test('nobody sees or deletes the keys of others, and nobody is asked in', async () => {
  const ann = await signedUp(lectern.url);
  const bob = await signedUp(lectern.url);
  const { apiKey, key } = await made(ann);

  assert.deepEqual((await bob.get('/api/keys')).json.apiKeys, []);
  refused(await bob.delete(`/api/keys/${apiKey.id}`), 404, 'API_KEY_NOT_FOUND');
  refused(await ann.delete('/api/keys/none'), 404, 'API_KEY_NOT_FOUND');
  refused(await ann.delete('/api/keys/%00'), 404, 'API_KEY_NOT_FOUND');
  assert.equal((await by(key, 'GET', '/api/documents')).status, 200);
  refused(await exchange(lectern.url, 'GET', '/api/keys'), 401, 'UNAUTHORIZED');
  refused(await ann.post('/api/keys', { name: 'a' }, { origin: 'https://evil.example' }),
    403, 'INVALID_ORIGIN');
  const wrong = await ann.request('PUT', '/api/keys', { json: {} });
  assert.deepEqual([wrong.status, wrong.headers.get('allow')],
    [405, 'GET, HEAD, POST, OPTIONS']);
});

test('making and deleting a key leaves audit rows', async () => {
  const ann = await signedUp(lectern.url, {});
  const { apiKey } = await made(ann);
  await ann.delete(`/api/keys/${apiKey.id}`, { headers: { 'user-agent': 'tidy/1' } });

  assert.equal(await sql(`select string_agg(event || ' ' || ip_address, ', ' order by id)
    from audit where user_id = '${ann.user.id}' and event like 'api_key%'`),
  'api_key_created 127.0.0.1, api_key_deleted 127.0.0.1');
  assert.equal(await sql(`select user_agent from audit where event = 'api_key_deleted'
    and user_id = '${ann.user.id}'`), 'tidy/1');
});
