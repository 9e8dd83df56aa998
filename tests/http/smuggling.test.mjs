// Requests that a proxy in front and the server could read differently: through
// the real nginx and the real HAProxy, whose connections to the server are
// shared by all clients, and without either.
//
// Each attack hides a request to /api/keys, which the proxies deny. Had it been
// served, a key would be there; had its bytes been left in a connection, one of
// the many requests that a victim sends meanwhile would get another's answer.

import assert from 'node:assert/strict';
import http from 'node:http';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';

import { signedUp } from '../lib/http.mjs';
import { startHaproxy } from '../lib/haproxy.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { startNginx } from '../lib/nginx.mjs';
import { sql } from '../lib/running.mjs';
import { until } from '../lib/wait.mjs';
import { exchange } from '../lib/wire.mjs';

const fronts = {};
let lectern, nginx, haproxy, victim, evil, document;

const cookieOf = ({ cookies }) => [...cookies].map((pair) => pair.join('=')).join('; ');
const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnull';

before(async () => {
  lectern = await startLectern({ env: { TRUSTED_HOPS: '1' } });
  nginx = await startNginx([`location = /api/keys { return 403; }
    location / { proxy_pass http://lectern; proxy_http_version 1.1;
      proxy_set_header Connection ""; proxy_request_buffering off;
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; }`],
  `upstream lectern { server 127.0.0.1:${lectern.port}; keepalive 4; }`);
  haproxy = await startHaproxy(lectern.port, ['http-request deny if { path /api/keys }']);
  Object.assign(fronts, { nginx: nginx.urls[0], HAProxy: haproxy.url, 'the server itself': lectern.url });
  victim = await signedUp(lectern.url);
  evil = await signedUp(lectern.url);
  const reply = await victim.post('/api/documents', { title: 'Mine', text: answer.repeat(50) });
  document = reply.json.document.id;
  await until(async () => (await victim.get(`/api/documents/${document}/text`)).status === 200,
    'the document to be read');
});
after(async () => {
  await nginx?.stop();
  await haproxy?.stop();
  if (lectern) {
    assert.equal(lectern.restarts(), 0, lectern.tail());
    await lectern.stop();
  }
});

/** The request that is hidden; its key would be called `name`. */
function hidden(name) {
  const body = JSON.stringify({ name });

  return [`POST /api/keys HTTP/1.1`, 'Host: a', `Cookie: ${cookieOf(evil)}`,
    `Origin: ${lectern.url}`, 'Content-Type: application/json',
    `Content-Length: ${body.length}`, '', body].join('\r\n');
}

/** A request that says these header lines, and then `body`. */
const request = (lines, body = '', first = 'POST /api/search HTTP/1.1') =>
  [first, 'Host: a', 'Content-Type: application/json', ...lines, '', body].join('\r\n');
const chunk = (text) => `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`;

// What both sides have to read alike or refuse: name -> bytes, from the hidden request.
const attacks = {
  // Two lengths: by a count and by chunks.
  ...Object.fromEntries(['Transfer-Encoding: chunked', 'Transfer-Encoding : chunked',
    'Transfer-Encoding:\tchunked', 'Transfer-Encoding: xchunked', 'Transfer-Encoding: CHUNKED',
    'Transfer-Encoding: chunked, identity', 'Transfer-Encoding: identity, chunked',
    'Transfer-Encoding: "chunked"', 'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity',
    'Transfer-Encoding:\r\n chunked', 'Transfer-Encoding: \x0bchunked', 'X: a\nTransfer-Encoding: chunked',
    'X: a\rTransfer-Encoding: chunked', 'Transfer_Encoding: chunked', '\tTransfer-Encoding: chunked',
    'Transfer-Encoding\0: chunked', 'Transfer-Encoding: chun\0ked',
    'TE: chunked', 'Connection: Content-Length', 'Connection: close, Content-Length']
    .flatMap((line) => [
      [`${JSON.stringify(line)} beside the length of all`, (inner) =>
        request([line, `Content-Length: ${inner.length + 5}`], `0\r\n\r\n${inner}`)],
      [`${JSON.stringify(line)} beside the length of a part`, (inner) =>
        request([line, 'Content-Length: 4'], chunk(inner))],
    ])),
  // Two counts, or one that can be read in two ways.
  ...Object.fromEntries([(n) => `0\r\nContent-Length: ${n}`, (n) => `${n}\r\nContent-Length: 0`,
    (n) => `+${n}`, (n) => `${n}, 0`, (n) => `0, ${n}`, (n) => `0x${n.toString(16)}`, (n) => `-${n}`,
    (n) => `0\t${n}`, (n) => `${n}.0`, (n) => `0${n} `, (n) => `\r\n ${n}`, (n) => `"${n}"`,
    (n) => String(2n ** 64n + BigInt(n)), (n) => String(2n ** 32n + BigInt(n)), () => '']
    .map((length) => [`the length ${JSON.stringify(length(7))}`, (inner) =>
      request([`Content-Length: ${length(inner.length)}`], inner)])),
  // Bodies where none is expected.
  ...Object.fromEntries(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'PUT', 'TRACE', 'CONNECT']
    .map((method) => [`a ${method} with a body`, (inner) =>
      request([`Content-Length: ${inner.length}`], inner, `${method} /health HTTP/1.1`)])),
  'a GET with chunks': (inner) =>
    request(['Transfer-Encoding: chunked'], chunk(inner), 'GET /health HTTP/1.1'),
  // Chunks that can be read in two ways.
  ...Object.fromEntries([['an extension over two lines', (inner) => `5;a\n${inner}\r\nhello\r\n0\r\n\r\n`],
    ['a size that overflows', (inner) => `10000000000000005\r\nhello\r\n0\r\n\r\n${inner}`],
    ['a size in another form', (inner) => `0x5\r\nhello\r\n0\r\n\r\n${inner}`],
    ['a bare line feed', (inner) => `5\nhello\n0\n\n${inner}`],
    ['a trailer', (inner) => `5\r\nhello\r\n0\r\nContent-Length: 9\r\n\r\n${inner}`]]
    .map(([name, body]) => [`chunks with ${name}`, (inner) =>
      request(['Transfer-Encoding: chunked'], body(inner))])),
  'a request that asks to go on': (inner) =>
    request(['Expect: 100-continue', `Content-Length: ${inner.length}`], inner),
  'an upgrade to HTTP/2': (inner) => request(['Connection: Upgrade, HTTP2-Settings',
    'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA', `Content-Length: ${inner.length}`], inner),
  'an upgrade to a web socket': (inner) => request(['Connection: Upgrade', 'Upgrade: websocket',
    'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
    `Content-Length: ${inner.length}`], inner, 'GET /health HTTP/1.1'),
  'HTTP/1.0 that stays': (inner) => request(['Connection: keep-alive',
    `Content-Length: ${inner.length}`], inner, 'POST /api/search HTTP/1.0'),
  'HTTP/1.0 with chunks': (inner) => request(['Connection: keep-alive',
    'Transfer-Encoding: chunked'], chunk(inner), 'POST /api/search HTTP/1.0'),
  'a target with a line break in it': (inner) =>
    `GET /health%0d%0aX:${encodeURIComponent(inner)} HTTP/1.1\r\nHost: a\r\n\r\n`,
  'a target of another host': (inner) => request([`Content-Length: ${inner.length}`], inner,
    'POST http://elsewhere.example/api/search HTTP/1.1'),
  'a body that its sender leaves': (inner) =>
    request([`Content-Length: ${inner.length + 1000}`], inner),
  'a body that holds a request': (inner) => request(
    [`Content-Length: ${JSON.stringify({ query: inner }).length}`, `Cookie: ${cookieOf(evil)}`],
    JSON.stringify({ query: inner })),
};

/** Sends bytes, and waits for an answer, an end, or for neither. */
async function send(url, bytes) {
  const socket = net.connect(new URL(url).port, '127.0.0.1');
  let text = '';
  let isOver = false;

  socket.on('data', (part) => { text += part.toString('latin1'); });
  socket.on('close', () => { isOver = true; });
  socket.on('error', () => {});
  socket.write(Buffer.from(bytes, 'latin1'));
  await until(() => isOver || text.includes('\r\n\r\n'), 'an answer', { seconds: 1 }).catch(() => {});
  socket.destroy();
  return text;
}

/** What the victim asks for, many times at once, is what the victim gets. */
async function look(url, agent) {
  const ask = (method, where, headers = {}) => exchange(url, method, where,
    { agent, headers: { cookie: cookieOf(victim), ...headers } });

  await Promise.all(Array.from({ length: 4 }, async () => {
    const session = await ask('GET', '/api/auth/get-session');
    assert.equal(session.json?.user.email, victim.email, session.text);
    const one = await ask('GET', `/api/documents/${document}`);
    assert.equal(one.json.document.title, 'Mine');
    const part = await ask('GET', `/api/documents/${document}/text`, { range: 'bytes=0-18' });
    assert.deepEqual([part.status, part.text], [206, answer.slice(0, 19)]);
    const head = await ask('HEAD', '/health');
    assert.ok(head.status < 500 && head.text === '', head.text);
    const health = await ask('GET', '/health');
    assert.deepEqual([health.status, health.json.status], [200, 'healthy'], health.text);
  }));
}

for (const front of ['nginx', 'HAProxy', 'the server itself']) {
  describe(`behind ${front}`, () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 4 });
    after(() => agent.destroy());

    for (const [n, [name, bytes]] of Object.entries(attacks).entries()) {
      test(`nothing comes through by ${name}`, async () => {
        const url = fronts[front];
        const key = `hidden ${front} ${n}`;
        const [text] = await Promise.all([send(url, bytes(hidden(key))),
          look(url, agent), send(url, bytes(hidden(key)))]);

        await look(url, agent);
        assert.equal(await sql(lectern, `select count(*) from api_keys where name = '${key}'`), '0', text);
        assert.doesNotMatch(text, new RegExp(victim.email));
        assert.doesNotMatch(text, /^HTTP\/1\.\d 5(?!0[15])/, 'an answer, or an honest "not implemented"');
      });
    }

    test('a client cannot choose the address that it is known by', async () => {
      const reply = await exchange(fronts[front], 'POST', '/api/auth/sign-in/email', {
        json: { email: evil.email, password: evil.password },
        headers: { origin: lectern.url, 'x-forwarded-for': '203.0.113.9',
          'x-real-ip': '203.0.113.9', forwarded: 'for=203.0.113.9' } });
      assert.equal(reply.status, 200, reply.text);
      const address = await sql(lectern, `select ip_address from sessions
        where user_id = '${evil.user.id}' order by created_at desc limit 1`);
      // Without a proxy the header is the trusted hop's word.
      assert.equal(address, front === 'the server itself' ? '203.0.113.9' : '127.0.0.1');
    });
  });
}
