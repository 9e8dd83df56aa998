// The page of one document: its text to the letter, the passage of the
// address marked and in view, however long the document is.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { violations } from '../lib/axe.mjs';
import { DESK, PHONE, overflow, putDocument, signUp, startBrowser } from '../lib/browser.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { until } from '../lib/wait.mjs';

const TITLE = 'Observatory <script>alert(1)</script>';
const MB = 1024 * 1024;

let lectern;
let browser;

before(async () => {
  lectern = await startLectern();
  browser = await startBrowser(lectern.url);
});

after(async () => {
  await browser?.stop();
  await lectern?.stop();
  assert.equal(lectern?.restarts(), 0, 'a worker was lost');
});

// Somebody with a document, which need not be indexed to be read; the text is
// put into the database, where a long one arrives faster.
async function reader(email, text, options) {
  const person = await browser.person(options);

  await signUp(person.page, email);
  const address = await putDocument(person.page, TITLE, `# ${TITLE}\n\nSomething.\n`);
  if (text)
    await setText(address, text);
  return { ...person, address };
}

async function setText(address, text) {
  const id = address.split('/').pop();

  await lectern.postgres.psql(lectern.database, `update texts set bytes =
    decode('${Buffer.from(text).toString('base64')}', 'base64') where document = '${id}'`);
}

// Lines of differing length, with characters of one to four bytes.
function longText(bytes) {
  const lines = [];
  let length = 0;

  for (let i = 0; length < bytes; i++) {
    const line = `Zeile ${i}: Größe – 時計 😀 ${'lorem ipsum dolor sit amet '.repeat(i % 7)}\n`;
    lines.push(line);
    length += Buffer.byteLength(line);
  }
  return lines.join('');
}

function rangeOf(text, words) {
  const start = Buffer.from(text).indexOf(words);

  assert.notEqual(start, -1);
  return `#${start}-${start + Buffer.byteLength(words)}`;
}

const marked = (page) => page.locator('[data-text] mark').evaluateAll((marks) =>
  marks.map(({ textContent }) => textContent).join(''));

async function inView(page) {
  await page.waitForFunction(() => {
    const mark = document.querySelector('[data-text] mark');
    if (!mark)
      return false;
    const { top, bottom } = mark.getBoundingClientRect();
    return top >= 56 && bottom <= innerHeight;
  });
}

describe('the page of a document', () => {
  test('shows markup of a title as text, at any width', async () => {
    const { page, address, troubles, close } = await reader('title@example.com', '', { viewport: PHONE });

    await page.goto(address);
    await page.getByRole('heading', { name: TITLE }).waitFor();
    await page.getByText('Something.').waitFor();
    assert.equal(await overflow(page), 0);
    assert.deepEqual(await violations(page), []);
    assert.equal(await page.getByRole('link', { name: 'All documents' }).getAttribute('href'), '/documents');
    assert.deepEqual(troubles, []);
    await close();
  });

  test('marks any range to the byte, also one that ends within a section', async () => {
    const text = longText(300 * 1024);
    const { page, address, troubles, close } = await reader('ranges@example.com', text);
    const bytes = Buffer.from(text);
    // Around the places where sections begin, and elsewhere.
    const places = [0, 64 * 1024 - 40, 64 * 1024, 128 * 1024 + 300, 200_000, bytes.length - 400];

    await page.goto(address);
    await page.locator('[data-text]:not([aria-busy])').waitFor();
    await until(async () => await page.locator('[data-text]').evaluate((element) =>
      element.textContent) === text, 'the whole text, to the letter');
    for (const place of places) {
      let start = place;
      let end = Math.min(bytes.length, place + 350);
      while ((bytes[start] & 0xc0) === 0x80) start++;
      while (end < bytes.length && (bytes[end] & 0xc0) === 0x80) end++;
      const words = bytes.subarray(start, end).toString();

      await page.evaluate((hash) => { location.hash = hash; }, `${start}-${end}`);
      await until(async () => await marked(page) === words, `the mark at ${start}`);
      await inView(page);
    }
    assert.deepEqual(troubles, []);
    await close();
  });

  test('of 20 MB shows a passage in its midst without reading all of it', async () => {
    const words = 'The passage in the midst: Größe 😀 時計.';
    const half = longText(9.9 * MB);
    const text = `${half}${words}\n${half}`;
    const { page, address, troubles, close } = await reader('large@example.com', text);
    let read = 0;

    page.on('response', async (response) => {
      if (response.url().endsWith('/text'))
        read += Number(response.headers()['content-length'] ?? (await response.body()).length);
    });
    const before = Date.now();
    await page.goto(address + rangeOf(text, words));
    await inView(page);
    const ms = Date.now() - before;
    assert.equal(await marked(page), words);
    assert.ok(ms < 5000, `it took ${ms} ms`);
    await page.waitForLoadState('networkidle');
    await inView(page);
    assert.ok(read < MB, `${read} bytes were read`);
    assert.ok(await page.evaluate(() => performance.now() > 0));

    await page.keyboard.press('Control+End');
    await until(() => page.evaluate((line) =>
      document.querySelector('[data-text]').lastElementChild.textContent.endsWith(line),
    half.slice(-60)), 'the end of the document');
    assert.ok(read < 3 * MB, `${read} bytes were read`);
    assert.deepEqual(troubles, []);
    await close();
  });

  test('shows one endless line, and one without an end of line', async () => {
    const text = '時'.repeat(100_000) + 'THE PASSAGE' + 'ö'.repeat(100_000);
    const { page, address, troubles, close } = await reader('line@example.com', text);

    await page.goto(address + rangeOf(text, 'THE PASSAGE'));
    await inView(page);
    assert.equal(await marked(page), 'THE PASSAGE');
    await until(async () => await page.locator('[data-text]').evaluate((element) =>
      element.textContent) === text, 'the whole text, to the letter');
    assert.equal(await overflow(page), 0);
    assert.deepEqual(troubles, []);
    await close();
  });

  test('shows text from right to left from the right', async () => {
    const { page, address, troubles, close } = await reader('rtl@example.com',
      'שלום עולם\n\nHello world\n', { viewport: DESK });

    await page.goto(address);
    await page.getByText('Hello world').waitFor();
    const sides = await page.locator('.source-section').evaluate((section) => {
      const node = section.firstChild;
      const box = section.getBoundingClientRect();
      return [[0, 9], [11, 22]].map(([from, to]) => {
        const range = document.createRange();
        range.setStart(node, from);
        range.setEnd(node, to);
        const { left, right } = range.getBoundingClientRect();
        return Math.abs(box.right - right) < Math.abs(left - box.left) ? 'right' : 'left';
      });
    });
    assert.deepEqual(sides, ['right', 'left']);
    assert.deepEqual(troubles, []);
    await close();
  });

  test('says when the passage lies outside the text', async () => {
    const { page, address, close } = await reader('outside@example.com');

    for (const fragment of ['#10-99999999', '#88888888-99999999']) {
      await page.goto('/documents');
      await page.goto(address + fragment);
      await page.getByText('This passage lies outside the text').waitFor();
      await page.getByText('Something.').waitFor();
      assert.equal(await marked(page), '');
    }
    assert.deepEqual(await violations(page), []);
    await close();
  });

  test('says when there is no such document', async () => {
    const { page, address, close } = await reader('deleted@example.com');

    const reply = await page.request.delete(`/api${address}`, { headers: { origin: lectern.url } });
    assert.equal(reply.status(), 204);
    for (const path of [`${address}#2-5`, '/documents/0123456789abcdef0123456789abcdef']) {
      await page.goto('/documents');
      await page.goto(path);
      await page.getByRole('heading', { name: 'No such document' }).waitFor();
      await page.getByText('There is no such document. It may have been deleted.').waitFor();
      assert.equal(await page.locator('[data-text]').isVisible(), false);
      assert.equal(await page.getByRole('link', { name: /Ask|Download/ }).count(), 0);
    }
    assert.deepEqual(await violations(page), []);
    await close();
  });
});
