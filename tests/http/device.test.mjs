// What a signed-in person does with sessions, profile and password.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { startLectern } from '../lib/lectern.mjs';
import { Letters } from '../lib/letters.mjs';
import { until } from '../lib/wait.mjs';
import { exchange } from '../lib/wire.mjs';

const password = 'correct horse 1';
const date = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const cleared = ['session_token', 'session_data', 'dont_remember'].map((name) =>
  `better-auth.${name}=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax`);
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

const sql = (text) => lectern.postgres.psql(lectern.database, text);
const call = (method, path, { cookie, headers, ...rest } = {}) =>
  exchange(lectern.url, method, `/api/auth/${path}`, { ...rest, headers: {
    ...(cookie && { cookie, origin: lectern.url }), ...headers } });
const get = (path, cookie) => call('GET', path, { cookie });
const post = (path, cookie, json = {}) => call('POST', path, { cookie, json });

/** A reply that signs in, as somebody who can be asked things of. */
function holder(reply, email) {
  assert.equal(reply.status, 200, reply.text);
  return { email, token: reply.json.token, user: reply.json.user,
    cookie: reply.cookie('better-auth.session_token') };
}

async function person(fields) {
  const email = `device-${++people}@example.com`;

  return holder(await call('POST', 'sign-up/email', { json: { name: 'Ann', email,
    password, ...fields }, headers: { 'user-agent': 'first/1.0' } }), email);
}

const again = async (ann, { agent = 'first/1.0', secret = password } = {}) =>
  holder(await call('POST', 'sign-in/email', { json: { email: ann.email,
    password: secret }, headers: { 'user-agent': agent } }), ann.email);

const isAlive = async ({ token }) => (await call('GET', 'get-session',
  { headers: { authorization: `Bearer ${token}` } })).json !== null;

function refused(reply, status, code, message) {
  assert.deepEqual([reply.status, reply.json],
    [status, { message, ...(code && { code }) }]);
}

test('every route of a person is 401 without a session, after the body', async () => {
  const bodies = { 'revoke-session': { token: 'x' }, 'revoke-sessions': {},
    'revoke-other-sessions': {}, 'update-user': { name: 'A' }, 'update-session': {},
    'change-password': { currentPassword: password, newPassword: password },
    'verify-password': { password }, 'delete-user': {},
    'change-email': { newEmail: 'a@example.com' } };

  for (const [path, json] of Object.entries(bodies)) {
    refused(await post(path, undefined, json), 401, 'UNAUTHORIZED', 'Unauthorized');
    assert.equal((await call('POST', path, { body: '{', headers:
      { 'content-type': 'application/json' } })).json.code, 'BAD_REQUEST', path);
  }
  for (const path of ['list-sessions', 'list-accounts']) {
    refused(await get(path), 401, 'UNAUTHORIZED', 'Unauthorized');
  }
  for (const [path, json] of [['revoke-session', {}], ['change-password', {}],
    ['verify-password', {}], ['change-email', {}], ['update-user', { name: 5 }],
    ['update-user', { name: null }]]) {
    assert.equal((await post(path, undefined, json)).json.code, 'VALIDATION_ERROR', path);
  }
});

test('list-sessions shows every live session with its token', async () => {
  const ann = await person();
  const phone = await again(ann, { agent: 'phone/2.0' });
  const expired = await again(ann);
  await person();
  await sql(`update sessions set expires_at = now() - interval '1 s'
    where user_id = '${ann.user.id}' and created_at = (select max(created_at)
    from sessions where user_id = '${ann.user.id}')`);
  const reply = await get('list-sessions', ann.cookie);

  assert.equal(reply.status, 200, reply.text);
  assert.deepEqual(reply.json.map(({ token }) => token).sort(),
    [ann.token, phone.token].sort());
  for (const session of reply.json) {
    assert.deepEqual(Object.keys(session).sort(), ['createdAt', 'expiresAt', 'id',
      'ipAddress', 'token', 'updatedAt', 'userAgent', 'userId']);
    assert.equal(session.userId, ann.user.id);
    assert.equal(session.ipAddress, '127.0.0.1');
    assert.match(session.expiresAt, date);
  }
  assert.equal(reply.json.find(({ token }) => token === phone.token).userAgent, 'phone/2.0');
  assert.equal(await isAlive(expired), false);
});

test('an old session lists sessions too', async () => {
  const ann = await person();
  await sql(`update sessions set created_at = now() - interval '3 days'
    where user_id = '${ann.user.id}'`);

  assert.equal((await get('list-sessions', ann.cookie)).json.length, 1);
});

test('revoke-session ends that session and no other', async () => {
  const ann = await person();
  const phone = await again(ann);
  const bob = await person();

  for (const token of [phone.token, 'x'.repeat(32), bob.token]) {
    const reply = await post('revoke-session', ann.cookie, { token });
    assert.deepEqual([reply.status, reply.json], [200, { status: true }]);
    assert.deepEqual(reply.cookies, []);
  }
  assert.deepEqual([await isAlive(ann), await isAlive(phone), await isAlive(bob)],
    [true, false, true]);
});

test('revoking the session in use clears its cookies', async () => {
  const ann = await person();
  const reply = await post('revoke-session', ann.cookie, { token: ann.token });

  assert.deepEqual(reply.json, { status: true });
  assert.deepEqual(reply.cookies, cleared);
  assert.equal(await isAlive(ann), false);
});

test('revoke-other-sessions keeps the one in use', async () => {
  const ann = await person();
  const others = [await again(ann), await again(ann)];
  const bob = await person();
  const reply = await call('POST', 'revoke-other-sessions', { cookie: ann.cookie });

  assert.deepEqual([reply.status, reply.json, reply.cookies], [200, { status: true }, []]);
  assert.deepEqual([await isAlive(ann), await isAlive(others[0]),
    await isAlive(others[1]), await isAlive(bob)], [true, false, false, true]);
});

test('revoke-sessions ends the one in use too', async () => {
  const ann = await person();
  const other = await again(ann);
  const reply = await call('POST', 'revoke-sessions', { cookie: ann.cookie });

  assert.deepEqual([reply.status, reply.json], [200, { status: true }]);
  assert.deepEqual(reply.cookies, cleared);
  assert.deepEqual([await isAlive(ann), await isAlive(other)], [false, false]);
  assert.deepEqual((await get('list-sessions', ann.cookie)).cookies, cleared);
});

test('update-user changes name and image and sends the cookie again', async () => {
  const ann = await person({ image: 'https://x.example/old' });
  const told = async () => (await get('get-session', ann.cookie)).json.user;
  const reply = await post('update-user', ann.cookie, { name: 'Änn 🙂' });

  assert.deepEqual([reply.status, reply.json], [200, { status: true }]);
  assert.equal(reply.cookie('better-auth.session_token'), ann.cookie);
  assert.match(reply.cookies[0], /; Max-Age=604800;/);
  assert.deepEqual([(await told()).name, (await told()).image],
    ['Änn 🙂', 'https://x.example/old']);
  assert.ok((await told()).updatedAt > ann.user.updatedAt);
  await post('update-user', ann.cookie, { image: null });
  assert.deepEqual([(await told()).name, (await told()).image], ['Änn 🙂', null]);
});

test('update-user refuses what cannot be updated', async () => {
  const ann = await person();

  refused(await post('update-user', ann.cookie, {}), 400, undefined, 'No fields to update');
  refused(await post('update-user', ann.cookie, { email: 'b@example.com', name: 'B' }),
    400, 'EMAIL_CAN_NOT_BE_UPDATED', 'Email can not be updated');
  refused(await post('update-session', ann.cookie, { theme: 'dark' }), 400, undefined,
    'No fields to update');
  await post('update-user', ann.cookie, { name: 'B', role: 'admin', id: 'x',
    emailVerified: true });
  const { user } = (await get('get-session', ann.cookie)).json;
  assert.deepEqual([user.id, user.email, user.name, user.emailVerified],
    [ann.user.id, ann.email, 'B', false]);
  assert.equal(await sql(`select role from users where id = '${ann.user.id}'`), 'user');
});

test('update-user leaves a browser session one', async () => {
  const ann = await person({ rememberMe: false });
  const forgetful = (await call('POST', 'sign-in/email', { json: { email: ann.email,
    password, rememberMe: false } })).cookies.map((line) => line.split(';')[0]).join('; ');
  const reply = await post('update-user', forgetful, { name: 'B' });

  assert.equal(reply.status, 200, reply.text);
  assert.ok(reply.cookies.every((line) => !/Max-Age|Expires/i.test(line)), reply.cookies);
});

test('verify-password says whether it is the password', async () => {
  const ann = await person();

  assert.deepEqual((await post('verify-password', ann.cookie, { password })).json,
    { status: true });
  refused(await post('verify-password', ann.cookie, { password: 'wrong horse 1' }),
    400, 'INVALID_PASSWORD', 'Invalid password');
});

test('change-password changes it and tells the owner', async () => {
  const ann = await person();
  const other = await again(ann);
  const secret = 'another horse 2';
  const reply = await post('change-password', ann.cookie,
    { currentPassword: password, newPassword: secret });

  assert.equal(reply.status, 200, reply.text);
  assert.equal(reply.json.token, null);
  assert.deepEqual(reply.json.user, ann.user);
  assert.deepEqual(reply.cookies, []);
  assert.deepEqual([await isAlive(ann), await isAlive(other)], [true, true]);
  await again(ann, { secret });
  assert.equal((await call('POST', 'sign-in/email', { json: { email: ann.email,
    password } })).status, 401);
  const letter = await letters.to(ann.email, { about: /password was changed/ });
  assert.equal(letter.url, '');
});

test('change-password judges the new password before the current one', async () => {
  const ann = await person();
  const change = (currentPassword, newPassword, rest) => post('change-password',
    ann.cookie, { currentPassword, newPassword, ...rest });

  refused(await change('wrong horse 1', 'short'), 400, 'PASSWORD_TOO_SHORT',
    'Password too short');
  refused(await change('wrong horse 1', 'x'.repeat(129)), 400, 'PASSWORD_TOO_LONG',
    'Password too long');
  refused(await change('wrong horse 1', 'another horse 2'), 400, 'INVALID_PASSWORD',
    'Invalid password');
  assert.equal((await change(password, password, { revokeOtherSessions: null })).json.code,
    'VALIDATION_ERROR');
  assert.equal((await change(password, password)).status, 200);
});

test('change-password with revokeOtherSessions replaces all sessions by one', async () => {
  const ann = await person();
  const other = await again(ann);
  const fresh = holder(await post('change-password', ann.cookie, { currentPassword:
    password, newPassword: 'another horse 2', revokeOtherSessions: true }), ann.email);

  assert.notEqual(fresh.token, ann.token);
  assert.deepEqual([await isAlive(ann), await isAlive(other), await isAlive(fresh)],
    [false, false, true]);
  assert.equal((await get('list-sessions', fresh.cookie)).json.length, 1);
});

test('list-accounts shows the one of e-mail and password', async () => {
  const ann = await person();
  const [account, ...rest] = (await get('list-accounts', ann.cookie)).json;

  assert.deepEqual(rest, []);
  assert.deepEqual([account.providerId, account.userId, account.scopes],
    ['credential', ann.user.id, []]);
  assert.deepEqual(Object.keys(account).sort(), ['accountId', 'createdAt', 'id',
    'providerId', 'scopes', 'updatedAt', 'userId']);
  assert.match(account.createdAt, date);
});

test('delete-user takes everything with it', async () => {
  const ann = await person();
  const other = await again(ann);
  refused(await post('delete-user', ann.cookie, { password: 'wrong horse 1' }), 400,
    'INVALID_PASSWORD', 'Invalid password');
  const reply = await post('delete-user', ann.cookie, { password });

  assert.deepEqual([reply.status, reply.json],
    [200, { success: true, message: 'User deleted' }]);
  assert.deepEqual(reply.cookies, cleared);
  assert.deepEqual([await isAlive(ann), await isAlive(other)], [false, false]);
  assert.equal(await sql(`select (select count(*) from users where email = '${ann.email}')
    + (select count(*) from sessions where user_id = '${ann.user.id}')
    + (select count(*) from devices where user_id = '${ann.user.id}')
    + (select count(*) from audit where user_id = '${ann.user.id}')`), '0');
  assert.equal((await call('POST', 'sign-up/email', { json: { name: 'A',
    email: ann.email, password } })).status, 200);
});

test('delete-user with a token deletes nothing, since no token is ever sent', async () => {
  const ann = await person();

  for (const json of [{ token: 'x' }, { token: 'x', password }])
    refused(await post('delete-user', ann.cookie, json), 404, 'INVALID_TOKEN',
      'Invalid token');
  assert.equal(await isAlive(ann), true);
  assert.equal((await post('delete-user', ann.cookie, { token: '' })).status, 200);
});

test('delete-user without the password needs a session of today', async () => {
  const ann = await person();
  const aged = (hours) => sql(`update sessions set created_at = now() - interval '${hours} h'
    where user_id = '${ann.user.id}'`);

  await aged(25);
  refused(await post('delete-user', ann.cookie), 400, 'SESSION_EXPIRED',
    'Session expired. Re-authenticate to perform this action.');
  await aged(23);
  assert.equal((await post('delete-user', ann.cookie)).status, 200);
});

test('a sign-in from a new device is told to the owner, once', async () => {
  const ann = await person();
  const notices = () => letters.all().filter(({ to, subject }) =>
    to === ann.email && /^New sign-in/.test(subject));

  await again(ann);
  await again(ann, { agent: 'phone/2.0 <b>&' });
  const letter = await letters.to(ann.email, { about: /^New sign-in/ });
  assert.match(letter.text, /phone\/2\.0 <b>&/);
  assert.match(letter.text, /127\.0\.0\.1/);
  assert.equal(letter.url, '');
  await again(ann, { agent: 'phone/2.0 <b>&' });
  await again(ann);
  await again(ann, { agent: 'tablet/1.0' });
  await until(() => notices().length === 2, 'the second notice');
  assert.equal(notices().filter(({ text }) => /phone/.test(text)).length, 1);
});

test('a browser that has been brought up to date is no new device', async () => {
  const ann = await person();
  const chrome = (version) =>
    `Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/${version} Safari/537.36`;

  await again(ann, { agent: chrome('130.0.0.0') });
  await again(ann, { agent: chrome('131.0.7.21') });
  assert.equal(await sql(`select count(*) from devices
    where user_id = '${ann.user.id}'`), '2');
});

test('the first sign-in after the quickstart register is no news', async () => {
  const email = `device-${++people}@example.com`;
  await call('POST', 'register', { json: { email, password },
    headers: { 'user-agent': 'curl/8' } });
  await again({ email }, { agent: 'browser/1' });
  await again({ email }, { agent: 'browser/2' });
  await letters.to(email, { about: /^New sign-in/ });

  assert.equal(await sql(`select count(*) from outbox where recipient = '${email}'`), '2');
});

test('a redirect target that is not ours is refused on every route, before the fields', async () => {
  const ann = await person();
  const targets = { callbackURL: 'callbackURL', redirectTo: 'redirectURL',
    errorCallbackURL: 'errorCallbackURL', newUserCallbackURL: 'newUserCallbackURL' };
  const codes = { callbackURL: 'INVALID_CALLBACK_URL', redirectTo: 'INVALID_REDIRECT_URL',
    errorCallbackURL: 'INVALID_ERROR_CALLBACK_URL',
    newUserCallbackURL: 'INVALID_NEW_USER_CALLBACK_URL' };

  for (const route of ['sign-up/email', 'sign-in/email', 'sign-out', 'update-user',
    'change-password', 'revoke-sessions', 'request-password-reset', 'verify-password']) {
    for (const [name, label] of Object.entries(targets)) {
      refused(await post(route, ann.cookie, { [name]: '//elsewhere.example' }), 403,
        codes[name], `Invalid ${label}`);
      refused(await post(route, undefined, { [name]: 5 }), 400, undefined,
        `Invalid ${label}: expected a string`);
    }
  }
  assert.ok(await isAlive(ann));
  assert.equal((await post('sign-out', ann.cookie, { callbackURL: '/chat' })).status, 200);
});

test('every event leaves a row with address and agent', async () => {
  const ann = await person();
  const other = await again(ann, { agent: 'other/1' });
  await post('update-user', ann.cookie, { name: 'B' });
  await post('change-password', ann.cookie, { currentPassword: password,
    newPassword: password });
  await post('revoke-session', ann.cookie, { token: other.token });
  await post('revoke-other-sessions', ann.cookie);
  await post('sign-in/email', undefined, { email: ann.user.email, password: 'not the right one' });
  await call('POST', 'sign-out', { cookie: ann.cookie, json: {},
    headers: { 'user-agent': 'leaver/1' } });

  assert.equal(await sql(`select string_agg(event, ' ' order by id) from audit
    where user_id = '${ann.user.id}'`),
  'sign_up sign_in profile_updated password_changed session_revoked sign_in_failed sign_out');
  assert.equal(await sql(`select count(*) from audit where user_id = '${ann.user.id}'
    and ip_address <> '127.0.0.1'`), '0');
  assert.equal(await sql(`select user_agent from audit where event = 'sign_out'
    and user_id = '${ann.user.id}'`), 'leaver/1');
});
