// What a request is told before its route runs: bodies without a length, odd
// addresses and parameters, the words of refusals; and what the program says
// to its operator.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';

import { signedUp } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { until } from '../lib/wait.mjs';

const app = 'https://app.example.org';
const MIB = 1024 * 1024;

let lectern, anna, cookie;

before(async () => {
  lectern = await startLectern({ env: { FRONTEND_URL: app } });
  anna = await signedUp(lectern.url);
  cookie = [...anna.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
});
after(async () => {
  assert.equal(lectern.restarts(), 0, lectern.tail());
  await lectern.stop();
});

/** Sends bytes and waits until that many answers are there, or the end. */
async function raw(bytes, count = 1) {
  const socket = net.connect(lectern.port, '127.0.0.1');
  let text = '';
  let ended = false;

  socket.on('data', (part) => { text += part.toString('latin1'); });
  socket.on('close', () => { ended = true; });
  socket.on('error', () => {});
  socket.write(Buffer.from(bytes, 'latin1'));
  const answers = () => text.split(/(?=HTTP\/1\.1 \d{3} )/).filter(Boolean);
  await until(() => ended || (answers().length >= count && whole(answers().at(-1))),
    'the answers');
  socket.destroy();
  return answers().map(read);
}

function whole(answer) {
  const end = answer.indexOf('\r\n\r\n');
  const length = /^content-length: (\d+)/mi.exec(answer)?.[1] ?? 0;
  return end >= 0 && answer.length >= end + 4 + Number(length);
}

function read(answer) {
  const [head, body] = [answer.slice(0, answer.indexOf('\r\n\r\n')),
    answer.slice(answer.indexOf('\r\n\r\n') + 4)];
  const [, status, phrase] = /^HTTP\/1\.1 (\d{3}) (.*)/.exec(head);
  return { status: Number(status), phrase: phrase.trimEnd(), body,
    header: (name) => new RegExp(`^${name}: (.*)$`, 'mi').exec(head)?.[1].trimEnd(),
    get json() { return JSON.parse(body); } };
}

const lines = (...list) => [...list, '', ''].join('\r\n');
const as = (more = []) => ['Host: a', `Cookie: ${cookie}`, `Origin: ${lectern.url}`, ...more];

describe('a request without Content-Length and Transfer-Encoding', () => {
  test('has an empty body, and what follows is the next request', async () => {
    const answers = await raw(
      lines('POST /api/chat/nobody/stop HTTP/1.1', ...as()) +
      lines('POST /api/search HTTP/1.1', ...as()) +
      lines('GET /health HTTP/1.1', 'Host: a') +
      lines('DELETE /api/documents/nobody HTTP/1.1', ...as()) +
      lines('GET /health HTTP/1.1', 'Host: a'), 5);

    assert.deepEqual(answers.map(({ status }) => status), [404, 400, 200, 404, 200]);
    assert.equal(answers[1].json.code, 'VALIDATION_ERROR');
  });

  test('signs out', async () => {
    const [answer] = await raw(lines('POST /api/auth/sign-out HTTP/1.1', 'Host: a'));

    assert.equal(answer.status, 200);
  });

  test('of a method that the address has not is 405 and says which it has', async () => {
    for (const method of ['PUT', 'PATCH', 'POST']) {
      const [answer] = await raw(lines(`${method} /health HTTP/1.1`, 'Host: a'));

      assert.equal(answer.status, 405);
      assert.match(answer.header('allow'), /GET/);
    }
  });
});

describe('status lines', () => {
  test('say in words what 413 and 422 are', async () => {
    const [large] = await raw(lines('POST /api/search HTTP/1.1',
      ...as([`Content-Length: ${MIB + 1}`])));
    const letter = JSON.stringify({ name: 'A', email: anna.email, password: 'a-long-password-1' });
    const [taken] = await raw(lines('POST /api/auth/sign-up/email HTTP/1.1', 'Host: a',
      'Content-Type: application/json', `Content-Length: ${letter.length}`) + letter);

    assert.deepEqual([large.status, large.phrase], [413, 'Content Too Large']);
    assert.deepEqual([taken.status, taken.phrase], [422, 'Unprocessable Content']);
  });

  test('of a text that looks like one are left alone', async () => {
    const text = 'HTTP/1.1 413 Payload Too Large\r\nis what it said.\n';
    const reply = await anna.post('/api/documents', { title: 'Line', text });
    const { id } = reply.json.document;

    const read = await until(async () => {
      const part = await anna.get(`/api/documents/${id}/text`);
      return part.status === 200 && part;
    }, 'the text');
    assert.equal(read.text, text);
  });
});

describe('query parameters', () => {
  for (const [name, query] of [['limit', 'limit=1%00'], ['limit', `limit=${'0'.repeat(99)}1`],
    ['q', 'q=a%00b'], ['q', 'q=100%'], ['cursor', `cursor=${'1'.repeat(500)}`]]) {
    test(`that cannot be read are refused: ${query.slice(0, 20)}`, async () => {
      for (const path of ['/api/documents', '/api/conversations']) {
        const reply = await anna.get(`${path}?${query}`);

        assert.equal(reply.status, 400, reply.text);
        assert.equal(reply.json.code, 'VALIDATION_ERROR');
        assert.equal(reply.json.field, name);
      }
    });
  }

  test('that cannot be read keep an upload from being stored', async () => {
    const reply = await anna.post('/api/documents?filename=a%00b', undefined,
      { body: 'Text', headers: { 'content-type': 'text/plain' } });

    assert.equal(reply.status, 400);
    assert.equal(reply.json.field, 'filename');
  });

  test('may be written in UTF-8 without percent-encoding', async () => {
    await anna.post('/api/documents?filename=k%C3%A4se.txt', undefined,
      { body: 'All about cheese', headers: { 'content-type': 'text/plain' } });
    const [answer] = await raw(Buffer.from(lines('GET /api/documents?q=käse HTTP/1.1', ...as()))
      .toString('latin1'));

    assert.equal(answer.status, 200);
    assert.deepEqual(answer.json.documents.map(({ filename }) =>
      Buffer.from(filename, 'latin1').toString()), ['käse.txt']);
  });

  test('and fields that want a whole number say so', async () => {
    const reply = await anna.post('/api/search', { query: 'x', limit: 1.5 });

    assert.equal(reply.status, 400);
    assert.match(reply.json.message, /expected whole number, received fraction/);
  });
});

describe('a refused header', () => {
  for (const [what, block, words] of [
    ['a bad name', ['GET / HTTP/1.1', 'Host: a', 'X : a'], /name/],
    ['a folded line', ['GET / HTTP/1.1', 'Host: a', 'X: a', ' b'], /folded/],
    ['a bare CR', ['GET / HTTP/1.1', 'Host: a', 'X: a\rb'], /CR and LF/],
    ['a NUL', ['GET / HTTP/1.1', 'Host: a', 'X: \0'], /NUL/],
    ['two Hosts', ['GET / HTTP/1.1', 'Host: a', 'Host: a'], /twice/],
    ['a bad length', ['POST / HTTP/1.1', 'Host: a', 'Content-Length: x'], /Content-Length/],
    ['a bad request line', ['GET /', 'Host: a'], /request line/],
  ]) {
    test(`is told what is wrong: ${what}`, async () => {
      const [answer] = await raw(lines(...block));

      assert.equal(answer.status, 400);
      assert.match(answer.json.message, words);
    });
  }

  test('is told to pages of trusted front ends, and to them alone', async () => {
    const chunked = (origin) => raw(lines('POST /api/search HTTP/1.1', 'Host: a',
      `Origin: ${origin}`, 'Transfer-Encoding: chunked'));
    const [trusted] = await chunked(app);
    const [evil] = await chunked('https://evil.example');
    const [hidden] = await chunked(`${app}/\rX-Evil: 1`);

    for (const answer of [trusted, evil]) {
      assert.equal(answer.status, 501);
      assert.equal(answer.header('vary'), 'Origin');
      assert.ok(Date.parse(answer.header('date')) > 0);
    }
    assert.equal(trusted.header('access-control-allow-origin'), app);
    assert.equal(trusted.header('access-control-allow-credentials'), 'true');
    assert.equal(evil.header('access-control-allow-origin'), undefined);
    assert.equal(hidden.header('access-control-allow-origin'), undefined);
    assert.equal(hidden.header('x-evil'), undefined);
  });

  test('has no requestId below /api/auth', async () => {
    const [answer] = await raw(lines('POST /api/auth/sign-out HTTP/1.1', 'Host: a',
      'Transfer-Encoding: chunked'));

    assert.deepEqual(Object.keys(answer.json), ['message', 'code']);
  });
});

test('a large body of nobody is refused before it is read', async () => {
  const head = (more) => lines('POST /api/documents HTTP/1.1', 'Host: a',
    'Content-Type: text/plain', `Content-Length: ${20 * MIB}`, 'Expect: 100-continue', ...more);
  const [nobody] = await raw(head([]));
  const [somebody] = await raw(head([`Cookie: ${cookie}`, `Origin: ${lectern.url}`]));

  assert.equal(nobody.status, 401);
  assert.equal(nobody.header('connection'), 'close');
  assert.equal(nobody.json.code, 'UNAUTHORIZED');
  assert.equal(somebody.status, 100);
});

describe('the program', () => {
  test('prints its usage when asked, and when it does not understand', async () => {
    for (const [args, code] of [[['help'], 0], [['--help'], 0], [['foo'], 2]]) {
      const result = await lectern.run(...args);
      const text = code === 0 ? result.stdout : result.stderr;

      assert.equal(result.code, code);
      assert.equal(code === 0 ? result.stderr : result.stdout, '');
      assert.match(text, /^\tlectern -fnr$/m);
      assert.match(text, /^\tlectern migrate$/m);
      assert.doesNotMatch(text, /[ \t]$/m);
    }
  });

  test('has a pid file of its own, as long as it runs', async () => {
    const other = await startLectern();
    const file = (port) => `/tmp/lectern-${port}.pid`;

    assert.equal(readFileSync(file(lectern.port), 'utf8').trim(), String(lectern.pid));
    assert.equal(readFileSync(file(other.port), 'utf8').trim(), String(other.pid));
    await other.stop();
    assert.ok(!existsSync(file(other.port)));
    assert.ok(existsSync(file(lectern.port)));
  });
});
