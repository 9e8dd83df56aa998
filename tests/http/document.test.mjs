import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';

import { Client, signedUp } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { until } from '../lib/wait.mjs';

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const keys = ['id', 'externalId', 'title', 'filename', 'mediaType', 'size',
  'sha256', 'chunks', 'status', 'error', 'shared', 'createdAt', 'updatedAt'];
const date = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

let lectern, anna, berta, admin;

before(async () => {
  lectern = await startLectern({ env: { QUOTA_USER_MB: '30' } });
  anna = await signedUp(lectern.url);
  berta = await signedUp(lectern.url);
  admin = await signedUp(lectern.url, { email: 'root@example.com' });
  await lectern.postgres.psql(lectern.database,
    `update users set role = 'admin' where email = 'root@example.com'`);
});

after(async () => {
  assert.equal(lectern.restarts(), 0, lectern.tail());
  await lectern.stop();
});

const raw = (client, name, body, headers = {}) => client.post(
  `/api/documents${name === null ? '' : `?filename=${encodeURIComponent(name)}`}`,
  undefined, { body, headers: { 'content-type': 'text/plain', ...headers } });

async function settled(client, id) {
  return until(async () => {
    const { document } = (await client.get(`/api/documents/${id}`)).json;
    return ['ready', 'failed'].includes(document.status) && document;
  }, `document ${id} to be read`);
}

/** Uploads and waits until it is ready. */
async function ready(client, name, body) {
  const reply = await raw(client, name, body);

  assert.ok([200, 201].includes(reply.status), reply.text);
  const document = await settled(client, reply.json.document.id);
  assert.equal(document.status, 'ready');
  return document;
}

describe('uploading', () => {
  test('raw bytes with a name in the address become a ready document', async () => {
    const text = '# Lämp manual\n\nFill it with oil.\n';
    const reply = await raw(anna, 'lämp.md', text, { 'content-type': 'text/markdown' });

    assert.equal(reply.status, 201);
    const { document } = reply.json;
    assert.deepEqual(Object.keys(document), keys);
    assert.match(document.id, /^[A-Za-z0-9]{32}$/);
    assert.equal(document.title, 'Lämp manual');
    assert.equal(document.filename, 'lämp.md');
    assert.equal(document.mediaType, 'text/markdown');
    assert.equal(document.size, Buffer.byteLength(text));
    assert.equal(document.sha256, sha256(text));
    assert.equal(document.status, 'queued');
    assert.equal(document.shared, false);
    assert.match(document.createdAt, date);
    assert.match(document.updatedAt, date);
    const after = await settled(anna, document.id);
    assert.equal(after.status, 'ready');
    assert.ok(after.chunks >= 1);
    assert.equal(after.error, null);
  });

  test('a name may stand in x-filename, percent-encoded or not', async () => {
    for (const [sent, name] of [['notes%20%C3%A4.txt', 'notes ä.txt'],
      ['100%.txt', '100%.txt'], ['C:\\a\\plain.txt', 'plain.txt']]) {
      const reply = await anna.post('/api/documents', undefined, {
        body: `Text of ${name}`, headers: { 'x-filename': sent } });

      assert.equal(reply.status, 201, reply.text);
      assert.equal(reply.json.document.filename, name);
    }
  });

  test('a raw body needs no name; its first line is the title', async () => {
    const reply = await raw(anna, null, '\nThe first line\nand the second');

    assert.equal(reply.status, 201);
    assert.equal(reply.json.document.title, 'The first line');
    assert.equal(reply.json.document.filename, null);
  });

  test('multipart with one file is one document', async () => {
    const form = new FormData();

    form.append('file', new Blob(['One file in a form']), 'form.txt');
    const reply = await anna.request('POST', '/api/documents', { body: form });
    assert.equal(reply.status, 201, reply.text);
    assert.equal(reply.json.document.filename, 'form.txt');
  });

  test('multipart with several files is several documents, in order', async () => {
    const form = new FormData();

    for (const n of [1, 2, 3]) {
      form.append('file', new Blob([`Part ${n}\r\nof three`]), `part${n}.md`);
    }
    const reply = await anna.request('POST', '/api/documents', { body: form });
    assert.equal(reply.status, 201, reply.text);
    assert.deepEqual(reply.json.documents.map((d) => d.filename),
      ['part1.md', 'part2.md', 'part3.md']);
    const [first] = reply.json.documents;
    await settled(anna, first.id);
    assert.equal((await anna.get(`/api/documents/${first.id}/text`)).text,
      'Part 1\r\nof three');
  });

  test('of several files none is stored when one is refused', async () => {
    const form = new FormData();
    const before = (await anna.get('/api/documents?limit=100')).json.documents.length;

    form.append('file', new Blob(['Good text']), 'good.txt');
    form.append('file', new Blob(['%PNG']), 'bad.pdf');
    const reply = await anna.request('POST', '/api/documents', { body: form });
    assert.equal(reply.status, 415);
    assert.equal(reply.json.field, 'file');
    assert.match(reply.json.message, /bad\.pdf/);
    assert.equal((await anna.get('/api/documents?limit=100')).json.documents.length,
      before);
  });

  test('JSON with title and text is a document', async () => {
    const reply = await anna.post('/api/documents',
      { title: 'A note', text: 'Remember the milk \u{1F95B}.' });

    assert.equal(reply.status, 201, reply.text);
    assert.equal(reply.json.document.title, 'A note');
    await settled(anna, reply.json.document.id);
    assert.equal((await anna.get(
      `/api/documents/${reply.json.document.id}/text`)).text,
    'Remember the milk \u{1F95B}.');
  });

  test('the same bytes again are 200 and the same document', async () => {
    const first = await raw(anna, 'same.txt', 'Twice the same');
    const again = await raw(anna, 'same.txt', 'Twice the same');
    const renamed = await raw(anna, 'other-name.txt', 'Twice the same');

    assert.equal(first.status, 201);
    assert.equal(again.status, 200);
    assert.equal(again.json.document.id, first.json.document.id);
    assert.equal(renamed.status, 200);
    assert.equal(renamed.json.document.id, first.json.document.id);
  });

  test('other bytes under the same name replace the document and keep its id',
    async () => {
      const old = await ready(anna, 'replace.txt', 'The old platypus text.');
      const reply = await raw(anna, 'replace.txt', 'The new echidna text.');

      assert.equal(reply.status, 201);
      assert.equal(reply.json.document.id, old.id);
      assert.equal(reply.json.document.sha256, sha256('The new echidna text.'));
      await settled(anna, old.id);
      assert.equal((await anna.get(`/api/documents/${old.id}/text`)).text,
        'The new echidna text.');
      const found = async (query) =>
        (await anna.post('/api/search', { query })).json.results.length;
      assert.equal(await found('platypus'), 0);
      assert.equal(await found('echidna'), 1);
      assert.notEqual((await raw(berta, 'replace.txt', 'Mine.')).json.document.id,
        old.id);
    });

  for (const [what, status, code, send] of [
    ['an empty body', 400, 'DOCUMENT_EMPTY', (c) => raw(c, 'e.txt', '')],
    ['nothing but blanks', 400, 'DOCUMENT_EMPTY', (c) => raw(c, 'e.txt', ' \n\t')],
    ['bytes that are no UTF-8', 415, 'UNSUPPORTED_DOCUMENT',
      (c) => raw(c, 'e.txt', Buffer.from([0x63, 0xe9, 0x64]))],
    ['a NUL byte', 415, 'UNSUPPORTED_DOCUMENT', (c) => raw(c, 'e.txt', 'a\0b')],
    ['an image', 415, 'UNSUPPORTED_DOCUMENT',
      (c) => raw(c, 'e', 'GIF89a', { 'content-type': 'image/gif' })],
    ['what is no PDF', 415, 'UNSUPPORTED_DOCUMENT', (c) => raw(c, 'e.pdf', 'no %PDF at all')],
    ['a name that is too long', 400, 'VALIDATION_ERROR',
      (c) => raw(c, 'x'.repeat(256), 'text')],
    ['a name with a control character', 400, 'VALIDATION_ERROR',
      (c) => raw(c, 'a\u0001b.txt', 'text')],
    ['JSON without text', 400, 'VALIDATION_ERROR',
      (c) => c.post('/api/documents', { title: 't' })],
    ['JSON with a number as text', 400, 'VALIDATION_ERROR',
      (c) => c.post('/api/documents', { title: 't', text: 5 })],
    ['JSON with an empty text', 400, 'DOCUMENT_EMPTY',
      (c) => c.post('/api/documents', { title: 't', text: '' })],
    ['broken JSON', 400, 'BAD_REQUEST', (c) => c.post('/api/documents', undefined,
      { body: '{"text":', headers: { 'content-type': 'application/json' } })],
    ['multipart that breaks off', 400, 'BAD_REQUEST', (c) => c.post('/api/documents',
      undefined, { body: '--b\r\ncontent-disposition: form-data; name="file"; filename="a.txt"\r\n\r\nhalf',
        headers: { 'content-type': 'multipart/form-data; boundary=b' } })],
    ['multipart without a boundary', 400, 'BAD_REQUEST', (c) => c.post('/api/documents',
      undefined, { body: 'x', headers: { 'content-type': 'multipart/form-data' } })],
    ['multipart without a file', 400, 'VALIDATION_ERROR', (c) => c.post('/api/documents',
      undefined, { body: '--b\r\ncontent-disposition: form-data; name="a"\r\n\r\n1\r\n--b--\r\n',
        headers: { 'content-type': 'multipart/form-data; boundary=b' } })],
    ['the shared library without the right', 403, 'FORBIDDEN',
      (c) => c.post('/api/documents', { title: 't', text: 'x', shared: true })],
    ['the shared library by the address without the right', 403, 'FORBIDDEN',
      (c) => c.post('/api/documents?shared=true&filename=s.txt', undefined,
        { body: 'text' })],
    ['a body of more than 20 MiB', 413, 'PAYLOAD_TOO_LARGE',
      (c) => raw(c, 'big.txt', 'x'.repeat(20 * 1024 * 1024 + 1))],
  ]) {
    test(`${what} is refused with ${status} ${code} and nothing is stored`, async () => {
      const count = () => lectern.postgres.psql(lectern.database,
        'select count(*) from documents');
      const before = await count();
      const reply = await send(anna);

      assert.equal(reply.status, status, reply.text);
      assert.equal(reply.json.code, code);
      assert.match(reply.json.message, /\w/);
      assert.ok(reply.json.requestId);
      assert.equal(await count(), before);
    });
  }

  test('a text of 20 MiB is taken, read, found and given back whole', async () => {
    const carl = await signedUp(lectern.url);
    const line = 'The quick brown fox jumps over the lazy dog near the river bank. ';
    const text = `${line.repeat(20 * 1024 * 1024 / line.length - 1)}\nxylophone`;
    const reply = await raw(carl, 'big.txt', text);

    assert.equal(reply.status, 201, reply.text);
    await until(async () => (await carl.get(
      `/api/documents/${reply.json.document.id}`)).json.document.status === 'ready',
    'twenty megabytes to be read', { seconds: 120, everyMs: 250 });
    const back = await carl.get(`/api/documents/${reply.json.document.id}/text`);
    assert.equal(sha256(back.bytes), sha256(text));
    const { results } = (await carl.post('/api/search', { query: 'xylophone' })).json;
    assert.equal(results.length, 1);
    assert.equal(back.bytes.subarray(results[0].start, results[0].end).toString(),
      results[0].text);

    const full = await raw(carl, 'more.txt', 'y '.repeat(6 * 1024 * 1024));
    assert.equal(full.status, 413);
    assert.equal(full.json.code, 'QUOTA_EXCEEDED');
    assert.equal((await raw(carl, 'little.txt', 'Little fits.')).status, 201);
    assert.equal((await carl.delete(
      `/api/documents/${reply.json.document.id}`)).status, 204);
    assert.equal((await raw(carl, 'more.txt', 'y '.repeat(6 * 1024 * 1024))).status,
      201);
  });
});

describe('reading', () => {
  const text = `# Ångström\n\n${'Zeile mit Umlauten: äöü. '.repeat(40)}\n`;
  const bytes = Buffer.from(text);
  let document;
  const get = (range, client = anna) => client.get(
    `/api/documents/${document.id}/text`, { headers: range ? { range } : {} });

  before(async () => { document = await ready(anna, 'range.md', text); });

  test('the text comes as UTF-8, and HEAD says as much without it', async () => {
    const reply = await get();
    const head = await anna.request('HEAD', `/api/documents/${document.id}/text`);

    assert.equal(reply.status, 200);
    assert.equal(reply.headers.get('content-type'), 'text/plain; charset=utf-8');
    assert.equal(reply.headers.get('accept-ranges'), 'bytes');
    assert.equal(reply.text, text);
    assert.equal(head.status, 200);
    assert.equal(head.headers.get('content-length'), String(bytes.length));
    assert.equal(head.bytes.length, 0);
  });

  for (const [range, start, end] of [['bytes=0-0', 0, 1], ['bytes=2-11', 2, 12],
    ['bytes=3-', 3, bytes.length], ['bytes=-7', bytes.length - 7, bytes.length],
    ['bytes=10-99999999', 10, bytes.length], ['bytes=-99999999', 0, bytes.length],
    ['bytes=0-99999999999999999999', 0, bytes.length]]) {
    test(`the range ${range} is these bytes, also inside a letter`, async () => {
      const reply = await get(range);

      assert.equal(reply.status, 206);
      assert.equal(reply.headers.get('content-range'),
        `bytes ${start}-${end - 1}/${bytes.length}`);
      assert.deepEqual(reply.bytes, bytes.subarray(start, end));
    });
  }

  for (const range of [`bytes=${bytes.length}-`, 'bytes=99999999-99999999',
    'bytes=99999999999999999999-',
    'bytes=-0']) {
    test(`the range ${range} is refused with the length`, async () => {
      const reply = await get(range);

      assert.equal(reply.status, 416);
      assert.equal(reply.headers.get('content-range'), `bytes */${bytes.length}`);
    });
  }

  test('what is no single range is answered with everything', async () => {
    for (const range of ['bytes=1-2,4-5', 'lines=1-2', 'bytes=9-3', 'bytes=x']) {
      const reply = await get(range);

      assert.equal(reply.status, 200, range);
      assert.equal(reply.bytes.length, bytes.length);
    }
  });

  test('a byte order mark is not part of the text but of the original', async () => {
    const { id } = await ready(anna, 'bom.txt', '\ufeffMarked text');

    assert.equal((await anna.get(`/api/documents/${id}/text`)).bytes.toString('latin1'),
      'Marked text');
    const original = await anna.get(`/api/documents/${id}/original`);
    assert.equal(original.status, 200);
    assert.equal(original.bytes.toString(), '\ufeffMarked text');
    assert.equal(original.headers.get('content-disposition'),
      "attachment; filename*=UTF-8''bom.txt");
  });

  test('the original is the bytes as uploaded', async () => {
    const reply = await anna.get(`/api/documents/${document.id}/original`);

    assert.equal(reply.headers.get('content-type'), 'text/markdown');
    assert.deepEqual(reply.bytes, bytes);
  });
});

describe('the list', () => {
  test('pages through own and shared documents, newest first, each once', async () => {
    const dora = await signedUp(lectern.url);
    const names = [];
    const seen = [];
    let cursor = null;

    for (let n = 0; n < 7; n++) {
      names.unshift(`n${n}.txt`);
      await raw(dora, `n${n}.txt`, `Number ${n} of Dora`);
    }
    do {
      const reply = await dora.get(
        `/api/documents?limit=3${cursor === null ? '' : `&cursor=${cursor}`}`);
      assert.equal(reply.status, 200, reply.text);
      assert.ok(reply.json.documents.length <= 3);
      seen.push(...reply.json.documents.filter((d) => !d.shared));
      cursor = reply.json.nextCursor;
    } while (cursor !== null);
    assert.deepEqual(seen.map((d) => d.filename), names);
    assert.deepEqual((await dora.get('/api/documents?q=N4')).json.documents
      .map((d) => d.filename), ['n4.txt']);
  });

  for (const query of ['limit=0', 'limit=101', 'limit=x', 'limit=', 'limit=1x',
    'cursor=nonsense', 'cursor=1.', 'cursor=1.a%20b', 'q=%ff']) {
    test(`?${query} is refused with 400`, async () => {
      const reply = await anna.get(`/api/documents?${query}`);

      assert.equal(reply.status, 400, reply.text);
      assert.equal(reply.json.field, query.split('=')[0]);
    });
  }
});

describe('whose a document is', () => {
  test('another user finds it nowhere', async () => {
    const { id } = await ready(anna, 'secret.txt', 'The axolotl is a secret.');

    for (const suffix of ['', '/text', '/original']) {
      const reply = await berta.get(`/api/documents/${id}${suffix}`);
      assert.equal(reply.status, 404);
      assert.equal(reply.json.code, 'DOCUMENT_NOT_FOUND');
    }
    assert.equal((await berta.delete(`/api/documents/${id}`)).status, 404);
    assert.equal((await admin.delete(`/api/documents/${id}`)).status, 404);
    assert.ok(!(await berta.get('/api/documents?limit=100')).text.includes(id));
    assert.equal((await anna.get(`/api/documents/${id}`)).status, 200);
  });

  test('nobody who is not signed in gets anything', async () => {
    const nobody = new Client(lectern.url);

    for (const reply of [await nobody.get('/api/documents'),
      await nobody.get(`/api/documents/${'a'.repeat(32)}`),
      await nobody.get(`/api/documents/${'a'.repeat(32)}/text`),
      await nobody.post('/api/documents', { title: 't', text: 'x' }),
      await nobody.delete(`/api/documents/${'a'.repeat(32)}`)]) {
      assert.equal(reply.status, 401);
    }
  });

  test('an id that is none is 404, whatever it looks like', async () => {
    for (const id of ['x', 'a'.repeat(32), 'a'.repeat(33), '%00', '%ff%fe',
      "'; drop table documents; --", '..%2f..', '-'.repeat(32)]) {
      const reply = await anna.get(`/api/documents/${encodeURI(id)}`);

      assert.equal(reply.status, 404, `${id}: ${reply.text}`);
    }
  });

  test('everybody reads the shared library, administrators alone change it', async () => {
    const reply = await admin.post('/api/documents',
      { title: 'House rules', text: 'Quagga riding is forbidden.', shared: true });
    const { id, shared } = reply.json.document;

    assert.equal(reply.status, 201);
    assert.equal(shared, true);
    await settled(anna, id);
    assert.equal((await anna.get(`/api/documents/${id}/text`)).text,
      'Quagga riding is forbidden.');
    assert.ok((await berta.get('/api/documents?limit=100')).text.includes(id));
    assert.equal((await berta.post('/api/search', { query: 'quagga' }))
      .json.results[0].documentId, id);
    const refused = await anna.delete(`/api/documents/${id}`);
    assert.equal(refused.status, 403);
    assert.equal(refused.json.code, 'FORBIDDEN');
    assert.equal((await admin.delete(`/api/documents/${id}`)).status, 204);
    assert.equal((await anna.get(`/api/documents/${id}`)).status, 404);
  });
});

describe('deleting', () => {
  test('a deleted document is gone from every read at once', async () => {
    const { id } = await ready(anna, 'gone.txt', 'The dodo has gone.');

    assert.equal((await anna.post('/api/search', { query: 'dodo' }))
      .json.results.length, 1);
    const reply = await anna.delete(`/api/documents/${id}`);
    assert.equal(reply.status, 204);
    assert.equal(reply.bytes.length, 0);
    assert.deepEqual((await anna.post('/api/search', { query: 'dodo' }))
      .json.results, []);
    for (const suffix of ['', '/text', '/original']) {
      assert.equal((await anna.get(`/api/documents/${id}${suffix}`)).status, 404);
    }
    assert.equal((await anna.delete(`/api/documents/${id}`)).status, 404);
    const again = await ready(anna, 'gone.txt', 'The dodo has gone.');
    assert.notEqual(again.id, id);
    await until(async () => await lectern.postgres.psql(lectern.database,
      `select count(*) from chunks where document = '${id}'`) === '0',
    'its chunks to be forgotten');
  });
});
