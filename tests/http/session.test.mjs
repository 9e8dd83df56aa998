// The session after signing in: cookies and bearers, reading, sliding,
// expiring and signing out, as better-auth's client expects them.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { startLectern } from '../lib/lectern.mjs';
import { exchange } from '../lib/wire.mjs';

const password = 'correct horse 1';
const name = 'better-auth.session_token';
const forget = 'better-auth.dont_remember';
const date = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const day = 86_400_000;
const cleared = [name, 'better-auth.session_data', forget].map((cookie) =>
  `${cookie}=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax`);

let lectern;
let people = 0;

before(async () => { lectern = await startLectern(); });
after(async () => {
  assert.equal(lectern.restarts(), 0, lectern.tail());
  await lectern.stop();
});

const get = (path, headers) => exchange(lectern.url, 'GET', path, { headers });
const getSession = (headers, query = '') =>
  get(`/api/auth/get-session${query}`, headers);
const sql = (text) => lectern.postgres.psql(lectern.database, text);

/** Somebody new: {email, token, user, cookie, signed}. */
async function person({ headers, ...fields } = {}) {
  const email = `session-${++people}@example.com`;
  const reply = await exchange(lectern.url, 'POST', '/api/auth/sign-up/email',
    { headers, json: { name: 'Ann', email, password, ...fields } });

  assert.equal(reply.status, 200, reply.text);
  return { email, ...reply.json, cookie: reply.cookie(name), cookies: reply.cookies,
    forget: reply.cookie(forget), signed: reply.headers['set-auth-token'] };
}

/** Somebody whose session was last refreshed some hours ago. */
async function aged(hours, fields) {
  const ann = await person(fields);

  await sql(`update sessions
    set expires_at = expires_at - interval '${hours} hours',
      updated_at = updated_at - interval '${hours} hours',
      created_at = created_at - interval '${hours} hours'
    where user_id = '${ann.user.id}'`);
  return ann;
}

function isNobody(reply) {
  assert.equal(reply.status, 200, reply.text);
  assert.equal(reply.text, 'null');
  assert.equal(reply.headers['content-type'], 'application/json');
}

const isAbout = (left, right, what) =>
  assert.ok(Math.abs(left - right) < 60_000, `${what}: ${left} and ${right}`);

test('nobody is null, and no cache keeps it', async () => {
  const reply = await getSession();

  isNobody(reply);
  assert.deepEqual(reply.cookies, []);
  assert.equal(reply.headers['cache-control'], 'no-store');
  assert.equal(reply.headers.pragma, 'no-cache');
});

test('a session and its user come back in full', async () => {
  const ann = await person({ headers: { 'user-agent': 'probe/1.0 (ä)' } });
  const reply = await getSession({ cookie: ann.cookie });
  const { session, user } = reply.json;

  assert.equal(reply.status, 200);
  assert.deepEqual(Object.keys(reply.json).sort(), ['session', 'user']);
  assert.deepEqual(user, ann.user);
  assert.deepEqual(Object.keys(session).sort(), ['createdAt', 'expiresAt', 'id',
    'ipAddress', 'token', 'updatedAt', 'userAgent', 'userId']);
  assert.equal(session.token, ann.token);
  assert.equal(session.userId, ann.user.id);
  assert.equal(session.ipAddress, '127.0.0.1');
  assert.match(session.id, /^[A-Za-z0-9]{32}$/);
  for (const key of ['createdAt', 'updatedAt', 'expiresAt']) {
    assert.match(session[key], date);
  }
  isAbout(Date.parse(session.expiresAt), Date.now() + 7 * day, 'expiresAt');
  assert.deepEqual(reply.cookies, []);
  assert.equal(reply.headers['cache-control'], 'no-store');
});

test('a user agent of any bytes and length does not spoil the sign-in', async () => {
  const agents = ['x'.repeat(1000), 'ä'.repeat(254), `x${'ä'.repeat(254)}`,
    `xy${'€'.repeat(200)}`].map((text) => Buffer.from(text).toString('latin1'));

  for (const agent of [...agents, 'caf\xe9 \xff\xfe', '"quoted" \\ <b>', '']) {
    const ann = await person({ headers: { 'user-agent': agent } });
    const { session } = (await getSession({ cookie: ann.cookie })).json;
    assert.equal(typeof session.userAgent, 'string');
    assert.ok(session.userAgent.length <= 255);
  }
});

test('the bearer may be signed, percent-encoded or bare, its scheme in any case', async () => {
  const ann = await person();

  for (const bearer of [`Bearer ${ann.signed}`, `bearer ${ann.signed}`,
    `BEARER ${encodeURIComponent(ann.signed)}`, `Bearer ${ann.token}`]) {
    const { json } = await getSession({ authorization: bearer });
    assert.equal(json?.session.token, ann.token, bearer);
  }
});

test('a valid bearer wins over a cookie, an ill-signed one is ignored', async () => {
  const ann = await person();
  const bob = await person();
  const who = async (bearer) => (await getSession({ cookie: bob.cookie,
    authorization: `Bearer ${bearer}` })).json.user.email;

  assert.equal(await who(ann.signed), ann.email);
  assert.equal(await who(ann.token), ann.email);
  assert.equal(await who(`${ann.token}.${bob.signed.slice(33)}`), bob.email);
  assert.equal(await who('rubbish'), bob.email);
  assert.equal(await who('a.b.c'), bob.email);
  isNobody(await getSession({ authorization: `Bearer ${ann.token}.AAAA` }));
  isNobody(await getSession({ authorization: `Basic ${ann.token}` }));
});

test('a cookie that is not ours is null without Set-Cookie', async () => {
  const ann = await person();
  const bob = await person();
  const flipped = ann.signed.slice(0, -2) +
    (ann.signed.at(-2) === 'A' ? 'B' : 'A') + '=';
  const values = [flipped, `${bob.token}.${ann.signed.slice(33)}`, ann.token,
    `${ann.token}.`, `.${ann.signed.slice(33)}`, ann.signed.slice(0, -1),
    `${ann.signed}=`, `${ann.signed}x`, 'rubbish', '', '%', '%zz', '%00',
    'x'.repeat(5000), '.'.repeat(300), `${ann.token.toLowerCase()}x.${'A'.repeat(43)}=`];

  for (const value of values) {
    const reply = await getSession({ cookie: `${name}=${value}` });
    isNobody(reply);
    assert.deepEqual(reply.cookies, [], value);
    const refused = await get('/api/documents', { cookie: `${name}=${value}` });
    assert.equal(refused.status, 401, value);
    assert.deepEqual(refused.cookies, []);
    assert.equal(refused.json.code, 'UNAUTHORIZED');
  }
});

test('of two cookies of one name the first counts', async () => {
  const ann = await person();
  const bob = await person();

  assert.equal((await getSession({ cookie: `${ann.cookie}; ${bob.cookie}` }))
    .json.user.email, ann.email);
  isNobody(await getSession({ cookie: `${name}=rubbish; ${bob.cookie}` }));
  assert.equal((await getSession({ cookie:
    `x${name}=rubbish; a="b; c"; ${Array.from({ length: 60 }, (_, n) => `n${n}=v=w`)
      .join('; ')}; ${bob.cookie}; z=1` })).json.user.email, bob.email);
});

test('quotes and the decoded form of the cookie are accepted', async () => {
  const ann = await person();
  const value = ann.cookie.slice(name.length + 1);

  for (const cookie of [`${name}="${value}"`, `${name}=${ann.signed}`,
    `${name}="${ann.signed}"`, `a=b;${name}=${value}`]) {
    assert.equal((await getSession({ cookie })).json?.user.email, ann.email, cookie);
  }
});

test('a well-signed cookie of a dead session is cleared', async () => {
  const ann = await person();

  await sql(`delete from sessions where user_id = '${ann.user.id}'`);
  const reply = await getSession({ cookie: ann.cookie });
  isNobody(reply);
  assert.deepEqual(reply.cookies, cleared);
  const refused = await get('/api/documents', { cookie: ann.cookie });
  assert.equal(refused.status, 401);
  assert.deepEqual([refused.json.code, refused.json.message],
    ['UNAUTHORIZED', 'Unauthorized']);
  assert.deepEqual(refused.cookies, cleared);
});

test('an expired session is null and cleared', async () => {
  const ann = await person();

  await sql(`update sessions set expires_at = now() - interval '1 second'
    where user_id = '${ann.user.id}'`);
  const reply = await getSession({ cookie: ann.cookie });
  isNobody(reply);
  assert.deepEqual(reply.cookies, cleared);
  isNobody(await getSession({ authorization: `Bearer ${ann.token}` }));
});

test('a session slides a day after its last refresh, not before', async () => {
  const early = await aged(23);
  const before = (await getSession({ cookie: early.cookie })).json.session;
  isAbout(Date.parse(before.expiresAt), Date.now() + 6 * day + day / 24, 'expiresAt');

  const ann = await aged(25);
  const reply = await getSession({ cookie: ann.cookie });
  const { session } = reply.json;
  isAbout(Date.parse(session.expiresAt), Date.now() + 7 * day, 'expiresAt');
  isAbout(Date.parse(session.updatedAt), Date.now(), 'updatedAt');
  isAbout(Date.parse(session.createdAt), Date.now() - 25 * day / 24, 'createdAt');
  assert.equal(session.token, ann.token);
  assert.deepEqual(reply.cookies,
    [`${ann.cookie}; Max-Age=604800; Path=/; HttpOnly; SameSite=Lax`]);
  assert.equal(reply.headers['set-auth-token'], ann.signed);
  assert.deepEqual((await getSession({ cookie: ann.cookie })).json.session, session);
  assert.deepEqual((await getSession({ cookie: ann.cookie })).cookies, []);
});

test('disableRefresh reads without sliding', async () => {
  const ann = await aged(30);

  for (const query of ['?disableRefresh=true', '?disableCookieCache=true&disableRefresh=false']) {
    const reply = await getSession({ cookie: ann.cookie }, query);
    isAbout(Date.parse(reply.json.session.expiresAt), Date.now() + 7 * day - 30 * day / 24,
      'expiresAt');
    assert.deepEqual(reply.cookies, []);
  }
  const slid = await getSession({ cookie: ann.cookie }, '?disableCookieCache=true');
  isAbout(Date.parse(slid.json.session.expiresAt), Date.now() + 7 * day, 'expiresAt');
});

test('every route that reads the session slides it', async () => {
  for (const path of ['/api/documents', '/chat', '/api/conversations']) {
    const ann = await aged(25);
    const reply = await get(path, { cookie: ann.cookie });

    assert.equal(reply.status, 200, path);
    assert.deepEqual(reply.cookies,
      [`${ann.cookie}; Max-Age=604800; Path=/; HttpOnly; SameSite=Lax`]);
    const { session } = (await getSession({ cookie: ann.cookie })).json;
    isAbout(Date.parse(session.expiresAt), Date.now() + 7 * day, 'expiresAt');
  }
});

test('rememberMe:false is a browser-session cookie and one day that never slides', async () => {
  const ann = await person({ rememberMe: false });

  assert.equal(ann.cookies.length, 2);
  assert.match(ann.cookies[0], /^better-auth\.session_token=[A-Za-z0-9]{32}\.[^;]+; Path=\/; HttpOnly; SameSite=Lax$/);
  assert.match(ann.cookies[1], /^better-auth\.dont_remember=true\.[A-Za-z0-9%]+%3D; Path=\/; HttpOnly; SameSite=Lax$/);
  const cookie = `${ann.cookie}; ${ann.forget}`;
  isAbout(Date.parse((await getSession({ cookie })).json.session.expiresAt),
    Date.now() + day, 'expiresAt');

  await sql(`update sessions set expires_at = now() + interval '1 hour'
    where user_id = '${ann.user.id}'`);
  for (const headers of [{ cookie }, { authorization: `Bearer ${ann.token}` }]) {
    const reply = await getSession(headers);
    isAbout(Date.parse(reply.json.session.expiresAt), Date.now() + day / 24, 'expiresAt');
    assert.deepEqual(reply.cookies, []);
  }
});

test('a remembered session does not slide while dont_remember is present', async () => {
  const ann = await aged(25);
  const bob = await person({ rememberMe: false });

  assert.deepEqual((await getSession({ cookie: `${ann.cookie}; ${bob.forget}` }))
    .cookies, []);
  assert.equal((await getSession({ cookie: `${ann.cookie}; ${forget}=true.forged` }))
    .cookies.length, 1);
});

test('signing in to be remembered clears dont_remember', async () => {
  const ann = await person({ rememberMe: false });
  const reply = await exchange(lectern.url, 'POST', '/api/auth/sign-in/email', {
    headers: { cookie: `${ann.cookie}; ${ann.forget}`, origin: lectern.url },
    json: { email: ann.email, password } });

  assert.equal(reply.status, 200);
  assert.match(reply.cookies[0], /; Max-Age=604800; /);
  assert.equal(reply.cookies[1],
    `${forget}=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax`);
  assert.equal(reply.cookies.length, 2);
});

test('signing out deletes the row and kills every copy of the cookie', async () => {
  const ann = await person();
  const other = await exchange(lectern.url, 'POST', '/api/auth/sign-in/email',
    { json: { email: ann.email, password } });
  const reply = await exchange(lectern.url, 'POST', '/api/auth/sign-out',
    { headers: { cookie: ann.cookie, origin: lectern.url }, json: {} });

  assert.equal(reply.status, 200);
  assert.equal(reply.json.success, true);
  assert.deepEqual(reply.cookies, cleared);
  assert.equal(await sql(`select count(*) from sessions
    where user_id = '${ann.user.id}'`), '1');
  isNobody(await getSession({ cookie: ann.cookie }));
  isNobody(await getSession({ authorization: `Bearer ${ann.token}` }));
  assert.equal((await getSession({ authorization: `Bearer ${other.json.token}` }))
    .json.user.email, ann.email);
});

test('signing out needs no session, no body and no cookie', async () => {
  const ann = await person();
  const nobody = await exchange(lectern.url, 'POST', '/api/auth/sign-out');

  assert.equal(nobody.status, 200);
  assert.equal(nobody.json.success, true);
  assert.deepEqual(nobody.cookies, cleared);
  const bearer = await exchange(lectern.url, 'POST', '/api/auth/sign-out',
    { headers: { authorization: `Bearer ${ann.signed}` } });
  assert.equal(bearer.status, 200);
  isNobody(await getSession({ authorization: `Bearer ${ann.signed}` }));
});

test('get-session by POST says that it is a GET', async () => {
  for (const options of [{}, { json: {} }]) {
    const reply = await exchange(lectern.url, 'POST', '/api/auth/get-session', options);

    assert.equal(reply.status, 405);
    assert.deepEqual(reply.json, {
      message: 'POST method requires deferSessionRefresh to be enabled in session config',
      code: 'METHOD_NOT_ALLOWED_DEFER_SESSION_REQUIRED' });
  }
});

test('a former SECRET_KEY still reads, a foreign one does not', async () => {
  const ann = await person({ rememberMe: false });
  const next = { SECRET_KEY: 'another-key-0123456789-0123456789-abc' };
  const shared = { postgres: lectern.postgres, database: lectern.database };
  const ask = async (env) => {
    const server = await startLectern({ env, ...shared });
    try {
      return await exchange(server.url, 'GET', '/api/auth/get-session',
        { headers: { cookie: ann.cookie } });
    } finally {
      await server.stop();
    }
  };

  const kept = await ask({ ...next, SECRET_KEY_OLD: lectern.env.SECRET_KEY });
  assert.equal(kept.json?.session.token, ann.token);
  const lost = await ask(next);
  isNobody(lost);
  assert.deepEqual(lost.cookies, []);
});

test('SESSION_SECONDS and SESSION_REFRESH_SECONDS set life and slide', async () => {
  const server = await startLectern({ postgres: lectern.postgres,
    database: lectern.database,
    env: { SESSION_SECONDS: '3600', SESSION_REFRESH_SECONDS: '600' } });

  try {
    const made = await exchange(server.url, 'POST', '/api/auth/sign-up/email',
      { json: { name: 'A', email: 'seconds@example.com', password } });
    const cookie = made.cookie(name);
    assert.match(made.cookies[0], /; Max-Age=3600; /);
    await sql(`update sessions set expires_at = now() + interval '45 minutes'
      where user_id = '${made.json.user.id}'`);
    const { session } = (await exchange(server.url, 'GET', '/api/auth/get-session',
      { headers: { cookie } })).json;
    isAbout(Date.parse(session.expiresAt), Date.now() + 3_600_000, 'expiresAt');
  } finally {
    await server.stop();
  }
});

test('the client’s address is counted from the right of X-Forwarded-For', async () => {
  const ask = async (url, list) => {
    const made = await exchange(url, 'POST', '/api/auth/sign-up/email', {
      headers: { 'x-forwarded-for': list },
      json: { name: 'A', email: `hops-${++people}@example.com`, password } });
    const { session } = (await exchange(url, 'GET', '/api/auth/get-session',
      { headers: { cookie: made.cookie(name) } })).json;
    return session.ipAddress;
  };

  assert.equal(await ask(lectern.url, '203.0.113.9'), '127.0.0.1');
  const proxied = await startLectern({ postgres: lectern.postgres,
    database: lectern.database, env: { TRUSTED_HOPS: '1' } });
  try {
    assert.equal(await ask(proxied.url, '6.6.6.6, 203.0.113.9'), '203.0.113.9');
    assert.match(await ask(proxied.url, '6.6.6.6, 2001:db8::1'), /^2001:0?db8:/);
    assert.equal(await ask(proxied.url, '6.6.6.6, nonsense'), '127.0.0.1');
  } finally {
    await proxied.stop();
  }
});
