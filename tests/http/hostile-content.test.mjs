// Names and texts that mean harm: paths that leave their folder, file names
// that are paths or end header lines, and markup in everything that a person
// may write. Nothing outside is served, names stay names, and an answer is
// either not HTML or has the markup escaped. What a browser makes of the
// pages is in tests/browser/hostile.test.mjs.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { add, askWhole } from '../lib/asking.mjs';
import { signedUp } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { root } from '../lib/process.mjs';
import { exchange, rawExchange } from '../lib/wire.mjs';

let lectern, anna, cookie, documentId;

before(async () => {
  lectern = await startLectern();
  anna = await signedUp(lectern.url);
  cookie = [...anna.cookies].map((pair) => pair.join('=')).join('; ');
  documentId = await add(anna, { title: 'Lamp', text: 'A lamp weighs three kilograms.' });
});
after(async () => {
  assert.equal(lectern.restarts(), 0, lectern.tail());
  await lectern.stop();
});

// ---- paths

const steps = ['..', '%2e%2e', '%2E.', '.%2e', '..%00', '%252e%252e', '..;', '..%20', '%c0%ae%c0%ae',
  '%uff0e%uff0e', '\u2025', '....', '...'];
const slashes = ['/', '%2f', '%2F', '\\', '%5c', '%252f', '//', '/./', '%c0%af', '%u2215', '%00/'];
const outside = ['kore.conf', 'etc/passwd', 'src/token.c', '.git/config', 'build/lectern', 'proc/self/environ'];
const folders = ['/assets/', '/assets/0123456789abcdef/', '/docs/', '/docs/../assets/', '/documents/', '/chat/',
  '/api/documents/', '/api/conversations/', '/api/collections/', '/favicon.ico/', '/v1/models/', '/'];
// Words that stand in these files and in no answer.
const betrays = /root:.?:0:0|worker_max_connections|repositoryformatversion|SECRET_KEY=|#include <|\x7fELF/;

const get = (target) => rawExchange(lectern.url, Buffer.from(`GET ${target} HTTP/1.1\r\n` +
  `Host: localhost\r\nCookie: ${cookie}\r\n\r\n`));

/** Not there; or a page, which looks for its document by itself. */
function isNothing({ status, text }, target) {
  assert.ok((status >= 300 && status < 500) || (status === 200 && text.startsWith('<!doctype html>')),
    `${target}: ${status}`);
  assert.doesNotMatch(text, betrays, target);
}

describe('a path that leaves its folder', () => {
  for (const folder of folders) {
    test(`is nothing below ${folder}`, async () => {
      for (const step of steps) {
        for (const slash of slashes) {
          const up = (step + slash).repeat(6);
          for (const target of [folder + up + outside[0], folder + up + outside[1],
            `${folder}lectern.css${slash}${up}${outside[2]}`]) {
            isNothing(await get(target), target);
          }
        }
      }
      for (const file of outside) {
        for (const target of [`${folder}${file}`, `${folder}/${file}`, `${folder}%2f${file}`,
          `${folder}${file}%00.css`, `${folder}${file}%00lectern.css`, `${folder}lectern.css%00${file}`]) {
          isNothing(await get(target), target);
        }
      }
    });
  }

  test('is no other spelling of a file that there is', async () => {
    const css = readFileSync(path.join(root, 'assets/lectern.css'), 'utf8');

    assert.equal((await get('/assets/lectern.css')).status, 200);
    for (const target of ['//assets/lectern.css', '/assets//lectern.css', '/./assets/lectern.css',
      '/assets/./lectern.css', '/docs/../assets/lectern.css', '/assets/x/../lectern.css', '/assets/lectern.css/',
      '/assets/lectern.css/.', '/assets/lectern%2ecss', '/assets%2flectern.css', '/assets/lectern.css%00',
      '/assets/lectern.css%20', '/assets/lectern.css.', '/assets/LECTERN.CSS', '/assets\\lectern.css',
      '/assets/lectern.css;x', '/assets/lectern.css%3fx', '/assets/lectern.css::$DATA', '/assets/lectern.css~']) {
      const reply = await get(target);
      assert.ok(reply.status === 404 || reply.status === 400 || reply.text === css, `${target}: ${reply.status}`);
    }
  });

  test('opens no route that asks who one is', async () => {
    for (const target of ['/api/documents', '/api/keys', '/api/admin/users', '/api/export', '/settings']) {
      for (const spelling of [`/${target}`, target.replace('/', '/./'), `/assets/..${target}`, `${target}/`,
        `${target}/.`, `${target}%2f`, `${target};x=y`, `${target}%00`, `${target}.json`, target.toUpperCase(),
        `/health/..${target}`, `/assets/%2e%2e${target}`, target.replace(/(.)$/, (letter) =>
          `%${letter.charCodeAt(0).toString(16)}`)]) {
        const reply = await exchange(lectern.url, 'GET', spelling);
        assert.ok([302, 303, 400, 401, 404].includes(reply.status), `${spelling}: ${reply.status}`);
      }
    }
  });
});

// ---- names

// As sent in a form; and as kept, null being refused.
const names = {
  '../../etc/passwd': 'passwd', '..': null, '.': null, '...': null, '../': null, '/': null, 'a/..': null,
  '\t': null, 'C:\\\\x\\\\y.txt': 'y.txt', 'C:\\\\x': 'x', '..\\\\..\\\\z.txt': 'z.txt',
  '\\\\\\\\host\\\\share\\\\f.txt': 'f.txt', '.htaccess': '.htaccess', 'CON': 'CON', 'nul.txt': 'nul.txt',
  'a.txt:b': 'a.txt:b', 'a%0d%0aSet-Cookie: x=y.txt': 'a%0d%0aSet-Cookie: x=y.txt', 'a%00.txt': 'a%00.txt',
  'a%2f..%2fb.txt': 'a%2f..%2fb.txt', 'a;b=c,d.txt': 'a;b=c,d.txt', 'say %22hi%22.txt': 'say "hi".txt',
  '<img src=x onerror=alert(1)>.txt': '<img src=x onerror=alert(1)>.txt',
  'bill\u202etxt.exe': 'bill\u202etxt.exe', 'zero\u200bwidth.txt': 'zero\u200bwidth.txt',
  'e\u0301.txt': 'e\u0301.txt', '\u2044etc\u2044passwd': '\u2044etc\u2044passwd', '-rf': '-rf', '~': '~',
  '$(reboot)': '$(reboot)', '`reboot`': '`reboot`', '|cat': '|cat', 'a\u0085b.txt': 'a\u0085b.txt',
};

describe('a file in a form whose name is', () => {
  let count = 0;
  const upload = (parameters) => anna.request('POST', '/api/documents', { body: Buffer.from('--b\r\n' +
    `content-disposition: form-data; name="file"; ${parameters}\r\n\r\nText ${++count}.\r\n--b--\r\n`),
  headers: { 'content-type': 'multipart/form-data; boundary=b' } });

  for (const [sent, kept] of Object.entries(names)) {
    test(`${JSON.stringify(sent)} is ${kept === null ? 'refused' : `kept as ${JSON.stringify(kept)}`}`, async () => {
      const reply = await upload(`filename="${sent}"`);

      if (kept === null) {
        assert.equal(reply.status, 400, reply.text);
        assert.equal(reply.json.field, 'filename');
        return;
      }
      assert.equal(reply.status, 201, reply.text);
      const { document } = reply.json;
      assert.equal(document.filename, kept);
      const original = await anna.get(`/api/documents/${document.id}/original`);
      const disposition = original.headers.get('content-disposition');
      // Nothing but what RFC 8187 lets stand, so no quote, blank or line end.
      assert.match(disposition, /^attachment; filename\*=UTF-8''[A-Za-z0-9!#$&+.^_`|~%'()*-]+$/);
      assert.equal(decodeURIComponent(disposition.split("''")[1]), kept);
      assert.equal(original.headers.get('x-content-type-options'), 'nosniff');
      assert.equal(original.headers.get('set-cookie'), null);
    });
  }

  test('a header line more, or a name that ends one, is no name', async () => {
    for (const parameters of ['filename="a\r\nSet-Cookie: x=y"', 'filename="a\nb.txt"', 'filename="a\r.txt"',
      "filename*=UTF-8''a%0d%0aSet-Cookie:%20x=y.txt", 'filename="a\u0000.txt"', 'filename="\xff\xfe"']) {
      const reply = await upload(parameters);
      assert.ok([201, 400].includes(reply.status), reply.text);
      assert.equal(reply.headers.get('set-cookie'), null);
      if (reply.status === 201) assert.doesNotMatch(reply.json.document.filename ?? '', /[\r\n\0]/);
    }
  });

  test('refused with every other file of its form', async () => {
    const before = (await anna.get('/api/documents?limit=100')).json.documents.length;
    const reply = await anna.request('POST', '/api/documents', { body: '--b\r\ncontent-disposition: form-data; ' +
      'name="file"; filename="good.txt"\r\n\r\nGood.\r\n--b\r\ncontent-disposition: form-data; name="file"; ' +
      'filename=".."\r\n\r\nBad.\r\n--b--\r\n', headers: { 'content-type': 'multipart/form-data; boundary=b' } });

    assert.equal(reply.status, 400);
    assert.equal((await anna.get('/api/documents?limit=100')).json.documents.length, before);
  });
});

// ---- markup

const markup = ['<script>pwned()</script>', '<img src=x onerror=pwned()>', '"><svg onload=pwned()>',
  "'><svg/onload=pwned()>", '</script><script>pwned()</script>', '</title><script>pwned()</script>',
  '</textarea><img src=x onerror=pwned()>', '<!--<script>pwned()//-->', '{{constructor.constructor("pwned()")()}}',
  '[x](javascript:pwned())', '" onfocus=pwned() autofocus x="', '<base href=//evil.example/>',
  '<meta http-equiv=refresh content="0;url=//evil.example">'];
const live = /<(?:script>pwned|img src=x|svg[ /]onload|!--<script>|base href=\/\/evil|meta http-equiv=refresh)|" onfocus=pwned/i;

describe('markup', () => {
  const places = [];

  before(async () => {
    for (const [n, text] of markup.entries()) {
      const client = await signedUp(lectern.url, { name: text });
      const document = (await client.request('POST', `/api/documents?filename=${
        encodeURIComponent(`${text.replaceAll('/', '')}.md`)}`, { body: `# ${text}\n\nA lamp: ${text}\n`,
        headers: { 'content-type': 'text/markdown' } })).json.document;
      await client.patch(`/api/documents/${document.id}`, { title: text });
      await add(client, { title: `${text} ${n}`, text: `The lamp says ${text} every day.` });
      const { conversationId } = (await askWhole(client, `What says the lamp? ${text}`)).json;
      await client.patch(`/api/conversations/${conversationId}`, { title: text });
      const { collection } = (await client.post('/api/collections',
        { name: text, documentIds: [document.id] })).json;
      await client.post('/api/keys', { name: text });
      places.push({ client, text, documentId: document.id, conversationId, collectionId: collection.id });
    }
  });

  test('in answers comes back as it was, and is no page', async () => {
    for (const { client, text, documentId: id, conversationId, collectionId } of places) {
      const inJson = ['/api/auth/get-session', '/api/documents', `/api/documents/${id}`, '/api/conversations',
        `/api/conversations/${conversationId}`, '/api/collections', `/api/collections/${collectionId}`, '/api/keys',
        '/v1/models', `/api/conversations?q=${encodeURIComponent(text)}`, `/api/nothing/${encodeURIComponent(text)}`,
        `/api/documents/${encodeURIComponent(text)}`, `/api/documents?sort=${encodeURIComponent(text)}`,
        `/api/conversations/${conversationId}/export?format=json`];
      const notHtml = [`/api/documents/${id}/text`, `/api/documents/${id}/original`,
        `/api/conversations/${conversationId}/export?format=md`, '/api/export'];
      const replies = [...await Promise.all(inJson.map((where) => client.get(where))),
        await client.post('/api/search', { query: text })];

      for (const reply of replies) {
        assert.match(reply.headers.get('content-type'), /^application\/json/);
        assert.equal(reply.headers.get('x-content-type-options'), 'nosniff');
        assert.match(reply.headers.get('content-security-policy'), /^default-src 'none'/);
        assert.doesNotThrow(() => reply.json, text);
      }
      assert.equal((await client.get(`/api/documents/${id}`)).json.document.title, text);
      assert.equal(replies[0].json.user.name, text);
      for (const where of notHtml) {
        const reply = await client.get(where);
        assert.equal(reply.status, 200, where);
        assert.doesNotMatch(reply.headers.get('content-type'), /html|xml|svg|javascript/);
        assert.equal(reply.headers.get('x-content-type-options'), 'nosniff');
        assert.match(reply.headers.get('content-security-policy'), /sandbox/);
      }
    }
  });

  test('in pages stands nowhere unescaped, of a person or of an address', async () => {
    for (const { client, text, documentId: id, conversationId } of places) {
      const word = encodeURIComponent(text);

      for (const where of ['/', '/chat', `/chat/${conversationId}`, '/documents', `/documents/${id}`,
        `/documents/${word}`, `/chat/${word}`, '/settings', `/sign-in?next=${word}`, `/sign-up?next=/${word}`,
        `/api/auth/error?error=${word}&error_description=${word}`, `/reset-password?token=${word}&error=${word}`,
        `/nothing/${word}`, `/documents?q=${word}`, `/documents?sort=${word}&collection=${word}`, `/docs?${word}`,
        `/forgot-password?email=${word}`, `/confirmed?error=${word}`, `/assets/${word}`]) {
        const reply = await client.get(where);
        assert.ok(reply.status < 500, where);
        assert.doesNotMatch(reply.text, live, where);
        assert.doesNotMatch(reply.headers.get('location') ?? '', /[<>"]|\/\/evil/);
      }
      const form = await client.request('POST', '/form/sign-in',
        { form: { email: text, password: text, next: text } });
      assert.doesNotMatch(form.text + form.headers.get('location'), live);
    }
  });

  test('of an administrator’s pages stands nowhere unescaped', async () => {
    const admin = await signedUp(lectern.url, { email: 'content-admin@example.com' });

    await lectern.run('user', 'admin', 'content-admin@example.com');
    for (const where of ['/admin', '/admin/users', '/admin/library', '/admin/status', '/admin/audit']) {
      const reply = await admin.get(where);
      assert.equal(reply.status, 200, where);
      assert.doesNotMatch(reply.text, live, where);
    }
  });
});
