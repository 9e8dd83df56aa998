// What SECURITY.md says of the answers as a whole, and that what it names is
// there.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { signedUp } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { root, temporaryFolder } from '../lib/process.mjs';
import { exchange, rawExchange } from '../lib/wire.mjs';

const security = readFileSync(path.join(root, 'SECURITY.md'), 'utf8');
let lectern;
let ann;

before(async () => {
  lectern = await startLectern();
  ann = await signedUp(lectern.url);
});

after(() => lectern?.stop());

test('every test and every source that SECURITY.md names is there', () => {
  const named = new Set(security.match(/\b(?:tests|src|sql|conf|assets)\/[\w./-]*\w/g));

  assert.ok(named.size > 50, `${named.size} files are named`);
  assert.deepEqual([...named].filter((name) => !existsSync(path.join(root, name))), []);
});

test('SECURITY.md has each requirement of ASVS 4.0.3 once, and counts its states rightly', () => {
  const states = [...security.matchAll(/^\| (\d+\.\d+\.\d+) \| [^|]+ \| (met|n\/a|\*\*open\*\*)/gm)];
  const [, ...told] = /(\d+) requirements: (\d+) met,\s(\d+)\snot applicable,\s(\d+)\sopen/.exec(security);

  // Of levels 1 and 2, those that the standard itself has struck out left out.
  assert.equal(new Set(states.map(([, id]) => id)).size, 259);
  assert.deepEqual(told.map(Number), [259, ...['met', 'n/a', '**open**']
    .map((state) => states.filter((row) => row[2] === state).length)]);
});

test('what is somebody’s is kept by no cache, and is no page that could run', async () => {
  const page = '<h1>Mine</h1><script>alert(1)</script><p>A lamp weighs three kilograms.</p>';
  const upload = await ann.request('POST', '/api/documents?filename=mine.html',
    { body: page, headers: { 'content-type': 'text/html' } });
  assert.equal(upload.status, 201);
  const document = `/api/documents/${upload.json.document.id}`;
  const original = await ann.get(`${document}/original`);
  const asked = await ann.post('/api/search', { query: 'lamp' });
  const replies = [upload, original, asked, await ann.post('/api/auth/sign-in/email',
    { email: ann.email, password: ann.password })];

  for (const where of ['/api/documents', document, '/api/conversations',
    '/api/collections', '/api/suggestions', '/api/keys', '/v1/models',
    '/api/auth/get-session', '/api/auth/list-accounts', '/api/auth/list-sessions',
    '/api/export']) {
    replies.push(await ann.get(where));
  }
  replies.push(await ann.delete(document));
  for (const reply of replies) {
    assert.ok(reply.status < 300, reply.text);
    assert.equal(reply.headers.get('cache-control'), 'no-store');
    assert.match(reply.headers.get('content-security-policy'),
      /^default-src 'none';.*\bsandbox\b/);
    assert.equal(reply.headers.get('x-content-type-options'), 'nosniff');
  }
  assert.equal(original.text, page);
  assert.match(original.headers.get('content-disposition'), /^attachment;/);
});

test('an SVG is not taken, and a script or XML is text to be saved', async () => {
  const upload = (name, type, body) => ann.request('POST', `/api/documents?filename=${name}`,
    { body, headers: { 'content-type': type } });
  const picture = '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>';

  assert.equal((await upload('a.svg', 'image/svg+xml', picture)).status, 415);
  for (const [name, type, body] of [['a.txt', 'text/plain', picture], ['a.js', 'text/javascript', 'alert(1)'],
    ['a.xml', 'application/xml', '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>']]) {
    const { document } = (await upload(name, type, body)).json;
    const original = await ann.get(`/api/documents/${document.id}/original`);

    assert.equal(original.headers.get('content-type'), 'text/plain');
    assert.match(original.headers.get('content-disposition'), /^attachment;/);
  }
});

test('no answer tells a version or lets its address out to others', async () => {
  for (const where of ['/', '/api/documents', '/health', '/nothing', '/assets/lectern.css']) {
    const { headers } = await exchange(lectern.url, 'GET', where);
    assert.equal(headers.server, 'lectern');
    assert.equal(headers['x-powered-by'], undefined);
    assert.equal(headers['referrer-policy'], 'same-origin');
  }
});

test('nothing is served but what has a route: no folder, no file beside the program', async () => {
  for (const where of ['/assets', '/assets/', '/.git/config', '/.env', '/.run/env', '/kore.conf',
    '/SECURITY.md', '/assets/texts/en.json', '/assets/..%2fkore.conf', '/assets/../kore.conf',
    '/assets/.DS_Store', '/assets/chat.js.bak', '/src/token.c']) {
    assert.equal((await exchange(lectern.url, 'GET', where)).status, 404, where);
  }
});

test('of two parameters of one name the first counts, and a body is no query', async () => {
  const limits = async (query) => (await ann.get(`/api/documents?${query}`)).status;

  assert.equal(await limits('limit=1&limit=none'), 200);
  assert.equal(await limits('limit=none&limit=1'), 400);
  assert.equal((await ann.post('/api/search?query=lamp', {})).json.field, 'query');
});

test('a longer password than eight can be demanded, wherever one is chosen', async () => {
  const server = await startLectern({ confEdits: [
    [/^validator password\tregex\t.*$/m, 'validator password\tregex\t^.{12,}']] });

  try {
    await assert.rejects(signedUp(server.url, { password: 'eleven char' }), /answered 400/);
    const bob = await signedUp(server.url, { password: 'twelve chars' });
    for (const reply of [await bob.post('/api/auth/change-password',
      { currentPassword: bob.password, newPassword: 'eleven char' }),
    await bob.post('/api/auth/reset-password', { token: 'any', newPassword: 'eleven char' })]) {
      assert.equal(reply.status, 400);
      assert.equal(reply.json.message, '[body.newPassword] Invalid input');
    }
  } finally {
    await server.stop();
  }
});

test('passwords of a list are refused wherever one is chosen, in capitals too', async () => {
  const list = path.join(temporaryFolder(), 'passwords');
  writeFileSync(list, 'zebra crossing\r\npassword1234\nAbracadabra!\n\nmonkey business');
  const server = await startLectern({ env: { PASSWORD_LIST: list } });

  try {
    for (const password of ['password1234', 'PassWord1234', 'abracadabra!', 'monkey business', 'zebra crossing']) {
      await assert.rejects(signedUp(server.url, { password }), /400: .*PASSWORD_COMPROMISED/, password);
    }
    const bob = await signedUp(server.url, { password: 'monkey business 2' });
    for (const reply of [await bob.post('/api/auth/change-password',
      { currentPassword: bob.password, newPassword: 'password1234' }),
    await bob.post('/api/auth/reset-password', { token: 'any', newPassword: 'password1234' })]) {
      assert.equal(reply.status, 400);
      assert.equal(reply.json.code, 'PASSWORD_COMPROMISED');
    }
    const form = await exchange(server.url, 'POST', '/form/sign-up', { headers: { origin: server.url },
      form: { name: 'C', email: 'c@example.com', password: 'password1234' } });
    assert.match(form.headers.location, /#PASSWORD_COMPROMISED$/);
  } finally {
    await server.stop();
  }
  await assert.rejects(startLectern({ env: { PASSWORD_LIST: `${list}.none` }, migrate: false }),
    /PASSWORD_LIST cannot be read: No such file/);
});

test('the program is built with what the compiler has against overflows', () => {
  const binary = process.env.LECTERN_BINARY ?? path.join(root, 'build/lectern/lectern');
  const told = execFileSync('readelf', ['-W', '--file-header', '--program-headers', '--dynamic',
    '--dyn-syms', binary], { encoding: 'utf8', maxBuffer: 1 << 26 });

  assert.match(told, /Type: +DYN \(Position-Independent Executable/);
  assert.match(told, /GNU_STACK .* RW +0x/);
  assert.match(told, /GNU_RELRO/);
  assert.match(told, /FLAGS_1.*NOW/);
  assert.match(told, /__stack_chk_fail/);
  assert.match(told, /__memcpy_chk/);
});

test('a new server has no account; over https every answer asks for https, refusals too', async () => {
  const server = await startLectern({ env: { PUBLIC_URL: 'https://lectern.example.org' } });

  try {
    assert.equal(await server.postgres.psql(server.database, 'select count(*) from users'), '0');
    const refused = await rawExchange(server.url, 'GET / HTTP/1.1\r\nbroken\r\n\r\n');
    assert.equal(refused.status, 400);
    for (const { headers } of [refused, await exchange(server.url, 'GET', '/'),
      await exchange(server.url, 'GET', '/api/documents')]) {
      assert.match(headers['strict-transport-security'], /^max-age=\d{7,}/);
    }
  } finally {
    await server.stop();
  }
});
