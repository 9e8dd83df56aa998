// Requests that another site makes a browser send, and hosts and targets that
// an attacker names: every operation of /openapi.json that changes something
// refuses them, no letter or redirect ever names a foreign host, and no
// parameter leads a browser away. origin.test.mjs has the rules themselves.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { signedUp } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { Letters } from '../lib/letters.mjs';
import { addressOf, goodBody, idsOf, operations, rowsOf, worldOf }
  from '../lib/operations.mjs';
import { exchange, rawExchange } from '../lib/wire.mjs';

const app = 'https://app.example.org';
const evil = 'https://evil.example';
const letters = new Letters();

let lectern, anna, world, cookie, rowsBefore;

before(async () => {
  lectern = await startLectern({ env: { FRONTEND_URL: app, MAIL_URL: letters.url } });
  anna = await signedUp(lectern.url);
  world = await worldOf(anna);
  // So that the Origin alone stands in the way of /api/admin.
  await lectern.run('user', 'admin', anna.email);
  cookie = [...anna.cookies].map((pair) => pair.join('=')).join('; ');
  rowsBefore = await rowsOf(lectern, anna.user.id);
});
after(async () => {
  assert.equal(lectern.restarts(), 0, lectern.tail());
  await lectern.stop();
});

// What a page of another site can make a browser say; all with the cookie.
const crossSite = {
  'a foreign Origin': { origin: evil },
  'a null Origin': { origin: 'null' },
  'a null Origin, cross-site': { origin: 'null', 'sec-fetch-site': 'cross-site' },
  'no Origin, cross-site': { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' },
  'no Origin, same-site': { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors' },
  'no Origin at all': {},
  'a foreign Referer': { referer: `${evil}/?${app}` },
  'a foreign Referer that begins like ours': { referer: `${app}.evil.example/` },
  'a foreign Origin and a Referer of ours': { origin: evil, referer: `${app}/` },
  'a foreign Origin, said to be same-origin': { origin: evil, 'sec-fetch-site': 'same-origin' },
  'JSON as text/plain': { origin: evil, 'content-type': 'text/plain' },
  'JSON as a form': { origin: evil, 'content-type': 'application/x-www-form-urlencoded' },
  'JSON as a form with files': { origin: evil, 'content-type': 'multipart/form-data; boundary=x' },
  'a preflight that was never asked': { origin: evil, 'access-control-request-method': 'POST' },
};
// Means to make one method out of another.
const overrides = { 'x-http-method-override': 'DELETE', 'x-http-method': 'DELETE',
  'x-method-override': 'DELETE' };

describe('another site cannot have a browser', () => {
  for (const operation of operations().filter(({ method }) => method !== 'GET')) {
    test(operation.name, async () => {
      const address = addressOf(operation, idsOf(operation, world));
      const json = goodBody(operation, { password: anna.password });

      for (const [what, headers] of Object.entries(crossSite)) {
        const reply = await exchange(lectern.url, operation.method, address,
          { headers: { cookie, ...headers }, ...(operation.takesJson ? { json } : {}) });
        // better-auth looks at the media type before the Origin.
        assert.ok(reply.status === 403 || (reply.status === 415 && 'content-type' in headers &&
          operation.route.startsWith('/api/auth/')), `${what}: ${reply.status} ${reply.text}`);
        assert.equal(reply.headers['access-control-allow-origin'], undefined, what);
        assert.deepEqual(reply.cookies, [], what);
      }
      // As a link or a picture, which a browser asks for without an Origin.
      for (const method of ['GET', 'HEAD']) {
        for (const query of ['', `?_method=${operation.method}`, `?method=${operation.method}`]) {
          const reply = await exchange(lectern.url, method, address + query, { headers: { cookie,
            ...Object.fromEntries(Object.keys(overrides).map((name) => [name, operation.method])) } });
          assert.ok(reply.status < 500, reply.text);
        }
      }
      assert.equal(await rowsOf(lectern, anna.user.id), rowsBefore, operation.name);
    });
  }

  test('turn one method into another, even where its Origin is trusted', async () => {
    for (const [header, value] of Object.entries(overrides)) {
      const reply = await exchange(lectern.url, 'POST', `/api/documents/${world.documentId}?_method=DELETE`,
        { headers: { cookie, origin: lectern.url, [header]: value }, form: { _method: 'DELETE' } });
      assert.equal(reply.status, 405, reply.text);
    }
    assert.equal(await rowsOf(lectern, anna.user.id), rowsBefore);
  });
});

// ---- hosts

const evilHosts = [{ host: 'evil.example' }, { host: 'evil.example:80' },
  { 'x-forwarded-host': 'evil.example' }, { 'x-forwarded-proto': 'https' },
  { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https', 'x-forwarded-port': '444' },
  { forwarded: 'host=evil.example;proto=https' }, { 'x-host': 'evil.example' },
  { 'x-original-host': 'evil.example' }, { 'x-forwarded-server': 'evil.example' },
  { 'x-original-url': '//evil.example/' }, { 'x-rewrite-url': 'http://evil.example/' },
  { 'x-forwarded-prefix': '//evil.example' }];

describe('a host that an attacker names', () => {
  test('stands in no letter', async () => {
    for (const [n, headers] of evilHosts.entries()) {
      const email = `host-${n}@example.com`;
      const post = (path, json) => exchange(lectern.url, 'POST', `/api/auth/${path}`, { headers, json });

      assert.equal((await post('sign-up/email', { name: 'A', email, password: anna.password })).status, 200);
      assert.equal((await post('request-password-reset', { email, redirectTo: '/reset-password' })).status, 200);
      const reset = await letters.to(email, { count: 1, about: /password/i });
      const verify = await letters.to(email, { count: 1, about: /^(?!.*password)/i });
      for (const letter of [reset, verify]) {
        assert.equal(new URL(letter.url).origin, lectern.url, JSON.stringify(headers));
        assert.doesNotMatch(JSON.stringify(letter), /evil|https:/, JSON.stringify(headers));
      }
    }
  });

  test('stands in no answer and no redirect', async () => {
    const places = ['/', '/chat', '/documents/x', '/sign-in', '/settings', '/nothing',
      '/api/auth/verify-email?token=x&callbackURL=/', '/api/auth/reset-password/x?callbackURL=/',
      '/api/auth/error?error=x', '/openapi.json', '/health'];

    for (const headers of evilHosts) {
      for (const where of places) {
        const reply = await exchange(lectern.url, 'GET', where, { headers });
        assert.ok(reply.status < 500, reply.text);
        assert.doesNotMatch(JSON.stringify(reply.headers) + reply.text, /evil\.example/, where);
      }
    }
  });

  test('stands nowhere either when it is in the request line', async () => {
    const json = JSON.stringify({ email: anna.email, redirectTo: '/reset-password' });
    const before = letters.all().length;

    for (const target of ['http://evil.example', 'https://evil.example:443', '//evil.example',
      'http://evil.example@localhost']) {
      for (const request of [`GET ${target}/chat HTTP/1.1\r\nHost: localhost\r\n\r\n`,
        `GET ${target}/chat HTTP/1.1\r\nHost: evil.example\r\n\r\n`,
        `POST ${target}/api/auth/request-password-reset HTTP/1.1\r\nHost: evil.example\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${json.length}\r\n\r\n${json}`]) {
        const reply = await rawExchange(lectern.url, request);
        assert.ok(reply.status < 500, reply.text);
        assert.doesNotMatch(JSON.stringify(reply.headers) + reply.text, /evil\.example/, request);
      }
    }
    for (const letter of letters.all().slice(before)) assert.doesNotMatch(JSON.stringify(letter), /evil/);
  });
});

// ---- targets

const away = [evil, `${evil}/`, '//evil.example', '///evil.example', '////evil.example', '/\\evil.example',
  '\\\\evil.example', '\\/evil.example', '/%5cevil.example', '/%5Cevil.example', '/%2fevil.example',
  '/%2Fevil.example', '/%09/evil.example', '/\t/evil.example', '\t//evil.example', ' //evil.example',
  '/\n/evil.example', '/\r/evil.example', '/%0d%0aLocation:%20//evil.example', 'https:evil.example',
  'https:/evil.example', 'https:///evil.example', 'http:evil.example', 'HTTPS://EVIL.EXAMPLE',
  'javascript:alert(1)', 'JaVaScRiPt:alert(1)', 'java\tscript:alert(1)', '\u0001javascript:alert(1)',
  'data:text/html,<script>alert(1)</script>', 'vbscript:x', 'blob:https://app.example.org/x',
  'file:///etc/passwd', 'ftp://app.example.org/', 'evil.example', 'evil.example/', '.evil.example',
  '@evil.example', ':evil.example', '?//evil.example', '#//evil.example', `${app}@evil.example/`,
  `${app}:pw@evil.example/`, `${app}.evil.example/`, `${app}evil.example/`, `${app}%2eevil.example/`,
  `${app}%00.evil.example/`, `${app}\\@evil.example/`, `${app}\\.evil.example/`, `${app}%40evil.example`,
  `${app}./`, `${app}:444/`, `${app}:443@evil.example/`, 'https://app.example.org.', 'https://app。example。org.evil.example',
  'https://ａｐｐ.example.org/', 'https://app\u00ad.example.org/', 'https://app.example.org\u3002evil.example/',
  'http://[::1]/', 'http://[::ffff:127.0.0.1]/', 'http://127.0.0.1/', 'http://2130706433/', 'http://0x7f.1/',
  'http://localhost.evil.example/', 'http://app.example.org/', '/..//evil.example', '/.//evil.example',
  '/./\\evil.example', '/;@evil.example//', '/x/%2e%2e//evil.example'];

/** What a browser makes of it, seen from a page of the server. */
function isTrusted(target) {
  let url;

  try {
    url = new URL(target, lectern.url);
  } catch {
    return false;
  }
  return ['http:', 'https:'].includes(url.protocol) && [lectern.url, app].includes(url.origin) &&
    url.username === '' && url.password === '';
}

const isTarget = (name) => /URL$|^redirectTo$/.test(name);
const targets = ['callbackURL', 'redirectTo', 'errorCallbackURL', 'newUserCallbackURL'];

describe('a target elsewhere', () => {
  const posts = operations().filter(({ route, method, takesJson }) =>
    takesJson && method === 'POST' && route.startsWith('/api/auth/'));

  for (const operation of posts) {
    test(`is refused or stays by ${operation.name}`, async () => {
      const client = await signedUp(lectern.url);
      const json = goodBody(operation, { password: client.password, currentPassword: client.password,
        email: client.email, newEmail: `x${client.email}`, name: 'A' });

      // The quickstart's own routes have no such parameter and hand none back.
      for (const name of /register$|sign-in$/.test(operation.route) ? ['callbackURL'] : targets) {
        for (const target of away) {
          // Refused before a password is hashed; a few of each do.
          const reply = await client.post(operation.route, { ...json, [name]: target });
          const where = reply.headers.get('location') ?? (reply.status < 300 ? reply.json.url : null);

          assert.ok(reply.status < 500, reply.text);
          if (reply.status !== 403) assert.ok(isTrusted(target) || where == null, `${name} ${target}: ${reply.text}`);
          if (where) assert.ok(isTrusted(where), `${name} ${target}: ${where}`);
        }
      }
    });
  }

  for (const operation of operations().filter(({ inQuery }) => inQuery.some(isTarget))) {
    for (const name of operation.inQuery.filter(isTarget)) {
      test(`is refused or stays in ${name} of ${operation.name}`, async () => {
        for (const target of away) {
          const reply = await exchange(lectern.url, operation.method,
            addressOf(operation, { token: 'x'.repeat(24) }, { token: 'x', [name]: target }));
          const { location } = reply.headers;

          assert.ok([302, 400, 403].includes(reply.status), `${target}: ${reply.status} ${reply.text}`);
          assert.equal(reply.status === 302, location !== undefined);
          if (location) assert.ok(isTrusted(location), `${target}: ${location}`);
        }
      });
    }
  }

  test('is not gone to from the pages’ forms, and from no page that asks for a session', async () => {
    for (const target of away) {
      for (const form of ['/form/sign-in', '/form/sign-up', '/form/sign-out']) {
        const reply = await exchange(lectern.url, 'POST', `${form}?${new URLSearchParams({ next: target })}`,
          { headers: { origin: lectern.url }, form: { next: target, callbackURL: target, email: anna.email,
            password: 'x' } });
        if (reply.headers.location) assert.ok(isTrusted(reply.headers.location), `${target}: ${reply.headers.location}`);
      }
    }
    for (const where of ['/chat/%2f%2fevil.example', '/documents/%5cevil.example', '//evil.example/%2e%2e',
      '/\\evil.example', '//evil.example/chat', '/chat//evil.example', '/%09/evil.example']) {
      const reply = await rawExchange(lectern.url, `GET ${where} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      if (reply.headers.location) assert.ok(isTrusted(reply.headers.location), reply.headers.location);
    }
  });

  test('stands in no letter', async () => {
    for (const [n, target] of away.filter((text) => !isTrusted(text)).entries()) {
      const before = letters.all().length;
      const reply = await exchange(lectern.url, 'POST', '/api/auth/request-password-reset',
        { json: { email: anna.email, redirectTo: target } });
      assert.equal(reply.status, 403, `${n} ${target}`);
      assert.equal(letters.all().length, before, target);
    }
  });
});
