// What becomes of HTML, PDF and Word documents, good, broken and malicious.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { chmod, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { docx, encrypted, item, paragraph, pdf, styled, zip } from '../fixtures/documents.mjs';
import { askWhole } from '../lib/asking.mjs';
import { signedUp } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { processesLike, signal } from '../lib/process.mjs';
import { until } from '../lib/wait.mjs';

let lectern, anna;

before(async () => {
  lectern = await startLectern();
  anna = await signedUp(lectern.url);
});

after(async () => {
  assert.equal(lectern.restarts(), 0, lectern.tail());
  await lectern.stop();
});

const send = (name, body, type = 'application/octet-stream') => anna.post(
  `/api/documents?filename=${encodeURIComponent(name)}`, undefined,
  { body, headers: { 'content-type': type } });

/** Uploads, and waits until the document has been read or given up. */
async function read(name, body, type) {
  const reply = await send(name, body, type);

  assert.ok([200, 201].includes(reply.status), reply.text);
  return until(async () => {
    const { document } = (await anna.get(`/api/documents/${reply.json.document.id}`)).json;
    return ['ready', 'failed'].includes(document.status) && document;
  }, `${name} to be read`, { seconds: 100 });
}

/** The text of a document that can be read. */
async function textOf(name, body, type) {
  const document = await read(name, body, type);

  assert.equal(document.status, 'ready', document.error);
  return (await anna.get(`/api/documents/${document.id}/text`)).text;
}

async function fails(name, body, reason) {
  const document = await read(name, body);

  assert.equal(document.status, 'failed');
  assert.match(document.error, reason);
}

describe('HTML', () => {
  test('becomes Markdown of what a reader sees', async () => {
    const text = await textOf('a.html', `<!doctype html><title>Page</title>
      <style>p { color: red }</style><nav>Home | Shop</nav><script>alert(1)</script>
      <main><h1>Lamps &amp; oil</h1><p>Use   <a href="/x">clean
      oil</a> in snake_case, *never* water.</p><p hidden>unseen</p>
      <ol><li>Open it</li><li>Fill it<ul><li>slowly</li></ul></li></ol>
      <table><tr><th>Kind</th><th>Price</th></tr><tr><td>A|B</td><td>3</td></tr></table>
      <pre>if (x)\n    y = "&lt;b&gt;";</pre></main>`);

    assert.equal(text, `# Lamps & oil

Use clean oil in snake_case, \\*never\\* water.

1. Open it
2. Fill it
   - slowly

| Kind | Price |
| --- | --- |
| A\\|B | 3 |

\`\`\`
if (x)
    y = "<b>";
\`\`\`
`);
  });

  test('is read in the encoding that it names, or that its bytes show', async () => {
    const latin = (html) => Buffer.from(html, 'latin1');

    assert.match(await textOf('b.html', latin('<meta charset="iso-8859-1"><p>Käse für Ödön')), /Käse für Ödön/);
    assert.match(await textOf('c.html', latin('<p>Déjà vu, sans meta')), /Déjà vu/);
    assert.match(await textOf('d.html', Buffer.from('\ufeff<p>Zwölf Boxkämpfer', 'utf16le')), /Zwölf Boxkämpfer/);
    assert.match(await textOf('e.html', Buffer.concat([Buffer.from(
      '<meta http-equiv="content-type" content="text/html; charset=koi8-r"><p>'),
    Buffer.from([0xcd, 0xc9, 0xd2])])), /мир/);
  });

  test('is known by its beginning when it has no name', async () => {
    const reply = await anna.post('/api/documents', undefined, { body:
      '<!DOCTYPE html><p>No name, and yet a page', headers: { 'content-type': 'text/plain' } });

    assert.equal(reply.json.document.mediaType, 'text/html');
  });

  test('of absurd depth and number of elements is read', async () => {
    assert.match(await textOf('deep.html', `${'<div>'.repeat(200000)}bottom`), /bottom/);
    assert.match(await textOf('many.html', `${'<b>x</b> '.repeat(1000000)}`), /x x x/);
  });

  test('without text fails and says so', async () => {
    await fails('empty.html', '<html><script>var x</script>', /holds no text/);
  });
});

describe('Word', () => {
  test('documents keep headings, lists and tables', async () => {
    const cell = (text) => `<w:tc>${paragraph(text)}</w:tc>`;
    const text = await textOf('a.docx', docx(styled('Kettles', 'Kop1') +
      styled('Cleaning', 'Mine') + paragraph('Use # vinegar.') +
      item('one', 1) + item('deeper', 1, 1) + item('first', 2) + item('second', 2) +
      `<w:tbl><w:tr>${cell('Part')}${cell('Number')}</w:tr><w:tr>${cell('Lid')}${cell('7')}</w:tr></w:tbl>` +
      '<w:p><w:del><w:r><w:delText>gone</w:delText><w:t>gone</w:t></w:r></w:del><w:r><w:t>stays</w:t></w:r></w:p>'));

    assert.equal(text, `# Kettles

## Cleaning

Use # vinegar.

- one
  - deeper
1. first
2. second

| Part | Number |
| --- | --- |
| Lid | 7 |

stays
`);
  });

  test('documents that are locked, broken or bombs fail with a reason', async () => {
    await fails('locked.docx', Buffer.from('d0cf11e0a1b11ae1' + '00'.repeat(600), 'hex'), /password/);
    await fails('broken.docx', docx(paragraph('whole')).subarray(0, 300), /damaged/);
    await fails('other.docx', zip({ 'a.txt': 'no document' }), /damaged/);
    await fails('bomb.docx', docx(paragraph('a'.repeat(100 << 20))), /unpacks to more/);
    await fails('laughs.docx', zip({ 'word/document.xml': `<!DOCTYPE d [<!ENTITY a "ha">${
      Array.from({ length: 20 }, (_, n) => `<!ENTITY ${String.fromCharCode(98 + n)} "${
        `&${String.fromCharCode(97 + n)};`.repeat(10)}">`).join('')}]><d><body><p><r><t>&u;</t></r></p></body></d>` }),
    /damaged|no text/);
    assert.match(await textOf('after.docx', docx(paragraph('still alive'))), /still alive/);
  });

  test('documents cannot make the reader open a file', async () => {
    await fails('entity.docx', zip({ 'word/document.xml':
      '<!DOCTYPE d [<!ENTITY a SYSTEM "file:///etc/passwd">]><d><body><p><r><t>&a;</t></r></p></body></d>' }),
    /damaged|no text/);
  });
});

describe('PDF', () => {
  const pages = ['The first page speaks of cranes, which fly to warmer coun\u00adtries in autumn. '.repeat(12) +
    'This sentence goes on', 'behind the break of the page. The second page has efficient foxes.',
  'The third page is about the zephyr alone.'];
  const html = `<style>section { break-after: page } h1 { font-size: 20pt }</style>${
    pages.map((text, n) => `<section><div>Annual report ${n + 1}</div><p>${text}</p>${
      n === 2 ? '<p>2.1 Wind speeds</p><p>• mild</p><p>• strong</p><h1>Storms</h1><p>They blow.</p>' : ''}</section>`).join('')}`;
  let bytes;

  before(async () => {
    bytes = await pdf(html);
  });

  test('is read as paragraphs, without running headers, pages known', async () => {
    const document = await read('report.pdf', bytes, 'text/plain');
    assert.equal(document.status, 'ready', document.error);
    assert.equal(document.mediaType, 'application/pdf');
    const { text } = await anna.get(`/api/documents/${document.id}/text`);

    assert.match(text, /fly to warmer countries in autumn\. The first page speaks/);
    assert.match(text, /This sentence goes on behind the break/);
    assert.match(text, /efficient foxes/);
    assert.doesNotMatch(text, /Annual report/);
    assert.match(text, /^### 2\.1 Wind speeds$/m);
    assert.match(text, /^- mild\n- strong$/m);
    assert.match(text, /^# Storms\n\nThey blow\.$/m);

    assert.deepEqual(JSON.parse(await lectern.postgres.psql(lectern.database,
      `select json_agg(distinct page) from chunks where document = '${document.id}'`)), [1, 3]);
    const original = await anna.get(`/api/documents/${document.id}/original`);
    assert.equal(original.headers.get('content-type'), 'application/pdf');
    assert.match(original.headers.get('content-disposition'), /^attachment/);
  });

  test('is cited with its page', async () => {
    const { text } = await askWhole(anna, 'What is the zephyr alone about?');

    assert.match(text, /"page": ?3/);
  });

  test('that is encrypted, scanned or cut fails with a reason', async () => {
    await fails('locked.pdf', await encrypted(bytes), /protected by a password; save it without one/);
    await fails('scan.pdf', await pdf('<svg width=300 height=300><circle r=90 cx=99 cy=99 /></svg>'), /scanned/);
    await fails('cut.pdf', '%PDF-1.7\n1 0 obj << /Type /Catalog', /damaged/);
    await fails('noise.pdf', Buffer.concat([Buffer.from('%PDF-1.4\n'), Buffer.alloc(100000, 'x\0y')]), /damaged/);
  });

  test('is found by its content under any name', async () => {
    const reply = await send('report.bin', bytes);
    assert.ok([200, 201].includes(reply.status), reply.text);
    assert.equal(reply.json.document.mediaType, 'application/pdf');
  });
});

describe('what is none of these', () => {
  test('is refused, whatever its name or type says', async () => {
    const binary = Buffer.from([0, 1, 2, 3, 255, 254]);

    for (const [name, type] of [['a.pdf', 'application/pdf'], ['a.docx', 'text/plain'],
      ['a.html', 'text/html'], ['a.txt', 'text/plain'], ['a.png', 'image/png'], ['a', 'text/html']]) {
      const reply = await send(name, binary, type);
      assert.equal(reply.status, 415, name);
      assert.match(reply.json.message, /PDF, Word \(DOCX\)/);
    }
  });
});

describe('the extractor', () => {
  /** Those that the process started: of the server, the keeper; of that, it. */
  const processes = async (parent = lectern.pid) => {
    const found = [];

    for (const pid of (await readdir('/proc')).filter(Number)) {
      const [command, status] = await Promise.all(['cmdline', 'status'].map((name) =>
        readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '')));
      if (command === 'lectern\0extractor\0'
        && Number(/^PPid:\t(\d+)$/m.exec(status)[1]) === Number(parent))
        found.push(pid);
    }
    return found;
  };

  test('has neither the environment nor the descriptors of the server', async () => {
    const [keeper, ...more] = await processes();
    const [pid] = await processes(keeper);

    assert.deepEqual(more, []);
    assert.equal(await readFile(`/proc/${pid}/environ`, 'utf8'), 'LC_ALL=C.UTF-8\0');
    assert.deepEqual((await readdir(`/proc/${pid}/fd`)).sort(), ['0', '1', '2', '3']);
  });

  test('comes back when it was killed', async () => {
    const [keeper] = await processes();
    const [pid] = await processes(keeper);

    process.kill(Number(pid), 'SIGKILL');
    assert.match(await textOf('after.html', '<p>Read by its successor.'), /successor/);
    assert.notEqual((await processes(keeper))[0], pid);
  });

  /** Uploads what takes a while to read, and sends its reader a signal. */
  const interrupted = async (name, signal) => {
    const [keeper] = await processes();
    const [pid] = await processes(keeper);
    const large = `<p>Interrupted ${name}</p>${'<p>a <b>word</b> or two'.repeat(300_000)}`;
    const [document] = await Promise.all([read(name, large), (async () => {
      const child = await until(async () => (await processes(pid))[0], 'the child');
      process.kill(Number(child), signal);
    })()]);

    return document;
  };

  test('reads a document again whose reading was killed from outside', async () => {
    const document = await interrupted('killed.html', 'SIGKILL');

    assert.equal(document.status, 'ready', document.error);
  });

  test('gives a document up that crashes its reader, and reads the next one', async () => {
    const document = await interrupted('crash.html', 'SIGSEGV');

    assert.equal(document.status, 'failed');
    assert.match(document.error, /The file is damaged/);
    assert.match(await textOf('next.html', '<p>Read after a crash.'), /after a crash/);
  });

  test('serves `lectern ingest` as well', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lectern-ingest-'));

    await chmod(folder, 0o755);
    await writeFile(join(folder, 'page.html'), '<h1>From disk</h1><p>A page of the library.');
    await writeFile(join(folder, 'bad.docx'), 'PK\x03\x04 broken');
    await writeFile(join(folder, 'word.docx'), docx(paragraph('A letter of the library.')));
    const { code, stderr } = await lectern.run('ingest', folder);
    await rm(folder, { recursive: true });

    assert.equal(code, 1, stderr);
    assert.match(stderr, /bad(\.docx)? failed: The file is damaged/);
    assert.match(stderr, /3 documents read, .* 1 failed/);
    const { results } = (await anna.post('/api/search', { query: 'letter library' })).json;
    assert.match(JSON.stringify(results), /A letter of the library/);
  });
});

test('an extractor that was killed is there again for the next document', async () => {
  for (let round = 0; round < 2; round++) {
    const killed = processesLike(lectern.pid, /^lectern extractor$/);

    assert.ok(killed.length > 0);
    for (const pid of killed) signal(pid, 'SIGKILL');
    assert.match(await textOf(`again-${round}.html`, `<p>The lamp burns, round ${round}.</p>`),
      /The lamp burns/);
  }
});
