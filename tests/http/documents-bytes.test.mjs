// Large documents: given out slice by slice, whole or not at all.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import http from 'node:http';
import { after, before, describe, test } from 'node:test';

import { signedUp } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { until } from '../lib/wait.mjs';

const MB = 1024 * 1024;
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const sql = (text) => lectern.postgres.psql(lectern.database, text);

let lectern, anna, id, text;

/** Numbered lines of many letters, preceded by what is not part of the text. */
function book(bytes) {
  const seed = randomBytes(8).toString('hex');
  const lines = [];

  for (let n = 0, size = 0; size < bytes - 80; n++) {
    lines.push(`Zeile ${n} über Kraniche, ${seed}, und was sie im Herbst tun.`);
    size += Buffer.byteLength(lines.at(-1)) + 1;
  }
  return lines.join('\n');
}

/** A response whose body is not read on until it is asked for. */
function slowly(path, headers = {}) {
  return new Promise((resolve, reject) => {
    http.get(lectern.url + path, { headers: { ...headers, cookie:
      [...anna.cookies].map((pair) => pair.join('=')).join('; ') } }, (response) => {
      response.pause();
      resolve(response);
    }).on('error', reject);
  });
}

before(async () => {
  lectern = await startLectern({ env: { QUOTA_USER_MB: '0' } });
  anna = await signedUp(lectern.url);
  text = `\ufeff${book(12 * MB)}`;
  const reply = await anna.post('/api/documents?filename=Gro%C3%9Fes%20Buch%3B%22a.txt',
    undefined, { body: text, headers: { 'content-type': 'text/plain' } });
  assert.equal(reply.status, 201, reply.text);
  ({ id } = reply.json.document);
});

after(async () => {
  assert.equal(lectern.restarts(), 0, lectern.tail());
  await lectern.stop();
});

const ready = () => until(async () => (await anna.get(`/api/documents/${id}`))
  .json.document.status === 'ready', 'the book to be read', { seconds: 120, everyMs: 200 });

describe('a large document', () => {
  test('has its original at once, whole and in ranges', async () => {
    const bytes = Buffer.from(text);
    const reply = await anna.get(`/api/documents/${id}/original`);

    assert.equal(reply.status, 200);
    assert.equal(reply.headers.get('content-length'), String(bytes.length));
    assert.equal(reply.headers.get('content-disposition'),
      "attachment; filename*=UTF-8''Gro%C3%9Fes%20Buch%3B%22a.txt");
    assert.equal(sha256(reply.bytes), sha256(bytes));
    for (const [range, start, end] of [['bytes=0-0', 0, 1],
      ['bytes=1000000-5000000', 1000000, 5000001], ['bytes=-700000', bytes.length - 700000,
        bytes.length], ['bytes=262143-262144', 262143, 262145],
      ['bytes=0-262143', 0, 262144], ['bytes=0-262144', 0, 262145]]) {
      const part = await anna.get(`/api/documents/${id}/original`, { headers: { range } });
      assert.equal(part.status, 206);
      assert.equal(part.headers.get('content-range'),
        `bytes ${start}-${end - 1}/${bytes.length}`);
      assert.equal(sha256(part.bytes), sha256(bytes.subarray(start, end)), range);
    }
    assert.equal((await anna.get(`/api/documents/${id}/original`,
      { headers: { range: `bytes=${bytes.length}-` } })).status, 416);
  });

  test('has its text when it is read, and its length without it', async () => {
    await ready();
    const bytes = Buffer.from(text.slice(1));
    const head = await anna.request('HEAD', `/api/documents/${id}/text`);
    const reply = await anna.get(`/api/documents/${id}/text`);

    assert.equal(head.status, 200);
    assert.equal(head.headers.get('content-length'), String(bytes.length));
    assert.equal(head.bytes.length, 0);
    assert.equal(sha256(reply.bytes), sha256(bytes));
    assert.equal(reply.headers.get('content-type'), 'text/plain; charset=utf-8');
    // The original is kept beside a text that differs from it.
    assert.equal(sha256((await anna.get(`/api/documents/${id}/original`)).bytes),
      sha256(text));
  });

  test('is given out to twenty at once', async () => {
    const replies = await Promise.all(Array.from({ length: 20 }, (_, n) =>
      anna.get(`/api/documents/${id}/text`, { headers:
        { range: `bytes=${n * 100000}-${n * 100000 + 999999}` } })));
    const bytes = Buffer.from(text.slice(1));

    for (const [n, reply] of replies.entries()) {
      assert.equal(reply.status, 206);
      assert.equal(sha256(reply.bytes),
        sha256(bytes.subarray(n * 100000, n * 100000 + 1000000)));
    }
  });

  test('costs the server a slice, however many read slowly', async () => {
    await anna.get(`/api/documents/${id}/text`);
    const before = await lectern.pss();
    const responses = await Promise.all(Array.from({ length: 16 }, () =>
      slowly(`/api/documents/${id}/original`)));
    // Each has been answered; what was sent until now fills its socket.
    await until(async () => await sql(`select count(*) from pg_stat_activity
      where datname = current_database() and state = 'active'`) === '1',
    'the server to wait for its readers');
    const during = await lectern.pss();
    assert.ok(during - before < 40 * MB,
      `${Math.round((during - before) / MB)} MB for 16 readers of 12 MB`);
    const sizes = await Promise.all(responses.map(async (response) => {
      let size = 0;

      for await (const chunk of response) size += chunk.length;
      return size;
    }));
    assert.deepEqual(new Set(sizes), new Set([Buffer.byteLength(text)]));
  });

  test('breaks off, instead of mixing, when it is replaced while it is read',
    async () => {
      const response = await slowly(`/api/documents/${id}/original`);
      const other = book(11 * MB);
      const reply = await anna.post(
        '/api/documents?filename=Gro%C3%9Fes%20Buch%3B%22a.txt', undefined,
        { body: other, headers: { 'content-type': 'text/plain' } });
      const parts = [];

      assert.equal(reply.json.document.id, id);
      await assert.rejects(async () => {
        for await (const chunk of response) parts.push(chunk);
      }, /aborted/);
      const got = Buffer.concat(parts);
      assert.ok(got.length < Buffer.byteLength(text));
      assert.equal(sha256(got), sha256(Buffer.from(text).subarray(0, got.length)));
    });

  test('a reader that leaves in the middle disturbs nobody', async () => {
    await ready();
    for (let n = 0; n < 8; n++) {
      const response = await slowly(`/api/documents/${id}/text`);

      await new Promise((resolve) => { response.once('data', resolve).resume(); });
      response.destroy();
    }
    assert.equal((await anna.get(`/api/documents/${id}/text`)).status, 200);
  });

  test('has no ending in its title and gets one as a file', async () => {
    const reply = await anna.post('/api/documents',
      { title: 'A/B: note', text: 'A pasted note.' });

    assert.equal((await anna.get(`/api/documents/${reply.json.document.id}/original`))
      .headers.get('content-disposition'),
    "attachment; filename*=UTF-8''A_B%3A%20note.txt");
  });
});
