// Whom a browser speaks for: the Origin check on everything that changes
// something, CORS for trusted front ends on every reply, and the cookies that
// a cross-site or https deployment needs.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { startLectern } from '../lib/lectern.mjs';
import { freePort } from '../lib/process.mjs';
import { exchange, rawExchange } from '../lib/wire.mjs';

const password = 'correct horse 1';
const app = 'https://app.example.org';
const evil = 'https://evil.example';
const name = 'better-auth.session_token';

let lectern;
let people = 0;

before(async () => {
  lectern = await startLectern(
    { env: { FRONTEND_URL: `${app},http://localhost:3000` } });
});
after(async () => {
  assert.equal(lectern.restarts(), 0, lectern.tail());
  await lectern.stop();
});

const send = (method, path, headers, options) =>
  exchange(lectern.url, method, path, { headers, ...options });

async function person(url = lectern.url) {
  const email = `origin-${++people}@example.com`;
  const reply = await exchange(url, 'POST', '/api/auth/sign-up/email',
    { json: { name: 'Ann', email, password } });

  assert.equal(reply.status, 200, reply.text);
  return { email, ...reply.json, cookie: reply.cookie(name),
    cookies: reply.cookies, headers: reply.headers };
}

const codes = {
  INVALID_ORIGIN: 'Invalid origin',
  MISSING_OR_NULL_ORIGIN: 'Missing or null Origin',
  CROSS_SITE_NAVIGATION_LOGIN_BLOCKED: 'Cross-site navigation login blocked. ' +
    'This request appears to be a CSRF attack.',
};

function isRefused(reply, code, what) {
  assert.equal(reply.status, 403, `${what}: ${reply.text}`);
  assert.deepEqual([reply.json.code, reply.json.message], [code, codes[code]]);
}

test('with a cookie of any name a trusted Origin passes', async () => {
  for (const origin of [lectern.url, app, 'http://localhost:3000', `${app}/`,
    'HTTPS://App.Example.ORG', `${app}:443`]) {
    const reply = await send('POST', '/api/auth/sign-out', { cookie: 'a=b', origin });
    assert.equal(reply.status, 200, origin);
  }
});

test('with a cookie a foreign Origin is refused', async () => {
  const { port } = new URL(lectern.url);

  for (const origin of [evil, 'http://app.example.org', `${app}:8443`,
    'https://sub.app.example.org', 'https://example.org', `${app}.evil.example`,
    `${app}@evil.example`, 'app.example.org', '*', 'http://localhost:3001',
    `https://127.0.0.1:${port}`, `http://127.0.0.1:${Number(port) + 1}`,
    'http://127.0.0.1', 'file://', 'javascript:alert(1)']) {
    isRefused(await send('POST', '/api/auth/sign-out', { cookie: 'a=b', origin }),
      'INVALID_ORIGIN', origin);
  }
});

test('without an Origin the Referer speaks', async () => {
  const cookie = 'a=b';
  const ask = (headers) => send('POST', '/api/auth/sign-out', { cookie, ...headers });

  assert.equal((await ask({ referer: `${app}/some/page?x=y` })).status, 200);
  assert.equal((await ask({ referer: `${lectern.url}/chat` })).status, 200);
  isRefused(await ask({ referer: `${evil}/${app}` }), 'INVALID_ORIGIN', 'referer');
  isRefused(await ask({ origin: evil, referer: app }), 'INVALID_ORIGIN', 'both');
  isRefused(await ask({}), 'MISSING_OR_NULL_ORIGIN', 'neither');
});

test('a null Origin is refused unless the browser vouches for the same origin', async () => {
  const ask = (headers) => send('POST', '/api/auth/sign-out',
    { cookie: 'a=b', origin: 'null', ...headers });

  isRefused(await ask({}), 'MISSING_OR_NULL_ORIGIN', 'null');
  isRefused(await ask({ 'sec-fetch-site': 'cross-site' }),
    'MISSING_OR_NULL_ORIGIN', 'cross-site');
  assert.equal((await ask({ 'sec-fetch-site': 'same-origin' })).status, 200);
});

test('without a cookie ordinary routes take any Origin', async () => {
  const ann = await person();

  assert.equal((await send('POST', '/api/auth/sign-out', { origin: evil })).status, 200);
  const reply = await send('POST', '/api/auth/sign-out',
    { origin: evil, authorization: `Bearer ${ann.token}` });
  assert.equal(reply.status, 200);
});

test('signing in and up without a cookie is checked as soon as a browser speaks', async () => {
  const { email } = await person();
  const signIn = (headers) => send('POST', '/api/auth/sign-in/email', headers,
    { json: { email, password } });
  const navigation = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };

  assert.equal((await signIn({})).status, 200);
  assert.equal((await signIn({ origin: app, 'sec-fetch-mode': 'cors' })).status, 200);
  assert.equal((await signIn({ referer: `${app}/x` })).status, 200);
  isRefused(await signIn({ origin: evil }), 'INVALID_ORIGIN', 'origin');
  isRefused(await signIn({ referer: `${evil}/x` }), 'INVALID_ORIGIN', 'referer');
  isRefused(await signIn({ 'sec-fetch-mode': 'cors' }), 'MISSING_OR_NULL_ORIGIN',
    'sec-fetch-mode alone');
  isRefused(await signIn({ 'sec-fetch-site': 'none' }), 'MISSING_OR_NULL_ORIGIN',
    'sec-fetch-site alone');
  isRefused(await signIn({ 'sec-fetch-dest': 'empty' }), 'MISSING_OR_NULL_ORIGIN',
    'sec-fetch-dest alone');
  isRefused(await signIn({ origin: 'null' }), 'MISSING_OR_NULL_ORIGIN', 'null');
  isRefused(await signIn({ ...navigation, origin: app }),
    'CROSS_SITE_NAVIGATION_LOGIN_BLOCKED', 'navigation');

  const fresh = 'origin-never@example.com';
  isRefused(await send('POST', '/api/auth/sign-up/email', { origin: evil },
    { json: { name: 'A', email: fresh, password } }), 'INVALID_ORIGIN', 'sign-up');
  isRefused(await send('POST', '/api/auth/sign-in', { origin: evil },
    { form: { username: email, password } }), 'INVALID_ORIGIN', 'the quickstart');
  isRefused(await send('POST', '/api/auth/sign-in', navigation,
    { form: { username: email, password } }),
  'CROSS_SITE_NAVIGATION_LOGIN_BLOCKED', 'a foreign form');
  assert.equal(await lectern.postgres.psql(lectern.database,
    `select count(*) from users where email = '${fresh}'`), '0');
});

test('reading is never checked', async () => {
  const ann = await person();

  for (const origin of [evil, 'null']) {
    for (const path of ['/api/auth/get-session', '/api/documents', '/health', '/']) {
      const reply = await send('GET', path, { cookie: ann.cookie, origin });
      assert.ok(reply.status === 200 || reply.status === 302, `${path} ${reply.status}`);
    }
  }
});

test('documents, searches and chats by cookie need a trusted Origin too', async () => {
  const ann = await person();
  const bodies = { '/api/documents': { title: 'T', text: 'A lamp.' },
    '/api/search': { query: 'lamp' }, '/api/chat': { message: 'lamp?' } };
  const own = async () => (await send('GET', '/api/documents',
    { authorization: `Bearer ${ann.token}` })).json.documents;

  for (const [path, json] of Object.entries(bodies)) {
    const ask = (headers) => send('POST', path, headers, { json });
    for (const [headers, code] of [[{ origin: evil }, 'INVALID_ORIGIN'],
      [{}, 'MISSING_OR_NULL_ORIGIN'], [{ origin: 'null' }, 'MISSING_OR_NULL_ORIGIN'],
      [{ referer: `${evil}/` }, 'INVALID_ORIGIN']]) {
      const reply = await ask({ cookie: ann.cookie, ...headers });
      isRefused(reply, code, path);
      assert.equal(reply.json.requestId, reply.headers['x-request-id']);
    }
    for (const method of ['DELETE', 'PATCH']) {
      isRefused(await send(method, '/api/conversations/unknown',
        { cookie: ann.cookie, origin: evil },
        method === 'PATCH' ? { json: {} } : {}), 'INVALID_ORIGIN', method);
    }
  }
  assert.deepEqual(await own(), []);
  for (const headers of [{ cookie: ann.cookie, origin: app },
    { authorization: `Bearer ${ann.token}`, origin: evil },
    { authorization: `Bearer ${ann.token}` }]) {
    const reply = await send('POST', '/api/search', headers,
      { json: bodies['/api/search'] });
    assert.equal(reply.status, 200, reply.text);
  }
});

/** A reply of every kind, asked for with these headers. */
async function everyKind(headers) {
  const big = (path) => rawExchange(lectern.url, `POST ${path} HTTP/1.1\r\n` +
    'Host: localhost\r\nContent-Type: application/json\r\n' +
    'Content-Length: 99999999\r\n' +
    Object.entries(headers).map((pair) => `${pair.join(': ')}\r\n`).join('') + '\r\n');

  return [
    [200, await send('GET', '/health', headers)],
    [200, await send('HEAD', '/health', headers)],
    [200, await send('GET', '/', headers)],
    [200, await send('GET', '/api/auth/get-session', headers)],
    [302, await send('GET', '/chat', headers)],
    [400, await send('POST', '/api/auth/sign-in/email', headers, { json: {} })],
    [401, await send('GET', '/api/documents', headers)],
    [401, await send('POST', '/api/chat', headers, { json: {} })],
    [404, await send('GET', '/api/nothing', headers)],
    [404, await send('GET', '/nothing', headers)],
    [405, await send('DELETE', '/api/auth/sign-in/email', headers)],
    [405, await send('POST', '/health', headers)],
    [413, await big('/api/auth/sign-in/email')],
    [413, await big('/api/documents')],
    [415, await send('POST', '/api/auth/sign-in/email', headers, { body: 'x' })],
    [431, await send('GET', '/health', { ...headers, 'x-large': 'x'.repeat(40000) })],
  ];
}

test('every reply to a trusted origin carries CORS with credentials', async () => {
  for (const origin of [app, 'http://localhost:3000']) {
    for (const [status, reply] of await everyKind({ origin })) {
      assert.equal(reply.status, status, reply.text);
      if (status === 431) continue;	// its Origin was never read
      assert.equal(reply.headers['access-control-allow-origin'], origin, status);
      assert.equal(reply.headers['access-control-allow-credentials'], 'true');
      assert.match(reply.headers.vary, /\borigin\b/i);
      assert.match(reply.headers['access-control-expose-headers'], /set-auth-token/);
    }
  }
});

test('a foreign origin and none at all get no CORS', async () => {
  for (const headers of [{ origin: evil }, { origin: 'null' }, {}]) {
    for (const [, reply] of await everyKind(headers)) {
      assert.equal(reply.headers['access-control-allow-origin'], undefined);
      assert.equal(reply.headers['access-control-allow-credentials'], undefined);
    }
  }
  assert.match((await send('GET', '/health', {})).headers.vary, /\borigin\b/i);
});

test('a refusal by Origin can be read by a trusted front end', async () => {
  const reply = await send('POST', '/api/auth/sign-in/email',
    { origin: app, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' },
    { json: { email: 'a@x.com', password } });

  isRefused(reply, 'CROSS_SITE_NAVIGATION_LOGIN_BLOCKED', 'navigation');
  assert.equal(reply.headers['access-control-allow-origin'], app);
});

test('preflights are answered on every route, without a session', async () => {
  const paths = { '/api/auth/sign-in/email': 'POST', '/api/documents': 'POST',
    '/api/documents/some-id': 'DELETE', '/api/conversations/some-id': 'PATCH',
    '/api/chat': 'POST', '/api/auth/get-session': 'GET' };

  for (const [path, method] of Object.entries(paths)) {
    const ask = (origin) => send('OPTIONS', path, { origin,
      'access-control-request-method': method,
      'access-control-request-headers': 'content-type,authorization' });
    const reply = await ask(app);
    assert.ok(reply.status === 204 || reply.status === 200, path);
    assert.equal(reply.text, '');
    assert.equal(reply.headers['access-control-allow-origin'], app);
    assert.equal(reply.headers['access-control-allow-credentials'], 'true');
    assert.match(reply.headers['access-control-allow-methods'], new RegExp(`\\b${method}\\b`));
    assert.match(reply.headers['access-control-allow-headers'], /content-type/i);
    assert.match(reply.headers['access-control-allow-headers'], /authorization/i);
    assert.match(reply.headers.vary, /\borigin\b/i);
    assert.equal((await ask(evil)).headers['access-control-allow-origin'], undefined);
  }
});

test('over https cookies are __Secure- and Secure, and HSTS is said', async () => {
  const server = await startLectern({ env: { PUBLIC_URL: 'https://lectern.example.org' } });

  try {
    const ann = await person(server.url);
    const line = /^__Secure-better-auth\.session_token=[A-Za-z0-9]{32}\.[^;]+; Max-Age=604800; Path=\/; HttpOnly; Secure; SameSite=Lax$/;
    assert.equal(ann.cookies.length, 1);
    assert.match(ann.cookies[0], line);
    assert.match(ann.headers['strict-transport-security'], /^max-age=\d{7,}/);
    const pair = ann.cookies[0].split(';')[0];
    const ask = (cookie) => exchange(server.url, 'GET', '/api/auth/get-session',
      { headers: { cookie } });
    assert.equal((await ask(pair)).json.user.email, ann.email);
    assert.equal((await ask(pair.replace('__Secure-', ''))).text, 'null');
    const out = await exchange(server.url, 'POST', '/api/auth/sign-out',
      { headers: { cookie: pair, origin: 'https://lectern.example.org' } });
    assert.deepEqual(out.cookies, ['session_token', 'session_data', 'dont_remember']
      .map((what) => `__Secure-better-auth.${what}=; Max-Age=0; Path=/; ` +
        'HttpOnly; Secure; SameSite=Lax'));
  } finally {
    await server.stop();
  }
});

test('COOKIE_SAMESITE=none makes cookies for other sites, and clears the same', async () => {
  for (const env of [{ COOKIE_SAMESITE: 'none' },
    { SPACE_HOST: 'me-lectern.hf.space', PUBLIC_URL: undefined }]) {
    const server = await startLectern({ env });
    try {
      const ann = await person(server.url);
      const attributes = 'Path=/; HttpOnly; Secure; SameSite=None; Partitioned';
      assert.match(ann.cookies[0], new RegExp('^__Secure-better-auth\\.session_token=' +
        `[A-Za-z0-9]{32}\\.[^;]+; Max-Age=604800; ${attributes}$`));
      const forgetful = await exchange(server.url, 'POST', '/api/auth/sign-in/email',
        { json: { email: ann.email, password, rememberMe: false } });
      assert.match(forgetful.cookies[0], new RegExp(`^__Secure-[^;]+; ${attributes}$`));
      assert.match(forgetful.cookies[1], new RegExp(
        `^__Secure-better-auth\\.dont_remember=true\\.[^;]+; ${attributes}$`));
      const out = await exchange(server.url, 'POST', '/api/auth/sign-out');
      assert.deepEqual(out.cookies, ['session_token', 'session_data', 'dont_remember']
        .map((what) => `__Secure-better-auth.${what}=; Max-Age=0; ${attributes}`));
      if (env.SPACE_HOST) {
        const own = await exchange(server.url, 'POST', '/api/auth/sign-out',
          { headers: { cookie: 'a=b', origin: `https://${env.SPACE_HOST}` } });
        assert.equal(own.status, 200);
      }
    } finally {
      await server.stop();
    }
  }
});

test('a Space that is tried out on this machine is reached without TLS', async () => {
  const port = String(await freePort());
  const server = await startLectern(
    { env: { PORT: port, SPACE_HOST: `127.0.0.1:${port}`, PUBLIC_URL: undefined } });

  try {
    const ann = await person(server.url);
    assert.match(ann.cookies[0], /SameSite=None/);
    const own = await exchange(server.url, 'POST', '/api/auth/sign-out',
      { headers: { cookie: 'a=b', origin: server.url } });
    assert.equal(own.status, 200);
    const other = await exchange(server.url, 'POST', '/api/auth/sign-out',
      { headers: { cookie: 'a=b', origin: 'http://127.0.0.1.example.com' } });
    assert.equal(other.status, 403);
  } finally {
    await server.stop();
  }
});
