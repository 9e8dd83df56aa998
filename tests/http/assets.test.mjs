// What browsers load: addresses that name the content, what may be kept, and
// compression by the browser's wish.

import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';

import { startLectern } from '../lib/lectern.mjs';

let lectern;

before(async () => { lectern = await startLectern(); });
after(async () => {
  assert.equal(lectern.restarts(), 0, lectern.tail());
  await lectern.stop();
});

/** As it comes over the wire: {status, headers, body}; fetch would unpack it. */
function get(path, headers = {}, method = 'GET') {
  return new Promise((resolve, reject) => {
    http.request(lectern.url + path, { method, headers, agent: false }, async (response) => {
      const parts = [];
      for await (const part of response) parts.push(part);
      resolve({ status: response.statusCode, headers: response.headers,
        body: Buffer.concat(parts) });
    }).on('error', reject).end();
  });
}

/** The addresses under /assets/ that a page names. */
async function named(page) {
  return [...new Set((await get(page)).body.toString().match(/\/assets\/[^"#]+/g))];
}

test('a page names its files by their content, and each may be kept for ever', async () => {
  for (const page of ['/', '/sign-in', '/docs']) {
    const all = await named(page);

    assert.ok(all.length > 1);
    for (const address of all) {
      const { status, headers } = await get(address);
      assert.match(address, /^\/assets\/[0-9a-f]{16}\/[a-z0-9._-]+$/);
      assert.equal(status, 200, address);
      assert.equal(headers['cache-control'], 'public, max-age=31536000, immutable');
    }
  }
});

test('scripts find each other below the same address', async () => {
  const script = (await named('/sign-in')).find((address) => address.endsWith('/sign-in.js'));
  const source = (await get(script)).body.toString();
  const [, other] = /from\s*["']\.\/([a-z-]+\.js)["']/.exec(source);
  const { status, headers } = await get(new URL(other, lectern.url + script).pathname);

  assert.equal(status, 200);
  assert.match(headers['cache-control'], /immutable/);
});

test('a name without the content, or with that of another release, is asked for again', async () => {
  for (const address of ['/assets/lectern.css', '/assets/0123456789abcdef/lectern.css']) {
    const { status, headers } = await get(address);
    assert.equal(status, 200);
    assert.equal(headers['cache-control'], 'no-cache');
    assert.equal((await get(address, { 'if-none-match': headers.etag })).status, 304);
    assert.equal((await get(address, { 'if-none-match': '"other"' })).status, 200);
  }
  assert.equal((await get('/assets/0123456789abcdef/nothing.css')).status, 404);
  assert.equal((await get('/assets/lectern.c')).status, 404);
});

test('a file comes compressed as the browser likes it best, each form with a tag of its own', async () => {
  const [address] = (await named('/')).filter((name) => name.endsWith('.css'));
  const plain = await get(address);
  const tags = new Set([plain.headers.etag]);

  assert.equal(plain.headers['content-encoding'], undefined);
  for (const [wish, encoding, unpack] of [
    ['gzip, deflate, br, zstd', 'br', brotliDecompressSync],
    ['gzip', 'gzip', gunzipSync],
    ['br;q=0.1, gzip;q=0.9', 'gzip', gunzipSync],
    ['*', 'br', brotliDecompressSync],
  ]) {
    const { headers, body } = await get(address, { 'accept-encoding': wish });
    assert.equal(headers['content-encoding'], encoding, wish);
    assert.match(headers.vary, /accept-encoding/);
    assert.deepEqual(unpack(body), plain.body);
    assert.ok(body.length < plain.body.length / 2);
    tags.add(headers.etag);
  }
  assert.equal(tags.size, 3);
  for (const wish of ['identity', 'br;q=0, gzip;q=0', 'deflate']) {
    const { headers, body } = await get(address, { 'accept-encoding': wish });
    assert.equal(headers['content-encoding'], undefined, wish);
    assert.deepEqual(body, plain.body);
  }
});

test('HEAD tells what GET would send', async () => {
  const wish = { 'accept-encoding': 'br' };

  for (const address of ['/', '/assets/lectern.css', '/openapi.json']) {
    const got = await get(address, wish);
    const head = await get(address, wish, 'HEAD');
    assert.equal(head.status, 200);
    assert.equal(head.body.length, 0);
    for (const name of ['content-length', 'content-encoding', 'etag', 'vary'])
      assert.equal(head.headers[name], got.headers[name], `${address} ${name}`);
  }
});

test('a page says its language, and that it depends on the reader', async () => {
  for (const wish of ['en', 'xx', 'xx;q=0.9, en;q=0.1', '']) {
    const { headers, body } = await get('/sign-in', { 'accept-language': wish });
    assert.equal(headers['content-language'], 'en');
    assert.match(headers.vary, /accept-language/);
    assert.match(headers.vary, /cookie/);
    assert.match(body.toString(), /<html lang="en">/);
  }
  const missing = await get('/nowhere', { 'accept-encoding': 'br' });
  assert.equal(missing.status, 404);
  assert.equal(missing.headers['cache-control'], 'no-store');
  assert.match(brotliDecompressSync(missing.body).toString(), /<html lang="en">/);
});
