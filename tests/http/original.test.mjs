// What a run of the same requests against the original better-auth server
// showed where the two were not alike: corners that its client, or an app
// written for it, can come upon.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Letters } from '../lib/letters.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { exchange } from '../lib/wire.mjs';

const password = 'correct horse 1';
const name = 'better-auth.session_token';
const letters = new Letters();

let lectern;
let people = 0;

before(async () => {
  lectern = await startLectern({ env: { MAIL_URL: letters.url } });
});
after(async () => {
  assert.equal(lectern.restarts(), 0, lectern.tail());
  await lectern.stop();
});

const post = (path, json, headers) =>
  exchange(lectern.url, 'POST', `/api/auth${path}`, { json, headers });
const get = (path, headers) =>
  exchange(lectern.url, 'GET', `/api/auth${path}`, { headers });

/** Somebody new, whose session was last refreshed some hours ago. */
async function person(hours = 0) {
  const email = `original-${++people}@example.com`;
  const reply = await post('/sign-up/email', { name: 'Ann', email, password });

  assert.equal(reply.status, 200, reply.text);
  await lectern.postgres.psql(lectern.database, `update sessions
    set expires_at = expires_at - interval '${hours} hours'
    where user_id = '${reply.json.user.id}'`);
  return { email, ...reply.json,
    headers: { cookie: reply.cookie(name), origin: lectern.url } };
}

const linesOf = (reply, cookie) =>
  reply.cookies.filter((line) => line.startsWith(`${cookie}=`));

test('a session that is renewed and replaced by one request is told once', async () => {
  for (const [path, fields] of [['/update-user', { name: 'Eve' }],
    ['/change-password', { currentPassword: password, newPassword: password,
      revokeOtherSessions: true }]]) {
    const ann = await person(25);
    const reply = await post(path, fields, ann.headers);
    const token = reply.headers['set-auth-token'];

    assert.equal(reply.status, 200, reply.text);
    assert.equal(linesOf(reply, name).length, 1, path);
    assert.match(token, /^[A-Za-z0-9]{32}\.[A-Za-z0-9+/]{43}=$/, path);
    assert.equal(decodeURIComponent(reply.cookie(name).slice(name.length + 1)),
      token, path);
    const session = await get('/get-session', { authorization: `Bearer ${token}` });
    assert.equal(session.json.user.email, ann.email, path);
  }
});

test('a session that is renewed and ended by one request is only cleared', async () => {
  for (const [path, fields] of [['/revoke-sessions', {}],
    ['/delete-user', { password }]]) {
    const ann = await person(25);
    const reply = await post(path, fields, ann.headers);

    assert.equal(reply.status, 200, reply.text);
    assert.deepEqual(linesOf(reply, name),
      [`${name}=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax`], path);
    assert.equal(reply.headers['set-auth-token'], undefined, path);
    assert.equal((await get('/get-session', ann.headers)).text, 'null', path);
  }
});

test('disableRefresh without a value disables nothing', async () => {
  for (const [query, isRenewed] of [['?disableRefresh', true],
    ['?disableRefresh=', true], ['?disableRefresh=false', false]]) {
    const ann = await person(25);
    const reply = await get(`/get-session${query}`, ann.headers);

    assert.equal(linesOf(reply, name).length, isRenewed ? 1 : 0, query);
  }
});

test('the link to a new address answers with the new address', async () => {
  const ann = await person();
  const fresh = `fresh-${ann.email}`;

  assert.equal((await post('/change-email', { newEmail: fresh },
    ann.headers)).status, 200);
  const token = new URL((await letters.to(fresh)).url).searchParams.get('token');
  const reply = await get(`/verify-email?token=${token}`, ann.headers);
  assert.equal(reply.json.status, true);
  assert.equal(reply.json.user.email, fresh);
  assert.equal(reply.json.user.id, ann.user.id);
  assert.deepEqual(reply.json.user,
    (await get('/get-session', ann.headers)).json.user);
});

test('a token that nobody was sent deletes no account', async () => {
  const ann = await person();

  for (const fields of [{ token: 'x' }, { token: 'x', password }]) {
    const reply = await post('/delete-user', fields, ann.headers);
    assert.equal(reply.status, 404, JSON.stringify(fields));
    assert.deepEqual(reply.json, { message: 'Invalid token', code: 'INVALID_TOKEN' });
  }
  assert.equal((await post('/delete-user', { token: 'x', password: 'wrong-one' },
    ann.headers)).json.code, 'INVALID_PASSWORD');
  assert.equal((await get('/get-session', ann.headers)).json.user.email, ann.email);
  assert.equal((await post('/delete-user', { token: '', password },
    ann.headers)).status, 200);
});

test('redirect targets are judged on every route, before fields and session', async () => {
  const targets = { callbackURL: ['callbackURL', 'INVALID_CALLBACK_URL'],
    redirectTo: ['redirectURL', 'INVALID_REDIRECT_URL'],
    errorCallbackURL: ['errorCallbackURL', 'INVALID_ERROR_CALLBACK_URL'],
    newUserCallbackURL: ['newUserCallbackURL', 'INVALID_NEW_USER_CALLBACK_URL'] };

  for (const path of ['/sign-in/email', '/change-password', '/revoke-session',
    '/reset-password', '/sign-out', '/two-factor/enable']) {
    for (const [field, [label, code]] of Object.entries(targets)) {
      for (const target of ['//evil.example', 'http://evil.example/', '/\\x']) {
        const reply = await post(path, { [field]: target });
        assert.equal(reply.status, 403, `${path} ${field} ${target}`);
        assert.deepEqual(reply.json, { message: `Invalid ${label}`, code });
      }
      const reply = await post(path, { [field]: 5 });
      assert.equal(reply.status, 400, `${path} ${field}`);
      assert.deepEqual(reply.json,
        { message: `Invalid ${label}: expected a string` });
    }
    const reply = await post(`${path}?callbackURL=//evil.example`, {});
    assert.equal(reply.json.code, 'INVALID_CALLBACK_URL', path);
    assert.notEqual((await post(path, { redirectTo: '', callbackURL: '/x' })).status,
      403, path);
  }
});

test('a text cut within an emoji is taken with a replacement character', async () => {
  const ann = await person();
  const say = async (text) => {
    const reply = await exchange(lectern.url, 'POST', '/api/auth/update-user',
      { headers: { ...ann.headers, 'content-type': 'application/json' },
        body: `{"name":"${text}"}` });
    assert.equal(reply.status, 200, reply.text);
    return (await get('/get-session', ann.headers)).json.user.name;
  };

  assert.equal(await say('Ann \\ud83d'), 'Ann \ufffd');
  assert.equal(await say('\\ude00 Ann'), '\ufffd Ann');
  assert.equal(await say('\\uD83D\\uD83D\\uDE00'), '\ufffd😀');
  assert.equal(await say('\\\\ud83d \\ud83d'), '\\ud83d \ufffd');
  assert.equal(await say('\\ud83d\\n'), '\ufffd\n');
});

test('passwords of no length and of too great a length are named so', async () => {
  const ann = await person();
  const long = 'x'.repeat(129);

  for (const [path, fields, code] of [
    ['/change-password', { currentPassword: password, newPassword: '' }, 'SHORT'],
    ['/change-password', { currentPassword: long, newPassword: password }, 'LONG'],
    ['/reset-password', { token: 'x', newPassword: '' }, 'SHORT'],
    ['/verify-password', { password: long }, 'LONG'],
    ['/delete-user', { password: long }, 'LONG']]) {
    const reply = await post(path, fields, ann.headers);
    assert.equal(reply.status, 400, path);
    assert.equal(reply.json.code, `PASSWORD_TOO_${code}`, path);
  }
});

test('an empty reset token in the body leaves the word to that of the query', async () => {
  const body = { newPassword: 'another horse 2', token: '' };
  const { email } = await person();
  assert.equal((await post('/request-password-reset', { email })).status, 200);
  const { url } = await letters.to(email, { about: /password/i });
  const token = new URL(url).pathname.split('/').pop();

  assert.equal((await post('/reset-password', body)).json.code, 'INVALID_TOKEN');
  assert.equal((await post(`/reset-password?token=${token}`, body)).status, 200);
});
