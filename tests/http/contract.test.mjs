// What holds for every route alike: methods, unknown paths, ids, dates,
// security headers, bad input, the log, and what kore.conf and the
// environment may change. The routes are read from kore.conf itself, so that
// a new one is held to the same promises.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { signedUp } from '../lib/http.mjs';
import { Letters } from '../lib/letters.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { root } from '../lib/process.mjs';
import { until } from '../lib/wait.mjs';
import { exchange, rawExchange } from '../lib/wire.mjs';

const password = 'correct horse 1';
const date = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

let lectern;
let ann;	// headers of somebody signed in

before(async () => {
  // Else mails would be shown in the log, links and all.
  lectern = await startLectern({ env: { MAIL_URL: new Letters().url } });
  const client = await signedUp(lectern.url, { email: 'contract@example.com' });
  // So that no route refuses the person before it looks at the body.
  await lectern.run('user', 'admin', 'contract@example.com');
  ann = { cookie: [...client.cookies].map((pair) => pair.join('=')).join('; '),
    origin: lectern.url };
});
after(async () => {
  assert.equal(lectern.restarts(), 0, lectern.tail());
  await lectern.stop();
});

const send = (method, where, options) =>
  exchange(lectern.url, method, where, options);

/** [{pattern, sample, methods, isGuarded}] of kore.conf. */
function readRoutes() {
  const conf = readFileSync(path.join(root, 'kore.conf'), 'utf8');
  const methods = new Map([...conf.matchAll(/^\s*restrict\s+(\S+)\s+(.+)$/gm)]
    .map(([, pattern, list]) => [pattern, list.trim().toUpperCase().split(/\s+/)]));

  return [...conf.matchAll(/^\s*route\s+(\S+)\s+\S+[ \t]*(\S*)$/gm)]
    .filter(([, pattern]) => methods.has(pattern))
    .map(([, pattern, guard]) => ({ pattern, methods: methods.get(pattern),
      isGuarded: guard === 'session', sample: pattern.replace(/^\^|\$$/g, '')
        .replace('([0-9a-f]{16}/)?', '').replace('[a-z0-9._-]+', 'lectern.css').replaceAll('[^/]+', 'some-id') }));
}

const routes = readRoutes();
// These would end the session that all other tests go on with.
const ending = ['/api/auth/sign-out', '/api/auth/revoke-sessions', '/api/auth/delete-user',
  '/form/sign-out'];
const headersFor = (where) => ending.includes(where) ? {} : ann;
const isApi = (where) => where.startsWith('/api/');
/** Pages' forms are answered by pages: a redirect, or the page again. */
const isForm = (where) => where.startsWith('/form/');

function isClearError(reply, what) {
  assert.equal(reply.headers['content-type'], 'application/json', what);
  const { message } = reply.json.error ?? reply.json;
  assert.equal(typeof message, 'string', what);
  assert.ok(message.length > 5, what);
}

test('unknown paths are JSON under /api and /v1, and a page elsewhere', async () => {
  for (const where of ['/api/nothing', '/api/auth/nothing', '/api/auth/sign-in/email/',
    '/api/', '/api/documents/a/b/c']) {
    const reply = await send('GET', where, { headers: ann });
    assert.equal(reply.status, 404, where);
    isClearError(reply, where);
    assert.equal(reply.json.code, 'NOT_FOUND', where);
  }
  for (const where of ['/v1/nothing', '/v1/']) {
    const reply = await send('GET', where);
    assert.equal(reply.status, 404, where);
    assert.deepEqual(Object.keys(reply.json.error).sort(),
      ['code', 'message', 'param', 'type'], where);
  }
  for (const where of ['/nothing', '/assets/nothing.js', '/assets/../kore.conf',
    '/%2e%2e/etc/passwd', '/apiary', '/chat/', '//evil.example', '/.env', '/sign-in/x']) {
    const reply = await send('GET', where, { headers: ann });
    assert.equal(reply.status, 404, where);
    assert.equal(reply.headers['content-type'], 'text/html; charset=utf-8', where);
    assert.match(reply.text, /<html/i);
  }
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
    assert.equal((await send(method, '/api/nothing')).status, 404, method);
    assert.equal((await send(method, '/nothing')).status, 404, method);
  }
});

test('errors of /api carry their request’s id, those of /api/auth do not', async () => {
  const reply = await send('GET', '/api/documents');
  assert.deepEqual(reply.json, { message: 'Unauthorized', code: 'UNAUTHORIZED',
    requestId: reply.headers['x-request-id'] });
  const auth = await send('POST', '/api/auth/sign-in/email',
    { json: { email: 'nobody@example.com', password } });
  assert.deepEqual(Object.keys(auth.json).sort(), ['code', 'message']);
  const form = await send('POST', '/api/auth/sign-in',
    { form: { username: 'nobody@example.com', password } });
  assert.deepEqual(Object.keys(form.json).sort(), ['code', 'detail', 'message']);
});

for (const route of routes) {
  test(`${route.pattern} answers its own methods and 405 to all others`, async () => {
    const allowed = new Set([...route.methods, 'OPTIONS']);
    if (allowed.has('GET')) allowed.add('HEAD');

    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      const reply = await send(method, route.sample,
        { headers: headersFor(route.sample) });
      assert.match(reply.headers['x-request-id'], /^[\w-]{8,}$/, method);
      assert.equal(reply.headers['x-content-type-options'], 'nosniff', method);
      if (method === 'OPTIONS') {
        assert.ok(reply.status === 204 || reply.status === 200, method);
      } else if (allowed.has(method)) {
        assert.notEqual(reply.status, route.pattern.endsWith('get-session')
          ? 404 : 405, method);
        continue;
      } else {
        assert.equal(reply.status, 405, method);
        if (method !== 'HEAD' && isApi(route.sample)) {
          isClearError(reply, method);
          assert.equal(reply.json.code, 'METHOD_NOT_ALLOWED');
        }
      }
      assert.deepEqual(new Set(reply.headers.allow?.split(/, */)), allowed, method);
    }
  });

  if (route.methods.includes('GET')) {
    test(`HEAD ${route.pattern} is GET without the body`, async () => {
      const get = await send('GET', route.sample, { headers: ann });
      const head = await send('HEAD', route.sample, { headers: ann });
      assert.equal(head.status, get.status);
      assert.equal(head.bytes.length, 0);
      for (const header of ['content-type', 'content-length', 'etag', 'location',
        'cache-control', 'content-security-policy']) {
        // An archive is not made to tell its length; figures change meanwhile.
        if (header === 'content-length' && ['/api/export', '/metrics'].includes(route.pattern)) continue;
        assert.equal(head.headers[header], get.headers[header], header);
      }
    });
  }

  if (route.isGuarded) {
    test(`${route.pattern} needs a session`, async () => {
      for (const method of route.methods) {
        const reply = await send(method, route.sample);
        if (isApi(route.sample)) {
          assert.equal(reply.status, 401, method);
          assert.equal(reply.json.code, 'UNAUTHORIZED');
        } else if (route.sample.startsWith('/v1/')) {
          assert.equal(reply.status, 401, method);
          assert.equal(reply.json.error.code, 'invalid_api_key');
        } else {
          assert.equal(reply.status, 302, method);
          assert.equal(reply.headers.location,
            `/sign-in?next=${encodeURIComponent(route.sample)}`);
        }
      }
    });
  }
}

test('a page’s way back is always a path of our own', async () => {
  for (const where of ['/chat', '/documents', '/documents/a%2Fb', '/chat/%0d%0ax',
    '/chat/..%5cevil', '/documents/x?y=//evil.example', '/chat/"><b>']) {
    const reply = await rawExchange(lectern.url,
      `GET ${where} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    if (reply.status === 400) continue;	// no such path can be asked for
    assert.equal(reply.status, 302, where);
    const target = new URL(reply.headers.location, lectern.url);
    assert.equal(target.origin + target.pathname, `${lectern.url}/sign-in`);
    const next = target.searchParams.get('next');
    assert.equal(new URL(next, lectern.url).origin, lectern.url, where);
    assert.match(next, /^\/(chat|documents)/);
  }
  const home = await send('GET', '/', { headers: ann });
  assert.deepEqual([home.status, home.headers.location], [302, '/chat']);
});

test('no two requests share an id', async () => {
  const ids = new Set();
  for (let i = 0; i < 50; i++) {
    ids.add((await send('GET', i % 2 ? '/health' : '/api/nothing'))
      .headers['x-request-id']);
  }
  assert.equal(ids.size, 50);
});

test('health says its state and an ISO date', async () => {
  const reply = await send('GET', '/health');
  assert.deepEqual(Object.keys(reply.json).sort(), ['status', 'timestamp']);
  assert.equal(reply.json.status, 'healthy');
  assert.match(reply.json.timestamp, date);
  assert.ok(Math.abs(Date.parse(reply.json.timestamp) - Date.now()) < 60_000);
  const ready = await send('GET', '/ready');
  assert.equal(ready.status, 200);
  assert.equal(typeof ready.json, 'object');
});

test('dates in all answers are ISO 8601 with three fraction digits', async () => {
  const made = await send('POST', '/api/documents', { headers: ann,
    json: { title: 'Lamp', text: 'The lamp is green.' } });
  const replies = [made, await send('GET', '/api/documents', { headers: ann }),
    await send('GET', '/api/conversations', { headers: ann }),
    await send('GET', '/api/auth/get-session', { headers: ann })];
  let seen = 0;

  const look = (value) => {
    for (const [key, member] of Object.entries(value ?? {})) {
      if (/At$/.test(key) && member !== null) {
        assert.match(member, date, key);
        seen++;
      } else if (typeof member === 'object') {
        look(member);
      }
    }
  };
  for (const reply of replies) {
    assert.ok(reply.status < 300, reply.text);
    look(reply.json);
  }
  assert.ok(seen >= 6);
});

// ---- pages

test('pages carry a strict policy and nothing inline', async () => {
  for (const where of ['/', '/sign-up', '/sign-in', '/nothing']) {
    const reply = await send('GET', where);
    const policy = Object.fromEntries(reply.headers['content-security-policy']
      .split(/; */).map((part) => [part.split(' ')[0], part.split(' ').slice(1)]));

    assert.equal(reply.headers['content-type'], 'text/html; charset=utf-8', where);
    assert.deepEqual(policy['default-src'], ["'none'"]);
    assert.deepEqual(policy['frame-ancestors'], ["'self'", 'https://huggingface.co']);
    assert.ok(!/unsafe|\*|http:/.test(reply.headers['content-security-policy']));
    assert.equal(reply.headers['referrer-policy'], 'same-origin');
    assert.equal(reply.headers['x-content-type-options'], 'nosniff');
    assert.equal(reply.headers['strict-transport-security'], undefined);
    assert.ok(!/<script(?![^>]*\ssrc=)/i.test(reply.text), `${where}: inline script`);
    assert.ok(!/<style|\sstyle=|\son[a-z]+\s*=/i.test(reply.text), `${where}: inline`);
    assert.ok(!/(src|href)="(https?:)?\/\//i.test(reply.text), `${where}: remote`);
  }
});

test('what pages load exists, has its type, and is not sent twice', async () => {
  const files = new Set(['/favicon.ico']);
  for (const where of ['/', '/sign-up', '/sign-in', '/chat', '/documents',
    '/documents/some-id']) {
    const page = await send('GET', where,
      { headers: where.startsWith('/sign') || where === '/' ? {} : ann });
    assert.equal(page.status, 200, where);
    for (const [, file] of page.text.matchAll(/(?:src|href)="(\/assets\/[^"#]+)/g)) {
      files.add(file);
    }
  }
  const types = { css: 'text/css; charset=utf-8', svg: 'image/svg+xml',
    js: 'text/javascript; charset=utf-8', mjs: 'text/javascript; charset=utf-8',
    ico: 'image/svg+xml' };

  for (const file of files) {
    const reply = await send('GET', file);
    assert.equal(reply.status, 200, file);
    assert.equal(reply.headers['content-type'], types[file.split('.').at(-1)], file);
    for (const [, other] of reply.text.matchAll(/\bfrom '\.\/([\w.-]+)'/g)) {
      files.add(path.posix.join(path.posix.dirname(file), other));
    }
    const { etag } = reply.headers;
    assert.match(etag, /^(W\/)?"[^"]+"$/, file);
    for (const seen of [etag, `"other", ${etag}`, '*']) {
      const again = await send('GET', file, { headers: { 'if-none-match': seen } });
      assert.equal(again.status, 304, `${file} ${seen}`);
      assert.equal(again.bytes.length, 0);
      assert.equal(again.headers.etag, etag);
    }
    assert.equal((await send('GET', file,
      { headers: { 'if-none-match': '"other"' } })).status, 200);
  }
  assert.ok(files.size > 5);
});

// ---- bad input

const json = { 'content-type': 'application/json' };
const fields = ['email', 'password', 'name', 'username', 'image', 'rememberMe',
  'callbackURL', 'title', 'text', 'query', 'limit', 'documentIds', 'message',
  'messages', 'conversationId', 'id', 'trigger', 'messageId', 'filename'];
const filled = (value) => JSON.stringify(
  Object.fromEntries(fields.map((field) => [field, value])));

const malformed = {
  'half an object': '{"email":',
  'two values': '{} {}',
  'a thousand open brackets': '['.repeat(100_000),
  'very deep objects': '{"a":'.repeat(50_000) + '1' + '}'.repeat(50_000),
  'invalid UTF-8': Buffer.from('{"email":"\xff\xfe@x.com"}', 'latin1'),
  'overlong UTF-8': Buffer.from('{"email":"\xc0\xaf"}', 'latin1'),
  'a surrogate in UTF-8': Buffer.from('{"name":"\xed\xa0\x80"}', 'latin1'),
  'a number beyond all doubles': '{"limit":1e9999}',
  'raw control characters': '{"name":"a\nb\u0001"}',
  'NUL bytes': '\0\0\0\0',
};
const wrong = {
  'an array': '[]', 'a string': '"x"', 'null': 'null', 'a number': '5', 'true': 'true',
  'all fields numbers': filled(5), 'all fields null': filled(null),
  'all fields arrays': filled([[]]), 'all fields objects': filled({ a: {} }),
  'all fields true': filled(true), 'all fields empty': filled(''),
  'all fields with NUL': filled('a\u0000b@x.com'),
  'huge numbers': filled(-9223372036854775808).replaceAll('-9223372036854776000',
    '99999999999999999999999999999'),
};

const stored = () => lectern.postgres.psql(lectern.database,
  `select (select count(*) from users), (select count(*) from documents),
    (select count(*) from conversations), (select count(*) from messages)`);

for (const route of routes) {
  for (const method of route.methods.filter((name) => /POST|PATCH/.test(name))) {
    test(`${method} ${route.pattern} refuses bad input clearly and stores nothing`, async () => {
      const before = await stored();
      const ask = (body, headers = json) => send(method, route.sample,
        { headers: { ...headersFor(route.sample), ...headers }, body });

      for (const [what, body] of Object.entries({ ...malformed, ...wrong, empty: '' })) {
        const reply = await ask(body);
        if (isForm(route.sample)) {
          assert.ok(reply.status >= 300 && reply.status < 500, `${what}: ${reply.status}`);
          continue;
        }
        // Signing out and ending sessions take anything, and nothing; a name
        // may be empty; better-auth's routes refuse a callback with a NUL as a
        // redirect; the quickstart's sign-in knows only one no.
        const isTolerated = ({ '/api/auth/sign-out': [200],
          '/api/auth/sign-in': [401], '/api/auth/revoke-sessions': [401],
          '/api/auth/delete-user': [401], '/api/auth/update-user': [200],
          '/api/auth/revoke-other-sessions': [200, 401] }[route.sample] ?? [])
          .includes(reply.status) ||
          (reply.status === 403 && reply.json.code === 'INVALID_CALLBACK_URL' &&
            route.sample.startsWith('/api/auth/'));
        if (isTolerated) {
          assert.ok(!(what in malformed), what);
          continue;
        }
        assert.ok([400, 404, 405, 413, 415, 422].includes(reply.status),
          `${what}: ${reply.status} ${reply.text.slice(0, 200)}`);
        isClearError(reply, what);
      }
      // A document may be of any type as long as it reads as text.
      if (route.sample !== '/api/documents' && !isForm(route.sample)) {
        const type = await ask('{}', { 'content-type': 'application/x-nonsense' });
        assert.ok([400, 404, 405, 415].includes(type.status), type.text);
      }
      assert.equal(await stored(), before);
    });
  }
}

test('broken JSON is 400 wherever JSON is read', async () => {
  for (const where of ['/api/auth/sign-up/email', '/api/auth/sign-in/email',
    '/api/auth/register', '/api/auth/sign-in', '/api/auth/sign-out', '/api/documents',
    '/api/search', '/api/chat', '/api/collections', '/api/messages/some-id/feedback']) {
    for (const [what, body] of Object.entries(malformed)) {
      const reply = await send('POST', where, { headers: { ...headersFor(where), ...json }, body });
      assert.equal(reply.status, 400, `${where}, ${what}: ${reply.text}`);
      assert.equal(reply.json.code, 'BAD_REQUEST', `${where}, ${what}`);
    }
  }
});

test('bad forms are refused as bad JSON is', async () => {
  for (const body of ['username=%00a&password=x', 'username=%ff%fe&password=x',
    'username=%zz&password=x', 'username=%', '&&&', '=', 'username', 'a=b'.repeat(5000)]) {
    for (const where of ['/api/auth/sign-in', '/api/auth/register',
      '/api/auth/sign-in/email', '/api/auth/sign-up/email']) {
      const reply = await send('POST', where, { body,
        headers: { 'content-type': 'application/x-www-form-urlencoded' } });
      assert.equal(reply.status, 400, `${where} ${body.slice(0, 40)}: ${reply.text}`);
      isClearError(reply, body);
    }
  }
});

test('strange ids and queries in paths are 404 or 400, never a failure', async () => {
  for (const id of ['%00', '%ff', '%', "'; drop table users; --", 'x'.repeat(3000),
    '..%2f..%2fetc', '%F0%9F%98%80', '-1', 'null']) {
    for (const where of ['/api/documents/ID', '/api/documents/ID/text',
      '/api/conversations/ID', '/api/conversations/ID/export?format=md',
      '/api/collections/ID', '/api/collections?cursor=ID', '/api/documents?collection=ID',
      '/api/conversations?cursor=ID', '/api/conversations?q=ID',
      '/api/conversations?limit=ID', '/api/documents?cursor=ID']) {
      const target = where.replace('ID', id.replaceAll(' ', '%20'));
      const reply = await rawExchange(lectern.url, `GET ${target} HTTP/1.1\r\n` +
        `Host: localhost\r\nCookie: ${ann.cookie}\r\n\r\n`);
      assert.ok([400, 404, 414].includes(reply.status) ||
        (reply.status === 200 && where.includes('?')), `${target}: ${reply.status}`);
    }
  }
});

// ---- kore.conf and the environment

test('validators tightened in kore.conf hold for JSON and forms alike', async () => {
  const strict = await startLectern({ confEdits: [
    [/^validator password\tregex\t.*$/m, 'validator password\tregex\t[0-9]'],
    [/^validator email(\t+)regex\t.*$/m, 'validator email$1regex\t@example\\.com$'],
  ] });
  const ask = (where, options) => exchange(strict.url, 'POST', where, options);
  let people = 0;

  try {
    for (const where of ['/api/auth/sign-up/email', '/api/auth/register']) {
      for (const kind of ['json', 'form']) {
        const make = (fields) => ask(where, { [kind]: { name: 'A', password,
          email: `strict-${++people}@example.com`, ...fields } });

        const plain = await make({ password: 'without digits' });
        assert.equal(plain.status, 400, where);
        assert.match(plain.json.message, /^\[body\.password\] /);
        const foreign = await make({ email: 'a@elsewhere.org' });
        assert.equal(foreign.status, 400, where);
        assert.match(foreign.json.message, /^\[body\.email\] /);
        assert.equal((await make({})).status, 200, where);
      }
    }
    assert.equal(await strict.postgres.psql(strict.database,
      'select count(*) from users'), '4');
  } finally {
    await strict.stop();
  }
});

test('a bad variable stops the start with one sentence that names it', async () => {
  const secret = 'hunter2-is-my-secret';
  const bad = [
    ['DATABASE_URL', { DATABASE_URL: undefined }], ['DATABASE_URL', { DATABASE_URL: '' }],
    ['DATABASE_URL', { DATABASE_URL: `postgresql://u:${secret}@host:notaport/db` }],
    ['DATABASE_URL', { DATABASE_URL: `mysql://u:${secret}@host/db` }],
    ['SECRET_KEY', { SECRET_KEY: undefined }], ['SECRET_KEY', { SECRET_KEY: secret }],
    ['BETTER_AUTH_SECRET', { SECRET_KEY: undefined, BETTER_AUTH_SECRET: secret }],
    ['PORT', { PORT: '0' }], ['PORT', { PORT: '70000' }], ['PORT', { PORT: '80x' }],
    ['PORT', { PORT: ' 80' }], ['WORKERS', { WORKERS: '0' }], ['WORKERS', { WORKERS: 'two' }],
    ['WORKERS', { WORKERS: '100000' }],
    ['PUBLIC_URL', { PUBLIC_URL: 'ftp://example.org' }],
    ['PUBLIC_URL', { PUBLIC_URL: 'https://example.org/path' }],
    ['PUBLIC_URL', { PUBLIC_URL: `https://me:${secret}@example.org` }],
    ['FRONTEND_URL', { FRONTEND_URL: '*' }],
    ['FRONTEND_URL', { FRONTEND_URL: 'https://a.example,b.example' }],
    ['FRONTEND_URL', { FRONTEND_URL: 'https://*.example.org' }],
    ['TRUSTED_HOPS', { TRUSTED_HOPS: '-1' }], ['TRUSTED_HOPS', { TRUSTED_HOPS: 'one' }],
    ['COOKIE_SAMESITE', { COOKIE_SAMESITE: 'strict' }],
    ['SESSION_SECONDS', { SESSION_SECONDS: '0' }],
    ['SESSION_SECONDS', { SESSION_SECONDS: '7 days' }],
    ['SESSION_REFRESH_SECONDS', { SESSION_REFRESH_SECONDS: '-1' }],
    ['SIGN_UP', { SIGN_UP: 'maybe' }], ['QUOTA_USER_MB', { QUOTA_USER_MB: 'many' }],
    ['CHAT_KEEP_GOING', { CHAT_KEEP_GOING: 'perhaps' }],
    ['CONTEXT_TOKENS', { CONTEXT_TOKENS: '8k' }],
    ['LLM_URL', { LLM_URL: 'gopher://model', LLM_MODEL: 'm', LLM_API_KEY: secret }],
    ['LLM_MODEL', { LLM_URL: 'http://127.0.0.1:1/v1', LLM_API_KEY: secret }],
    ['LOG_LEVEL', { LOG_LEVEL: 'loud' }],
    ['RATE_LIMIT', { RATE_LIMIT: 'no' }],
    ['RETAIN_AUDIT_DAYS', { RETAIN_AUDIT_DAYS: '-1' }],
    ['HOUSEKEEPING_SECONDS', { HOUSEKEEPING_SECONDS: '0' }],
    ['MAIL_URL', { REQUIRE_VERIFIED_EMAIL: 'yes', PUBLIC_URL: 'https://a.example' }],
    ['MAIL_URL', { MAIL_URL: 'http://mail.example', MAIL_FROM: 'a@a.example' }],
    ['MAIL_FROM', { MAIL_URL: `smtp://me:${secret}@mail.example` }],
  ];

  for (const [name, env] of bad) {
    const error = await startLectern({ env, migrate: false, ready: 'health',
      postgres: lectern.postgres, database: lectern.database })
      .then((server) => server.stop().then(() => null), (reason) => reason);
    const what = `${JSON.stringify(env)}: ${error?.message}`;

    assert.ok(error, `${what}: it starts all the same`);
    const [first, ...said] = error.message.split('\n');
    assert.match(first, /it has ended/, what);
    assert.equal(said.length, 1, what);
    assert.match(said[0], new RegExp(`\\b${name}\\b`), what);
    assert.match(said[0], /\.$/, what);
    assert.ok(!said[0].includes(secret), what);
  }
});

test('empty variables count as absent', async () => {
  const server = await startLectern({ postgres: lectern.postgres,
    database: lectern.database, env: { FRONTEND_URL: '', SIGN_UP: '', LLM_URL: '',
      TRUSTED_HOPS: '', SECRET_KEY_OLD: '', LOG_LEVEL: '', SESSION_SECONDS: '' } });
  await server.stop();
});

test('BETTER_AUTH_SECRET stands in for SECRET_KEY', async () => {
  const server = await startLectern({ postgres: lectern.postgres,
    database: lectern.database, env: { SECRET_KEY: undefined,
      BETTER_AUTH_SECRET: lectern.env.SECRET_KEY } });

  try {
    const reply = await exchange(server.url, 'GET', '/api/auth/get-session',
      { headers: { cookie: ann.cookie } });
    assert.equal(reply.json.user.email, 'contract@example.com');
  } finally {
    await server.stop();
  }
});

// ---- the log

test('every request is one JSON line without address, token, body or query', async () => {
  const email = 'log-line@example.com';
  const made = await send('POST', '/api/auth/sign-up/email?hidden=in-the-query',
    { json: { name: 'Name Of Mine', email, password } });
  const bearer = { authorization: `Bearer ${made.json.token}` };
  const replies = [made, await send('GET', `/api/auth/get-session?email=${email}`,
    { headers: bearer }), await send('GET', '/api/nothing?token=in-the-query'),
  await send('DELETE', '/health'), await send('GET', '/chat?next=in-the-query'),
  await send('POST', '/api/auth/sign-in/email', { json: { email, password: 'wrong pass' } }),
  await send('OPTIONS', '/api/documents'),
  await rawExchange(lectern.url, 'GET /health HTTP/1.1\r\nBad Header\r\n\r\n')];
  const ids = replies.map((reply) => reply.headers['x-request-id']);
  const linesOf = (id) => lectern.logs().filter((line) => line.request === id);

  await until(() => ids.every((id) => linesOf(id).length > 0), 'a line a request');
  replies.forEach((reply, i) => {
    const [line, ...more] = linesOf(ids[i]);
    assert.deepEqual(more, []);
    assert.equal(line.status, reply.status);
    assert.equal(typeof line.route, 'string');
    assert.equal(typeof line.ms, 'number');
    assert.ok(line.time && line.level && line.method !== undefined);
  });
  assert.equal(linesOf(ids[1])[0].user, made.json.user.id);
  const text = lectern.lines().join('\n');
  for (const secret of [email, made.json.token, 'in-the-query', password, 'Name Of Mine',
    'wrong pass', ann.cookie.split('=')[1], lectern.env.SECRET_KEY]) {
    assert.ok(!text.includes(secret), secret);
  }
  for (const line of lectern.lines()) assert.doesNotThrow(() => JSON.parse(line), line);
});
