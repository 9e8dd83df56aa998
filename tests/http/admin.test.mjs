// Administration: who may, what may be done, and what is told of others.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import Ajv from 'ajv/dist/2020.js';

import { reader } from '../lib/asking.mjs';
import { Client, signedUp } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { Letters } from '../lib/letters.mjs';
import { startModel } from '../doubles/model.mjs';
import { code } from '../lib/totp.mjs';
import { until } from '../lib/wait.mjs';
import { exchange } from '../lib/wire.mjs';

const letters = new Letters();
let lectern, model, boss, bossId;

const sql = (text) => lectern.postgres.psql(lectern.database, text);
const idOf = (client) => client.user.id;

/** Somebody new whom the operator has made an administrator. */
async function administrator(options) {
  const client = await signedUp(lectern.url, options);
  const { code, stderr } = await lectern.run('user', 'admin', client.email);

  assert.equal(code, 0, stderr);
  return client;
}

function refused(reply, status, code, field) {
  assert.equal(reply.status, status, reply.text);
  assert.equal(reply.json.code, code);
  assert.equal(reply.json.field, field);
}

/** The events of an account, oldest first, as "event by whom". */
const events = (id) => sql(`select string_agg(event || ' ' ||
  coalesce((select email from users where id = actor_id), '-'), ', ' order by id)
  from audit where user_id = '${id}'`);

before(async () => {
  model = await startModel();
  lectern = await startLectern({ env: { LLM_URL: model.url, LLM_MODEL: 'm',
    ADMIN_EMAIL: 'named@example.com', MAIL_URL: letters.url } });
  boss = await administrator({ email: 'boss@example.com', name: 'The Boss' });
  bossId = idOf(boss);
});
after(async () => {
  assert.equal(lectern.restarts(), 0, lectern.tail());
  await lectern.stop();
  await model.stop();
});

describe('administration is refused for', () => {
  let ann;
  const routes = () => [
    ['GET', '/api/admin/users'], ['POST', '/api/admin/users', { email: 'x@example.com' }],
    ['GET', `/api/admin/users/${idOf(ann)}`],
    ['PATCH', `/api/admin/users/${bossId}`, { disabled: true }],
    ['PATCH', `/api/admin/users/${idOf(ann)}`, { role: 'admin' }],
    ['DELETE', `/api/admin/users/${bossId}`],
    ['POST', `/api/admin/users/${bossId}/reset-link`, {}],
    ['DELETE', `/api/admin/users/${bossId}/sessions`],
    ['GET', '/api/admin/status'], ['GET', '/api/admin/usage'], ['GET', '/api/admin/audit']];
  const pages = ['/admin', '/admin/users', '/admin/library', '/admin/status', '/admin/audit'];

  before(async () => { ann = await signedUp(lectern.url); });
  after(async () => {
    assert.equal(await sql(`select count(*) from users where role = 'admin'
      and disabled_at is null`), '1');
    assert.equal((await boss.get('/api/admin/users')).status, 200);
  });

  test('nobody', async () => {
    const nobody = new Client(lectern.url);

    for (const [method, path, json] of routes()) {
      refused(await nobody.request(method, path, { json }), 401, 'UNAUTHORIZED');
    }
    for (const page of pages) {
      const reply = await nobody.get(page);
      assert.equal(reply.status, 302);
      assert.equal(reply.headers.get('location'), `/sign-in?next=${encodeURIComponent(page)}`);
    }
  });

  test('an ordinary account', async () => {
    for (const [method, path, json] of routes()) {
      refused(await ann.request(method, path, { json }), 403, 'FORBIDDEN');
    }
    for (const page of pages) {
      const reply = await ann.get(page);
      assert.equal(reply.status, 403);
      assert.match(reply.headers.get('content-type'), /^text\/html/);
      assert.doesNotMatch(reply.text, /admin\.js/);
    }
    assert.equal((await ann.get('/api/auth/get-session')).json.user.role, undefined);
  });

  test('an API key, an administrator\'s too', async () => {
    const { key } = (await boss.post('/api/keys', { name: 'k' })).json;

    for (const [method, path, json] of routes()) {
      const reply = await exchange(lectern.url, method, path,
        { json, headers: { authorization: `Bearer ${key}` } });
      refused(reply, 403, 'API_KEY_NOT_ALLOWED');
    }
    for (const page of pages) {
      const reply = await exchange(lectern.url, 'GET', page,
        { headers: { authorization: `Bearer ${key}` } });
      assert.equal(reply.status, 302);
    }
  });

  test('an administrator who was disabled or demoted', async () => {
    for (const change of [{ disabled: true }, { role: 'user' }]) {
      const former = await administrator();
      assert.equal((await former.get('/api/admin/usage')).status, 200);
      const reply = await boss.patch(`/api/admin/users/${idOf(former)}`, change);
      assert.equal(reply.status, 200, reply.text);
      for (const [method, path, json] of routes()) {
        const { status } = await former.request(method, path, { json });
        assert.equal(status, change.disabled ? 401 : 403, path);
      }
      for (const page of pages) {
        assert.equal((await former.get(page)).status, change.disabled ? 302 : 403);
      }
    }
  });

  test('another site, which has the cookie but not the origin', async () => {
    for (const [method, path, json] of routes()) {
      if (method === 'GET') continue;
      const reply = await boss.request(method, path, { json, origin: 'https://evil.example' });
      refused(reply, 403, 'INVALID_ORIGIN');
    }
  });

  test('those who reach a statement without being one', async () => {
    for (const [name, rest] of [
      ['account_change', `'${bossId}', true, null, null, null`],
      ['account_drop', `'${bossId}', null, null`]]) {
      assert.equal(await sql(`select outcome from ${name}('${idOf(ann)}', null, ${rest})`),
        'forbidden');
    }
    assert.equal(await sql(`select is_administrator('${idOf(ann)}', 'named@example.com')`), 'f');
    assert.equal(await sql(`select is_administrator('${bossId}', null)`), 't');
  });
});

describe('accounts', () => {
  test('are listed with how much there is of them, and nothing of what', async () => {
    const zoe = await reader(lectern, { title: 'A very private kettle' });
    await zoe.post('/api/chat', { message: 'A very private question?' },
      { headers: { accept: 'application/json' } });
    const reply = await boss.get(`/api/admin/users?q=${encodeURIComponent(zoe.email)}`);

    assert.equal(reply.status, 200, reply.text);
    assert.equal(reply.json.nextCursor, null);
    const [user, ...others] = reply.json.users;
    assert.deepEqual(others, []);
    assert.deepEqual([user.id, user.email, user.role, user.disabledAt, user.sessions],
      [idOf(zoe), zoe.email, 'user', null, 1]);
    assert.deepEqual([user.usage.documents, user.usage.conversations, user.usage.questions],
      [1, 1, 1]);
    assert.ok(user.usage.bytes > 100);
    assert.match(user.lastSeenAt, /^\d{4}-\d\d-\d\dT.*Z$/);
    assert.doesNotMatch(reply.text, /private/i);
    assert.deepEqual((await boss.get(`/api/admin/users/${user.id}`)).json, { user });
  });

  test('come in every order, page by page, each once', async () => {
    const all = (await boss.get('/api/admin/users?limit=100')).json.users;

    for (const sort of ['email', '-email', 'name', 'createdAt', '-createdAt', 'lastSeenAt',
      '-storage', 'questions']) {
      const seen = [];
      let cursor = '';
      do {
        const { users, nextCursor } = (await boss.get(
          `/api/admin/users?limit=2&sort=${sort}${cursor && `&cursor=${cursor}`}`)).json;
        seen.push(...users);
        cursor = nextCursor;
      } while (cursor);
      assert.deepEqual(seen.map(({ id }) => id).sort(), all.map(({ id }) => id).sort(), sort);
      if (/email/.test(sort)) {
        const emails = seen.map(({ email }) => email);
        assert.deepEqual(emails, [...emails].sort((a, b) =>
          (a < b ? -1 : 1) * (sort[0] === '-' ? -1 : 1)));
      }
    }
    refused(await boss.get('/api/admin/users?sort=password'), 400, 'VALIDATION_ERROR', 'sort');
  });

  test('are added with a mail, or refused with the field to blame', async () => {
    const reply = await boss.post('/api/admin/users',
      { email: 'Invited@Example.com', name: 'In Vited', role: 'admin' });

    assert.equal(reply.status, 201, reply.text);
    assert.equal(reply.headers.get('cache-control'), 'no-store');
    const { user, mailed, link, linkExpiresAt } = reply.json;
    assert.deepEqual([user.email, user.name, user.role, user.hasPassword, mailed, link],
      ['invited@example.com', 'In Vited', 'admin', false, true, null]);
    assert.ok(new Date(linkExpiresAt) > new Date());
    const letter = await letters.to('invited@example.com');
    assert.match(letter.url, /reset-password/);
    assert.equal(await events(user.id), 'invited boss@example.com, made_admin boss@example.com');

    refused(await boss.post('/api/admin/users', { email: 'invited@example.com' }),
      409, 'EMAIL_IN_USE', 'email');
    refused(await boss.post('/api/admin/users', { email: 'nobody' }), 400, 'INVALID_EMAIL', 'email');
    refused(await boss.post('/api/admin/users', {}), 400, 'VALIDATION_ERROR', 'email');
    refused(await boss.post('/api/admin/users', { email: 'z@example.com', role: 'king' }),
      400, 'VALIDATION_ERROR', 'role');
  });

  test('get a link to choose a new password, unless they are disabled', async () => {
    const ann = await signedUp(lectern.url);
    const path = `/api/admin/users/${idOf(ann)}/reset-link`;
    const reply = await boss.post(path);

    assert.equal(reply.status, 200, reply.text);
    assert.deepEqual([reply.json.mailed, reply.json.link], [true, null]);
    const letter = await letters.to(ann.email, { about: /password/i });
    assert.match(letter.url, /reset-password/);
    await boss.patch(`/api/admin/users/${idOf(ann)}`, { disabled: true });
    refused(await boss.post(path), 409, 'USER_DISABLED');
    refused(await boss.post('/api/admin/users/nobody/reset-link'), 404, 'USER_NOT_FOUND');
  });

  test('are signed out everywhere, and may sign in again', async () => {
    const ann = await signedUp(lectern.url);
    const reply = await boss.delete(`/api/admin/users/${idOf(ann)}/sessions`);

    assert.equal(reply.status, 204, reply.text);
    assert.equal((await ann.get('/api/auth/get-session')).json, null);
    const again = await new Client(lectern.url).post('/api/auth/sign-in/email',
      { email: ann.email, password: ann.password });
    assert.equal(again.status, 200);
    assert.match(await events(idOf(ann)), /sessions_revoked boss@example\.com/);
    refused(await boss.delete('/api/admin/users/nobody/sessions'), 404, 'USER_NOT_FOUND');
  });

  test('that are disabled have no session, key, link or running answer any more', async () => {
    const ann = await reader(lectern);
    const { key } = (await ann.post('/api/keys', { name: 'k' })).json;
    const asKey = () => exchange(lectern.url, 'GET', '/api/documents',
      { headers: { authorization: `Bearer ${key}` } });

    model.behave({ stallFirst: true });
    const response = await ann.open('POST', '/api/chat',
      { json: { message: 'How long does the warranty of the Zephyr last?' },
        headers: { accept: 'text/event-stream' } });
    await until(async () => await sql(`select count(*) from answers
      where user_id = '${idOf(ann)}'`) === '1', 'the answer to run');
    assert.equal((await asKey()).status, 200);

    const began = performance.now();
    const reply = await boss.patch(`/api/admin/users/${idOf(ann)}`, { disabled: true });
    assert.equal(reply.status, 200, reply.text);
    assert.ok(reply.json.user.disabledAt);
    assert.deepEqual([reply.json.user.sessions, reply.json.user.apiKeys], [0, 0]);
    await response.text();
    assert.ok(performance.now() - began < 5000, 'the stream has ended');
    assert.equal((await asKey()).status, 401);
    assert.equal((await ann.get('/api/documents')).status, 401);
    await until(async () => await sql(`select count(*) from answers
      where user_id = '${idOf(ann)}'`) === '0', 'the answer to be stopped');
    const signIn = await new Client(lectern.url).post('/api/auth/sign-in/email',
      { email: ann.email, password: ann.password });
    assert.equal(signIn.status, 401);

    await boss.patch(`/api/admin/users/${idOf(ann)}`, { disabled: false });
    assert.equal((await asKey()).status, 401, 'a key does not come back');
    assert.equal((await new Client(lectern.url).post('/api/auth/sign-in/email',
      { email: ann.email, password: ann.password })).status, 200);
    assert.match(await events(idOf(ann)),
      /disabled boss@example\.com, (.*, )?enabled boss@example\.com/);
    model.behave({});
  });

  test('change their role, and one\'s own stays', async () => {
    const ann = await signedUp(lectern.url);
    const path = `/api/admin/users/${idOf(ann)}`;

    assert.equal((await boss.patch(path, { role: 'admin' })).json.user.role, 'admin');
    assert.equal((await ann.get('/api/admin/users')).status, 200);
    assert.equal((await ann.get('/api/auth/get-session')).json.user.role, 'admin');
    assert.equal((await boss.patch(path, { role: 'user' })).json.user.role, 'user');
    assert.equal((await ann.get('/api/admin/users')).status, 403);

    for (const change of [{ role: 'user' }, { disabled: true }]) {
      refused(await boss.patch(`/api/admin/users/${bossId}`, change), 409, 'OWN_ACCOUNT');
    }
    refused(await boss.delete(`/api/admin/users/${bossId}`), 409, 'OWN_ACCOUNT');
    assert.equal((await boss.patch(`/api/admin/users/${bossId}`, { role: 'admin' })).status, 200);
    refused(await boss.patch(path, {}), 400, 'VALIDATION_ERROR', 'disabled');
    refused(await boss.patch(path, { disabled: 'yes' }), 400, 'VALIDATION_ERROR', 'disabled');
    refused(await boss.patch(path, { role: 'king' }), 400, 'VALIDATION_ERROR', 'role');
    refused(await boss.patch('/api/admin/users/nobody', { disabled: true }), 404,
      'USER_NOT_FOUND');
  });

  test('named by ADMIN_EMAIL stay administrators, once their address is confirmed', async () => {
    const named = await signedUp(lectern.url, { email: 'named@example.com' });
    const path = `/api/admin/users/${idOf(named)}`;

    assert.equal((await named.get('/api/admin/users')).status, 403);
    await sql(`update users set email_verified = true where id = '${idOf(named)}'`);
    assert.equal((await named.get('/api/admin/users')).status, 200);
    const { user } = (await boss.get(path)).json;
    assert.deepEqual([user.role, user.roleIsFixed], ['admin', true]);
    refused(await boss.patch(path, { role: 'user' }), 409, 'ADMIN_BY_ENVIRONMENT');
  });

  test('never lose their last administrator, not even to two at once', async () => {
    for (let round = 0; round < 5; round++) {
      const [one, two] = [await administrator(), await administrator()];
      const replies = await Promise.all([
        one.patch(`/api/admin/users/${idOf(two)}`, { disabled: true }),
        two.patch(`/api/admin/users/${idOf(one)}`, { disabled: true })]);
      assert.deepEqual(replies.filter(({ status }) => status === 200).length, 1);
      await boss.delete(`/api/admin/users/${idOf(one)}`);
      await boss.delete(`/api/admin/users/${idOf(two)}`);
    }
  });

  test('that are deleted leave nothing but the note that somebody did it', async () => {
    const ann = await reader(lectern);
    const reply = await boss.delete(`/api/admin/users/${idOf(ann)}`);

    assert.equal(reply.status, 204, reply.text);
    assert.equal((await ann.get('/api/documents')).status, 401);
    assert.equal(await sql(`select (select count(*) from users where id = '${idOf(ann)}')
      + (select count(*) from documents where owner = '${idOf(ann)}')`), '0');
    assert.equal(await sql(`select u.email || ' ' || event from audit a join users u
      on u.id = a.actor_id where detail = '${idOf(ann)}'`), 'boss@example.com user_deleted');
    refused(await boss.delete(`/api/admin/users/${idOf(ann)}`), 404, 'USER_NOT_FOUND');
  });

  test('do not learn from where an administrator acted', async () => {
    const ann = await signedUp(lectern.url);
    await boss.patch(`/api/admin/users/${idOf(ann)}`, { role: 'admin' },
      { headers: { 'user-agent': 'the-boss-browser' } });
    const { text } = await ann.get('/api/export');

    assert.doesNotMatch(text, /the-boss-browser/);
    assert.match(await sql(`select user_agent from audit where user_id = '${idOf(ann)}'
      and event = 'made_admin'`), /the-boss-browser/);
    await boss.patch(`/api/admin/users/${idOf(ann)}`, { role: 'user' });
  });
});

describe('reports', () => {
  test('the audit is paged, newest first, and filtered', async () => {
    const ann = await signedUp(lectern.url);
    await boss.patch(`/api/admin/users/${idOf(ann)}`, { disabled: true });
    const first = (await boss.get('/api/admin/audit?limit=3')).json;

    assert.equal(first.events.length, 3);
    assert.deepEqual(first.events[0].event, 'disabled');
    assert.deepEqual(first.events[0].user, { id: idOf(ann), email: ann.email });
    assert.deepEqual(first.events[0].administrator, { id: bossId, email: 'boss@example.com' });
    const second = (await boss.get(`/api/admin/audit?limit=3&cursor=${first.nextCursor}`)).json;
    const ids = [...first.events, ...second.events].map(({ id }) => id);
    assert.deepEqual(ids, [...ids].sort((a, b) => b - a));
    assert.equal(new Set(ids).size, 6);

    const of = (query) => boss.get(`/api/admin/audit?${query}`).then(({ json }) => json.events);
    assert.deepEqual([...new Set((await of('event=disabled')).map(({ event }) => event))],
      ['disabled']);
    assert.deepEqual((await of(`user=${idOf(ann)}`)).map(({ event }) => event),
      ['disabled', 'sign_up']);
    assert.ok((await of(`q=${encodeURIComponent(ann.email)}`)).every(({ user }) =>
      user.id === idOf(ann)));
    assert.deepEqual(await of('event=nothing'), []);
    refused(await boss.get('/api/admin/audit?cursor=12.abc'), 400, 'VALIDATION_ERROR', 'cursor');
  });

  test('usage is a row a day, with counts alone', async () => {
    const { status, json, text } = await boss.get('/api/admin/usage?days=7');

    assert.equal(status, 200, text);
    assert.equal(json.days.length, 7);
    const today = json.days.at(-1);
    assert.equal(today.day, new Date().toISOString().slice(0, 10));
    assert.ok(today.newUsers > 5 && today.questions >= 1 && today.documents >= 1 &&
      today.signIns >= 1 && today.answers.complete + today.answers.unanswered >= 1, text);
    assert.equal(json.days[0].questions, 0);
    assert.equal(String(json.totals.users), await sql('select count(*) from users'));
    assert.doesNotMatch(text, /private|kettle|@/i);
    assert.equal((await boss.get('/api/admin/usage')).json.days.length, 30);
    for (const days of ['0', '367', 'x', '']) {
      refused(await boss.get(`/api/admin/usage?days=${days}`), 400, 'VALIDATION_ERROR', 'days');
    }
  });

  test('the status says what lectern check says', async () => {
    const { status, json, text } = await boss.get('/api/admin/status');

    assert.equal(status, 200, text);
    const said = Object.fromEntries(json.checks.map(({ name, state, reason }) =>
      [name, [state, reason]]));
    const { stdout } = await lectern.run('check');
    for (const line of stdout.trimEnd().split('\n')) {
      const [, name, verdict, why] = /^(\S+) +(ok|off|FAILED)(?:: (.*))?$/.exec(line);
      if (['configuration', 'database'].includes(name)) continue;
      assert.deepEqual(said[name], [verdict.toLowerCase(), why ?? ''], name);
    }
    assert.equal(said.database[0], 'ok');
    assert.equal(json.models.answers, 'm');
  });
});

test('replies are as /openapi.json promises', async () => {
  const { json: description } = await boss.get('/openapi.json');
  const ajv = new Ajv({ strict: false, validateFormats: false });
  ajv.addSchema(description, 'api');

  for (const route of ['users', 'audit', 'usage', 'status']) {
    const reply = await boss.get(`/api/admin/${route}`);
    const validate = ajv.getSchema(`api#/paths/~1api~1admin~1${route}/get/responses/200` +
      '/content/application~1json/schema');
    assert.ok(validate(reply.json), `${route}: ${ajv.errorsText(validate.errors)}`);
  }
});

test('with no mail, the link is told once, and works', async () => {
  const other = await startLectern({ env: { ADMIN_EMAIL: 'op@example.com', MAIL_URL: undefined,
    PUBLIC_URL: 'https://lectern.example' } });

  try {
    const { stdout } = await other.run('user', 'add', 'op@example.com');
    const tokenOf = (link) => /reset-password\/(\w+)/.exec(link)[1];
    const op = new Client(other.url, { headers: {} });
    const options = { origin: 'https://lectern.example' };
    const reset = await op.post('/api/auth/reset-password',
      { token: tokenOf(stdout), newPassword: 'a-long-password-1' }, options);
    assert.equal(reset.status, 200, reset.text);
    await op.post('/api/auth/sign-in/email',
      { email: 'op@example.com', password: 'a-long-password-1' }, options);
    const reply = await op.post('/api/admin/users', { email: 'new@example.com' }, options);
    assert.equal(reply.status, 201, reply.text);
    assert.equal(reply.json.mailed, false);
    assert.ok(reply.json.link.startsWith('https://lectern.example/'), reply.json.link);
    const chosen = await new Client(other.url).post('/api/auth/reset-password',
      { token: tokenOf(reply.json.link), newPassword: 'a-long-password-2' }, options);
    assert.equal(chosen.status, 200, chosen.text);
    const link = await op.post(`/api/admin/users/${reply.json.user.id}/reset-link`, {}, options);
    assert.ok(link.json.link.startsWith('https://lectern.example/'));
  } finally {
    await other.stop();
  }
});

describe('where ADMIN_SECOND_FACTOR is yes', () => {
  let strict;
  const library = (client, name) => client.request('POST', `/api/documents?shared=true&filename=${name}`,
    { body: 'A lamp weighs three kilograms.', headers: { 'content-type': 'text/plain' } });

  before(async () => {
    strict = await startLectern({ postgres: lectern.postgres, database: lectern.database,
      env: { ADMIN_SECOND_FACTOR: 'yes' } });
  });
  after(() => strict?.stop());

  test('an administrator is one only in what was made since the second factor is on', async () => {
    const old = await administrator({ email: 'careful@example.com' });
    const { key } = (await old.post('/api/keys', { name: 'old' })).json;
    const guest = new Client(strict.url);
    guest.cookies = old.cookies;
    const keyed = (value) => new Client(strict.url, { headers: { authorization: `Bearer ${value}` } });

    const answer = await guest.get('/api/admin/users');
    refused(answer, 403, 'FORBIDDEN');
    assert.match(answer.json.message, /second factor/);
    assert.equal((await guest.get('/admin')).status, 403);
    assert.equal((await guest.get('/api/auth/get-session')).json.user.role, undefined);
    assert.equal((await library(guest, 'a.txt')).status, 403);
    assert.equal((await guest.get('/api/documents')).status, 200);

    const signedIn = new Client(strict.url);
    signedIn.cookies = new Map(old.cookies);
    const { totpURI } = (await signedIn.post('/api/auth/two-factor/enable',
      { password: old.password })).json;
    const stolen = new Map(signedIn.cookies);
    const other = new Client(strict.url);
    await other.post('/api/auth/sign-in/email', { email: old.email, password: old.password });
    assert.equal((await signedIn.post('/api/auth/two-factor/verify-totp',
      { code: code(totpURI) })).status, 200);
    assert.equal((await signedIn.get('/api/admin/users')).status, 200);
    assert.equal((await signedIn.get('/api/auth/get-session')).json.user.role, 'admin');
    assert.equal((await library(signedIn, 'b.txt')).status, 201);
    signedIn.cookies = stolen;
    assert.notEqual((await signedIn.get('/api/admin/users')).status, 200);
    refused(await other.get('/api/admin/users'), 403, 'FORBIDDEN');
    assert.equal((await library(keyed(key), 'c.txt')).status, 403);
  });
});
