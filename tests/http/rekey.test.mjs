// A new SECRET_KEY, with the former one in SECRET_KEY_OLD: nobody is signed
// out, and after a while the former one is not needed any more.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Client, signedUp } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';

const name = 'better-auth.session_token';
const former = 'the-former-key-0123456789-0123456789';
const present = 'the-present-key-0123456789-0123456789';

let lectern, here, away, bearer;

async function restart(env) {
  await lectern.stop();
  Object.assign(lectern.env, env);
  await lectern.start();
}

const session = async (client) =>
  (await client.get('/api/auth/get-session')).json;
const tokens = async (client) =>
  (await client.get('/api/auth/list-sessions')).json.map(({ token }) => token);

before(async () => {
  lectern = await startLectern({ env: { SECRET_KEY: former } });
  here = await signedUp(lectern.url);
  away = new Client(lectern.url);
  const reply = await away.post('/api/auth/sign-in/email',
    { email: here.email, password: here.password });
  bearer = new Client(lectern.url,
    { headers: { authorization: `Bearer ${reply.headers.get('set-auth-token')}` } });
  await restart({ SECRET_KEY: present, SECRET_KEY_OLD: former });
});
after(async () => {
  assert.equal(lectern.restarts(), 0, lectern.tail());
  await lectern.stop();
});

test('a session of the former key goes on, its cookie signed anew', async () => {
  const before = here.cookies.get(name);
  const { session: its, user } = await session(here);
  const cookie = here.cookies.get(name);

  assert.equal(user.email, here.email);
  assert.notEqual(cookie, before);
  assert.equal(cookie.split('.')[0], its.token);
  await session(here);
  assert.equal(here.cookies.get(name), cookie, 'signed anew once');
});

test('so does a bearer of it, who is told the new form', async () => {
  const reply = await bearer.get('/api/auth/get-session');
  const told = reply.headers.get('set-auth-token');

  assert.equal(reply.json.user.email, here.email);
  assert.match(told, /^\w{32}\./);
  assert.notEqual(`Bearer ${told}`, bearer.headers.authorization);
});

test('the cookie of a session that is not remembered stays so', async () => {
  await restart({ SECRET_KEY: former, SECRET_KEY_OLD: '' });
  const guest = new Client(lectern.url);
  await guest.post('/api/auth/sign-in/email', { email: here.email,
    password: here.password, rememberMe: false });
  await restart({ SECRET_KEY: present, SECRET_KEY_OLD: former });

  const reply = await guest.get('/api/auth/get-session');
  const lines = reply.headers.getSetCookie();
  assert.equal(lines.length, 2, lines.join('\n'));
  for (const line of lines) assert.doesNotMatch(line, /max-age/i);
});

test('the list shows the asking session by its token, and what it shows of '
  + 'others revokes them', async () => {
  const own = (await session(here)).session.token;
  const list = await tokens(here);

  assert.equal(list.length, 3);
  assert.ok(list.includes(own));
  for (const token of list.filter((one) => one !== own)) {
    const reply = await here.post('/api/auth/revoke-session', { token });
    assert.deepEqual(reply.json, { status: true });
  }
  assert.deepEqual(await tokens(here), [own]);
  assert.equal(await session(away), null);
  assert.equal((await session(here)).user.email, here.email);
});

test('without the former key a cookie signed anew still works, others do not',
  async () => {
    const stranger = new Client(lectern.url);
    await restart({ SECRET_KEY: former, SECRET_KEY_OLD: '' });
    await stranger.post('/api/auth/sign-in/email',
      { email: here.email, password: here.password });
    assert.notEqual(await session(stranger), null);
    await restart({ SECRET_KEY: present, SECRET_KEY_OLD: '' });

    assert.equal((await session(here)).user.email, here.email);
    assert.equal(await session(stranger), null);
  });
