// The guard at the socket, against the real program and by raw bytes: what it
// refuses, what it lets through, and that nothing a client does to its
// connection costs a worker.

import assert from 'node:assert/strict';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';

import { startLectern } from '../lib/lectern.mjs';
import { until, within } from '../lib/wait.mjs';

const CRLF = '\r\n';
const HEADER_MAX = 8192;
const MIB = 1024 * 1024;
const SIGN_IN = '/api/auth/sign-in/email';
const SEARCH = '/api/search';
// Nobody's: a whole body is answered 401, a damaged one 400.
const LETTER = JSON.stringify({
  email: 'nobody@example.com', password: 'not-a-password',
});

/** A connection that stays open for reading until the server ends it. */
class Wire {
  socket;
  bytes = Buffer.alloc(0);
  ended = false;
  error;

  constructor(port) {
    this.socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true,
      noDelay: true });
    this.socket.on('data', (part) => {
      this.bytes = Buffer.concat([this.bytes, part]);
    });
    this.socket.on('end', () => { this.ended = true; });
    this.socket.on('error', (error) => { this.error = error; });
  }

  send(text) {
    this.socket.write(Buffer.isBuffer(text) ? text : Buffer.from(text, 'latin1'));
    return this;
  }

  /** The next response; `head` for one whose request was a HEAD. */
  async response({ head = false, seconds = 10 } = {}) {
    return until(() => {
      const response = this.#take(head);

      if (!response && (this.error || this.ended)) {
        throw new Error(`closed after ${JSON.stringify(this.bytes.toString())}`,
          { cause: this.error });
      }
      return response;
    }, 'a response', { seconds, everyMs: 1 });
  }

  #take(head) {
    const end = this.bytes.indexOf(CRLF + CRLF);
    if (end < 0) return undefined;

    const [line, ...lines] = this.bytes.subarray(0, end).toString('latin1')
      .split(CRLF);
    const headers = Object.fromEntries(lines.map((text) => {
      const colon = text.indexOf(':');
      return [text.slice(0, colon).toLowerCase(), text.slice(colon + 1).trim()];
    }));
    const [, digits, phrase] = /^HTTP\/1\.1 (\d{3}) (.*)$/.exec(line);
    const status = Number(digits);
    const length = head || status < 200 ? 0 : Number(headers['content-length']);
    if (this.bytes.length < end + 4 + length) return undefined;

    const body = this.bytes.subarray(end + 4, end + 4 + length).toString();
    this.bytes = this.bytes.subarray(end + 4 + length);
    return { status, phrase, headers, body, get json() { return JSON.parse(body); } };
  }

  /** Resolves when the server has ended its side. */
  async closed(seconds = 10) {
    await until(() => this.ended || this.error, 'the server to close',
      { seconds });
    this.socket.destroy();
  }

  async get(path = '/health') {
    this.send(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
    return this.response();
  }
}

/** A whole refusal, as the guard itself sends it. */
function assertRefusal(response, status, code) {
  assert.equal(response.status, status);
  assert.match(response.headers['content-type'], /^application\/json/);
  assert.equal(response.headers.connection, 'close');
  assert.match(response.headers['x-request-id'], /^[0-9a-f]{24}$/);
  assert.equal(response.headers['cache-control'], 'no-store');
  assert.equal(response.headers['x-content-type-options'], 'nosniff');
  assert.equal(response.json.code, code);
  assert.ok(response.json.message.length > 0);
  assert.equal(response.json.requestId, response.headers['x-request-id']);
  assert.ok(Math.abs(Date.parse(response.headers.date) - Date.now()) < 60_000);
}

function post(path, length, more = '') {
  return `POST ${path} HTTP/1.1\r\nHost: a\r\n` +
    `Content-Type: application/json\r\nContent-Length: ${length}\r\n${more}\r\n`;
}

describe('the guard at the socket', { concurrency: false }, () => {
  let lectern;
  const open = () => new Wire(lectern.port);

  before(async () => {
    lectern = await startLectern({
      confEdits: [[/^http_header_max\s+\d+/m, `http_header_max ${HEADER_MAX}`]],
    });
  });
  after(async () => {
    await lectern?.stop();
  });

  test('eighty header lines pass, and what counts may stand last', async () => {
    const wire = open();
    const lines = Array.from({ length: 77 }, (_, i) => `X-${i}: v`);

    wire.send([`POST ${SIGN_IN} HTTP/1.1`, ...lines, 'Host: a',
      'Content-Type: application/json', `Content-Length: ${LETTER.length}`, '',
      LETTER].join(CRLF));
    assert.equal((await wire.response()).status, 401);
    assert.equal((await wire.get()).status, 200);
    wire.socket.destroy();
  });

  test('empty and non-ASCII values harm nobody', async () => {
    const wire = open();

    wire.send('GET /health HTTP/1.1\r\nHost: a\r\nAccept:\r\nX-Empty: \r\n' +
      'User-Agent: caf\xc3\xa9\tbar\r\nX-Odd: \xff\xfe\x01\x7f\r\n' +
      'Cookie: theirs=\xe9; b=\r\n\r\n');
    assert.equal((await wire.response()).status, 200);
    wire.socket.destroy();
  });

  const refusals = [
    ['a second Host', 'GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n', 400],
    ['no Host', 'GET / HTTP/1.1\r\n\r\n', 400],
    ['an empty Host', 'GET / HTTP/1.1\r\nHost:\r\n\r\n', 400],
    ['odd bytes in Host', 'GET / HTTP/1.1\r\nHost: a/b\r\n\r\n', 400],
    ['a second Content-Length',
      post(SEARCH, 2, 'Content-Length: 2\r\n') + '{}', 400],
    ['a Content-Length that is no number', post(SEARCH, '+2') + '{}', 400],
    ['Transfer-Encoding', `POST ${SEARCH} HTTP/1.1\r\nHost: a\r\n` +
      'Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n', 501],
    ['Transfer-Encoding with Content-Length',
      post(SEARCH, 2, 'Transfer-Encoding: chunked\r\n') + '{}', 400],
    ['a GET with a body',
      'GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}', 400],
    ['a target that is not UTF-8', 'GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n', 400],
    ['a bare CR', 'GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n', 400],
    ['a bare LF', 'GET / HTTP/1.1\nHost: a\n\n', 400],
    ['a NUL', 'GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n', 400],
    ['a folded line', 'GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n', 400],
    ['a blank before the colon', 'GET / HTTP/1.1\r\nHost : a\r\n\r\n', 400],
    ['a second Authorization', 'GET / HTTP/1.1\r\nHost: a\r\n' +
      'Authorization: a\r\nAuthorization: b\r\n\r\n', 400],
    ['a target that is no path', 'GET a HTTP/1.1\r\nHost: a\r\n\r\n', 400],
    ['a target of 1990 bytes',
      `GET /${'a'.repeat(1989)} HTTP/1.1\r\nHost: a\r\n\r\n`, 414],
    ['a request line without end', `GET /${'a'.repeat(HEADER_MAX)}`, 414],
    ['an unknown method', 'TRACE / HTTP/1.1\r\nHost: a\r\n\r\n', 501],
    ['an unknown version', 'GET / HTTP/2.0\r\nHost: a\r\n\r\n', 505],
    ['an unknown expectation',
      'GET / HTTP/1.1\r\nHost: a\r\nExpect: wonders\r\n\r\n', 417],
    ['a greeting of TLS', '\x16\x03\x01\x00\xf8\x01\x00\x00', 400],
  ];
  const codes = { 400: 'BAD_REQUEST', 414: 'URI_TOO_LONG', 417: 'EXPECTATION_FAILED', 501: 'NOT_IMPLEMENTED',
    505: 'HTTP_VERSION_NOT_SUPPORTED' };

  for (const [what, bytes, status] of refusals) {
    test(`${what} is refused with ${status} as JSON, and logged`, async () => {
      const wire = open().send(bytes);
      const response = await wire.response();

      assertRefusal(response, status, codes[status]);
      await wire.closed();
      assert.equal(wire.bytes.length, 0, 'nothing follows a refusal');
      const line = await until(() => lectern.logs().find((entry) =>
        entry.request === response.headers['x-request-id']), 'a log line');
      assert.equal(line.status, status);
    });
  }

  test('a refused HEAD gets no body', async () => {
    const wire = open().send('HEAD / HTTP/1.1\r\n\r\n');
    const response = await wire.response({ head: true });

    assert.equal(response.status, 400);
    await wire.closed();
    assert.equal(wire.bytes.length, 0);
  });

  test('a header block may be as long as the limit and not a byte longer', async () => {
    const start = 'GET /health HTTP/1.1\r\nHost: a\r\nX-Long: ';
    const block = (length) =>
      start + 'x'.repeat(length - start.length - 4) + CRLF + CRLF;
    const wire = open().send(block(HEADER_MAX));

    assert.equal((await wire.response()).status, 200);
    wire.send(block(HEADER_MAX + 1));
    assertRefusal(await wire.response(), 431, 'HEADER_TOO_LARGE');
    await wire.closed();
  });

  test('a request may come byte by byte', async () => {
    const wire = open();
    const bytes = Buffer.from(post(SIGN_IN, LETTER.length) + LETTER);

    for (const byte of bytes) {
      await new Promise((resolve) => {
        wire.socket.write(Buffer.of(byte), () => setImmediate(resolve));
      });
    }
    assert.equal((await wire.response()).status, 401);
    assert.equal((await wire.get()).status, 200);
    wire.socket.destroy();
  });

  test('empty lines ahead of a request are skipped', async () => {
    const wire = open().send(CRLF + CRLF);

    assert.equal((await wire.get()).status, 200);
    wire.socket.destroy();
  });

  test('an absolute target is answered like its path', async () => {
    const wire = open();

    assert.equal((await wire.get('http://b.example/health')).status, 200);
    wire.socket.destroy();
  });

  test('a waiting client is told to go on with its body', async () => {
    const wire = open()
      .send(post(SIGN_IN, LETTER.length, 'Expect: 100-continue\r\n'));

    assert.equal((await wire.response()).status, 100);
    wire.send(LETTER);
    assert.equal((await wire.response()).status, 401);
    wire.socket.destroy();
  });

  test('a waiting client is told at once that its body is too large', async () => {
    const wire = open()
      .send(post(SIGN_IN, MIB + 1, 'Expect: 100-continue\r\n'));
    const response = await wire.response();

    assert.equal(response.status, 413);
    assert.equal(response.headers.connection, 'close');
    assert.match(response.headers['content-type'], /^application\/json/);
    assert.equal(response.json.code, 'PAYLOAD_TOO_LARGE');
    await wire.closed();
  });

  test('each route has its own limit, known before the body is read', async () => {
    const over = open().send(post('/api/documents', 20 * MIB + 1));

    assert.equal((await over.response()).status, 413);
    await over.closed();

    const within20 = open().send(post('/api/documents', MIB + 1))
      .send(Buffer.alloc(MIB + 1, 'a'));
    assert.equal((await within20.response()).status, 401);
    within20.socket.destroy();
  });

  test('who sends a body that is too large still receives the answer', async () => {
    // One after the other, without reading in between, as simple clients do.
    const wire = open();
    const part = Buffer.alloc(MIB, 'x');

    wire.send(post(SIGN_IN, 30 * MIB));
    for (let i = 0; i < 30; i++) {
      await within(new Promise((resolve, reject) => {
        wire.socket.write(part, (error) => (error ? reject(error) : resolve()));
      }), 'the server to take the body');
    }
    assert.equal((await wire.response()).status, 413);
    wire.socket.end();
    await wire.closed();
    assert.equal(wire.error, undefined);
  });

  test('pipelined requests are answered in order, a slow one first', async () => {
    const wire = open();
    const paths = Array.from({ length: 100 },
      (_, i) => (i % 3 === 0 ? '/health' : `/api/nothing-${i}`));

    wire.send(post(SIGN_IN, LETTER.length) + LETTER +
      paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).join('') +
      post(SIGN_IN, 1) + '{' + post(SIGN_IN, LETTER.length) + LETTER);
    assert.equal((await wire.response()).status, 401);
    for (const path of paths) {
      assert.equal((await wire.response()).status,
        path === '/health' ? 200 : 404);
    }
    assert.equal((await wire.response()).status, 400);
    assert.equal((await wire.response()).status, 401);
    wire.socket.destroy();
  });

  test('what follows a refused request is not answered', async () => {
    const wire = open().send('GET / HTTP/1.1\r\n\r\n' +
      'GET /health HTTP/1.1\r\nHost: a\r\n\r\n');

    assert.equal((await wire.response()).status, 400);
    await wire.closed();
    assert.equal(wire.bytes.length, 0);
  });

  test('ten thousand requests go through one connection', async () => {
    const wire = open();
    const request = 'GET /health HTTP/1.1\r\nHost: a\r\n\r\n';
    let left = 10000;

    await within(new Promise((resolve, reject) => {
      let text = '';
      wire.socket.removeAllListeners('data');
      wire.socket.on('data', (part) => {
        text += part.toString('latin1');
        if (!/\r\n\r\n\{.*\}$/.test(text)) return;
        if (!text.startsWith('HTTP/1.1 200 ')) reject(new Error(text));
        text = '';
        if (--left > 0) wire.send(request);
        else resolve();
      });
      wire.socket.on('end', () => reject(new Error(`${left} were left`)));
      wire.send(request);
    }), 'ten thousand answers', 60);
    wire.socket.destroy();
  });

  test('Connection: close and HTTP/1.0 are answered and closed', async () => {
    for (const request of [
      'GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
      'GET /health HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n',
      'GET /health HTTP/1.0\r\n\r\n',
      'GET /health HTTP/1.0\r\nConnection: keep-alive\r\n\r\n',
    ]) {
      const wire = open().send(request);
      const response = await wire.response();

      assert.equal(response.status, 200);
      assert.equal(response.headers.connection, 'close');
      await wire.closed();
    }
  });

  test('a client that has shut down its sending side gets its answers', async () => {
    const wire = open();

    wire.socket.end(post(SIGN_IN, LETTER.length) + LETTER +
      'GET /health HTTP/1.1\r\nHost: a\r\n\r\n');
    assert.equal((await wire.response()).status, 401);
    assert.equal((await wire.response()).status, 200);
    await wire.closed();
    assert.equal(wire.error, undefined);
  });

  test('half a request and a shutdown is closed without an answer', async () => {
    for (const half of ['GET /health HT', post(SIGN_IN, 10) + '{']) {
      const wire = open();

      wire.socket.end(half);
      await wire.closed();
      assert.equal(wire.bytes.length, 0);
    }
  });

  test('clients that reset their connections at any point harm nobody', async () => {
    const whole = post(SIGN_IN, LETTER.length) + LETTER;
    const wires = [];

    for (let i = 0; i < 200; i++) {
      const wire = open();

      wire.socket.once('connect', () => {
        wire.socket.write(whole.slice(0, 1 + (i * 7) % whole.length),
          () => wire.socket.resetAndDestroy());
      });
      wires.push(wire);
    }
    await until(() => wires.every((wire) => wire.socket.destroyed),
      'all to be reset');
    assert.equal((await open().get()).status, 200);
  });

  test('no worker was lost', () => {
    assert.equal(lectern.restarts(), 0);
  });
});

describe('the guard with short timeouts and without a last route', { concurrency: false }, () => {
  let lectern;
  const open = () => new Wire(lectern.port);

  before(async () => {
    lectern = await startLectern({ confEdits: [
      [/^http_header_timeout\s+\d+/m, 'http_header_timeout 1'],
      [/^http_keepalive_time\s+\d+/m, 'http_keepalive_time 8'],
      [/^http_body_timeout\s+\d+/m, 'http_body_timeout 8'],
      // The route for everything else: Kore then has an error page of its own.
      [/^\s*route\s+\^\s+\w+$/m, ''],
    ] });
  });
  after(async () => {
    await lectern?.stop();
  });

  test('a body may come long after its header, and a pause later', async () => {
    // Longer than the header's timeout and than all of Kore's own timers.
    const pause = () => new Promise((resolve) => setTimeout(resolve, 6000));
    const wire = open().send(post(SIGN_IN, LETTER.length));
    const idle = open();

    assert.equal((await idle.get()).status, 200);
    await pause();
    assert.equal((await idle.get()).status, 200);
    idle.socket.destroy();
    wire.send(LETTER.slice(0, 9));
    assert.equal(wire.bytes.length, 0);
    wire.send(LETTER.slice(9));
    assert.equal((await wire.response()).status, 401);
    assert.equal((await wire.get()).status, 200);
    await wire.closed(15);
    assert.equal(wire.bytes.length, 0, 'no 408 follows the answer');
  });

  test('a body that does not come is answered 408', async () => {
    const wire = open().send(post(SIGN_IN, 100) + '{');
    const response = await wire.response({ seconds: 15 });

    assert.equal(response.status, 408);
    assert.equal(response.json.code, 'REQUEST_TIMEOUT');
    assert.equal(response.headers.connection, 'close');
    await wire.closed();
  });

  test('an idle connection is closed without a word', async () => {
    const silent = open();
    const used = open();

    assert.equal((await used.get()).status, 200);
    await Promise.all([silent.closed(15), used.closed(15)]);
    assert.equal(silent.bytes.length + used.bytes.length, 0);
  });

  test('what has no route is refused as JSON, not by a page of Kore', async () => {
    for (const method of ['GET', 'POST']) {
      const wire = open().send(`${method} /api/nothing HTTP/1.1\r\nHost: a\r\n` +
        'Content-Length: 0\r\n\r\n');

      assertRefusal(await wire.response(), 404, 'NOT_FOUND');
      await wire.closed();
      assert.equal(wire.bytes.length, 0);
    }
  });

  test('hundreds of slow headers end in 408 and keep nobody waiting', async () => {
    const wires = Array.from({ length: 300 }, open);
    const drip = setInterval(() => {
      for (const wire of wires) if (!wire.ended) wire.send('X');
    }, 100);

    try {
      for (const wire of wires) wire.send('GET / HTTP/1.1\r\nX-Slow: ');
      assert.equal((await open().get()).status, 200);
      for (const wire of wires) {
        assertRefusal(await wire.response(), 408, 'REQUEST_TIMEOUT');
      }
    } finally {
      clearInterval(drip);
      for (const wire of wires) wire.socket.destroy();
    }
  });

  test('no worker was lost', () => {
    assert.equal(lectern.restarts(), 0);
  });
});
