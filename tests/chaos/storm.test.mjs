// Too much at once: sign-ins from many addresses, and requests of every size
// that nobody should send. People who are at work meanwhile are served.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { after, before, test } from 'node:test';

import { startModel } from '../doubles/model.mjs';
import { signedUp } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { startTraffic } from '../lib/traffic.mjs';
import { until, within } from '../lib/wait.mjs';
import { exchange } from '../lib/wire.mjs';

const MIB = 1024 * 1024;

let model, env;

before(async () => {
  model = await startModel();
  env = { LLM_URL: model.url, LLM_MODEL: 'double' };
});
after(() => model?.stop());

const tally = (list) => list.reduce((counts, key) =>
  ({ ...counts, [key]: (counts[key] ?? 0) + 1 }), {});

test('a storm of sign-ins from many addresses is refused honestly, and passes', async (t) => {
  const lectern = await startLectern({ env: { ...env, RATE_LIMIT: 'on', TRUSTED_HOPS: '1' } });
  t.after(() => lectern.stop());
  const anna = await signedUp(lectern.url);
  const signIn = (n, password) => exchange(lectern.url, 'POST', '/api/auth/sign-in/email', {
    headers: { origin: lectern.url, 'x-forwarded-for': `10.${n >> 8}.${n & 255}.7` },
    json: { email: n % 2 ? anna.email : `nobody-${n}@example.com`, password } });
  let isOver = false;
  const sessions = (async () => {
    const times = [];
    while (!isOver) {
      const began = performance.now();
      const { json } = await anna.get('/api/auth/get-session');
      assert.equal(json.user.email, anna.email);
      times.push(performance.now() - began);
    }
    return times.sort((a, b) => a - b);
  })();

  const replies = await Promise.all(Array.from({ length: 1500 },
    (_, n) => signIn(n, 'a wrong password')));
  isOver = true;
  const times = await sessions;
  const counts = tally(replies.map(({ status }) => status));

  assert.deepEqual(Object.keys(counts).filter((status) =>
    !['401', '429', '503'].includes(status)), [], JSON.stringify(counts));
  assert.ok(counts[401] > 0);
  for (const { status, headers } of replies) {
    if (status !== 401) assert.match(headers['retry-after'] ?? headers['x-retry-after'], /^\d+$/);
  }
  assert.ok(times.length > 20, `${times.length} sessions were looked up meanwhile`);
  assert.ok(times.at(-1) < 2000, `one took ${times.at(-1)} ms`);
  // The owner, whom strangers must not lock out for good, is known by the session.
  const again = await until(async () => {
    const bea = await signedUp(lectern.url).catch(() => undefined);
    return bea && bea.post('/api/auth/sign-in/email',
      { email: bea.email, password: bea.password });
  }, 'sign-ups to be taken again', { seconds: 70, everyMs: 1000 });
  assert.equal(again.status, 200, again.text);
  assert.equal(lectern.restarts(), 0, lectern.tail());
});

test('whatever is too large is refused, and costs nobody else', async (t) => {
  const lectern = await startLectern({ env: { ...env, QUOTA_USER_MB: '100' } });
  t.after(() => lectern.stop());
  const traffic = await startTraffic({ servers: [lectern], people: 3, pauseMs: 5 });
  t.after(() => traffic.stop());
  await traffic.flows();
  const memory = lectern.pss();
  const anna = await signedUp(lectern.url);
  const cookie = [...anna.cookies].map((pair) => pair.join('=')).join('; ');
  const post = (path, body, type = 'application/json') =>
    exchange(lectern.url, 'POST', path,
      { body, headers: { cookie, origin: lectern.url, 'content-type': type } });
  const raw = async (bytes) => {
    const socket = net.connect(lectern.port, '127.0.0.1').on('error', () => {});
    let text = '';
    socket.on('data', (part) => { text += part.toString('latin1'); });
    socket.end(bytes);
    await within(once(socket, 'close'), 'the connection to be closed', 30);
    return Number(/^HTTP\/1.1 (\d+)/.exec(text)?.[1] ?? 0);
  };
  const deep = '['.repeat(400_000) + ']'.repeat(400_000);
  const wide = JSON.stringify(Object.fromEntries(Array.from({ length: 60_000 },
    (_, n) => [`key${n}`, n])));
  const parts = Array.from({ length: 20_000 }, (_, n) =>
    `--b\r\nContent-Disposition: form-data; name="f${n}"\r\n\r\n\r\n`).join('') + '--b--\r\n';
  const cases = [
    ['an address', () => raw(`GET /${'a'.repeat(MIB)} HTTP/1.1\r\nHost: a\r\n\r\n`), [414, 431, 400]],
    ['a header', () => raw(`GET / HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(MIB)}\r\n\r\n`), [431]],
    ['headers', () => raw(`GET / HTTP/1.1\r\nHost: a\r\n${'X: a\r\n'.repeat(20_000)}\r\n`), [431]],
    ['cookies', () => raw(`GET /api/auth/get-session HTTP/1.1\r\nHost: a\r\nCookie: ${
      'a=b; '.repeat(5_000)}\r\n\r\n`), [200, 400, 431]],
    ['a length', () => raw(`POST /api/documents HTTP/1.1\r\nHost: a\r\nCookie: ${cookie}\r\n` +
      `Origin: ${lectern.url}\r\nContent-Length: 99999999999\r\n\r\n`), [413]],
    ['JSON in depth', async () => (await post('/api/search', deep)).status, [400, 413]],
    ['JSON in breadth', async () => (await post('/api/search', wide)).status, [400, 413]],
    ['a question', async () => (await post('/api/chat',
      JSON.stringify({ message: 'a'.repeat(900_000) }))).status, [400, 413]],
    ['messages', async () => (await post('/api/chat', JSON.stringify({ messages:
      Array(20_000).fill({ role: 'user', parts: [{ type: 'text', text: 'a' }] }) }))).status,
    [400, 413]],
    ['a search', async () => (await post('/api/search',
      JSON.stringify({ query: 'word '.repeat(150_000) }))).status, [200, 400, 413]],
    ['a password', async () => (await post('/api/auth/sign-in/email', JSON.stringify(
      { email: anna.email, password: 'a'.repeat(900_000) }))).status, [400, 401, 413]],
    ['parts of a form', async () => (await post('/api/documents', parts,
      'multipart/form-data; boundary=b')).status, [400, 413]],
    ['one word', async () => (await post('/api/documents?filename=word.txt',
      'a'.repeat(15 * MIB), 'text/plain')).status, [201]],
    ['lines', async () => (await post('/api/documents?filename=lines.md',
      '# a\n'.repeat(1_000_000), 'text/markdown')).status, [201]],
    ['nested lists', async () => (await post('/api/documents?filename=list.md',
      Array.from({ length: 4000 }, (_, n) => `${' '.repeat(n)}- a\n`).join(''),
      'text/markdown')).status, [201]],
    ['nested tags', async () => (await post('/api/documents?filename=tags.html',
      '<div>'.repeat(200_000), 'text/html')).status, [201]],
    ['a crowd of forms', async () => (await Promise.all(Array.from({ length: 8 }, (_, n) =>
      post(`/api/documents?filename=crowd${n}.txt`, `${n} lamp `.repeat(2_000_000), 'text/plain'))))
      .map(({ status }) => status).sort().at(0), [201]],
  ];

  for (const [what, send, wanted] of cases) {
    await t.test(what, async () => {
      const status = await send();

      assert.ok(wanted.includes(status), `answered ${status}`);
      assert.equal(lectern.restarts(), 0, lectern.tail());
    });
  }
  await until(async () => !(await anna.get('/api/documents?limit=100')).json.documents
    .some(({ status }) => status === 'queued' || status === 'processing'),
  'all documents to be read or refused', { seconds: 200, everyMs: 500 });
  await traffic.flows();
  await traffic.stop();
  await traffic.audit();
  await until(() => lectern.pss() - memory < 60 * MIB, 'the memory to be given back',
    { seconds: 30, everyMs: 500 });
});
