// What all answers say of caches, scripts and https.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { signedUp } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { exchange, rawExchange } from '../lib/wire.mjs';

let lectern;
let ann;

before(async () => {
  lectern = await startLectern();
  ann = await signedUp(lectern.url);
});

after(() => lectern?.stop());

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

test('over https every answer asks for https, refusals at the socket too', async () => {
  const server = await startLectern({ env: { PUBLIC_URL: 'https://lectern.example.org' } });

  try {
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
