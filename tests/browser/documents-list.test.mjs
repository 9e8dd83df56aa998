// Adding and finding on the documents page, in a real browser: what is told of
// each file, several at once, and what the page says in each of its states.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { violations } from '../lib/axe.mjs';
import { PHONE, overflow, signUp, startBrowser } from '../lib/browser.mjs';
import { startLectern } from '../lib/lectern.mjs';

const SHOTS = process.env.LECTERN_SHOTS;

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

const file = (name, text = `# ${name}\n\nText of ${name}.\n`, mimeType = 'text/markdown') =>
  ({ name, mimeType, buffer: Buffer.from(text) });
const rows = (page) => page.locator('[data-own] [data-paper]');
const lines = (page) => page.locator('[data-uploads] [data-upload]');
const titles = (page) => page.locator('[data-own] [data-link]').allInnerTexts();

async function add(page, ...files) {
  await page.getByLabel('Choose files').setInputFiles(files);
}

async function opened(options, email) {
  const person = await browser.person(options);

  await signUp(person.page, email);
  await person.page.goto('/documents');
  await person.page.getByText('Nothing here yet.').waitFor();
  return person;
}

test('each file is told apart: taken, there already, replaced, not sent at all', async () => {
  const { page, troubles, close } = await opened({}, 'each@example.com');
  const sent = [];
  page.on('request', (request) => request.method() === 'POST' && sent.push(request.url()));

  await add(page, file('<img src=x>.md', '# <b>Plain</b> & simple\n\nText.\n'), file('one.md'),
    file('photo.png', 'not text', 'image/png'), file('none.txt', '', 'text/plain'),
    { name: 'huge.txt', mimeType: 'text/plain', buffer: Buffer.alloc(20 * 1024 * 1024 + 1, 'a') });
  await rows(page).nth(1).getByRole('link', { name: 'Ask' }).waitFor();
  await rows(page).first().getByRole('link', { name: 'Ask' }).waitFor();
  assert.equal(await lines(page).count(), 3);
  assert.match(await lines(page).filter({ hasText: 'huge.txt' }).innerText(), /20 MiB/);
  assert.match(await lines(page).filter({ hasText: 'photo.png' }).innerText(), /PDF, Word/);
  assert.equal(sent.filter((url) => url.includes('/api/documents')).length, 2);
  assert.equal(await page.locator('main img').count(), 0);

  await add(page, file('one.md'));
  await rows(page).filter({ hasText: 'one.md' }).locator('[data-news]:not([hidden])').waitFor();
  const same = await rows(page).filter({ hasText: 'one.md' }).locator('[data-news]').innerText();
  await add(page, file('one.md', '# one.md\n\nAnother text.\n'));
  await page.waitForFunction((before) => [...document.querySelectorAll('[data-news]:not([hidden])')]
    .some(({ textContent }) => textContent !== before), same);
  assert.equal(await rows(page).count(), 2);
  assert.deepEqual(troubles, []);
  await close();
});

test('an upload is cancelled, and one that failed is sent again', async () => {
  const { page, close } = await opened({}, 'cancel@example.com');
  let held = null;
  let tries = 0;

  await page.route('**/api/documents?filename=slow.md', (route) => { held = route; });
  await page.route('**/api/documents?filename=weak.md', (route) => (tries++ === 0
    ? route.abort() : route.continue()));
  await add(page, file('slow.md'), file('weak.md'));
  const weak = lines(page).filter({ hasText: 'weak.md' });
  await weak.getByRole('button', { name: 'Try again' }).click();
  await rows(page).getByRole('link', { name: 'Ask' }).waitFor();
  await lines(page).getByRole('button', { name: 'Cancel slow.md' }).click();
  assert.equal(await lines(page).count(), 0);
  assert.notEqual(held, null);
  assert.deepEqual(await titles(page), ['weak.md']);
  await close();
});

test('the list is found, sorted, chosen from, deleted and taken back', async () => {
  const { page, troubles, close } = await opened({}, 'several@example.com');

  await add(page, file('beta.md'), file('alpha.md', '# alpha.md\n\nA longer text than that.\n'), file('gamma.md'));
  for (const n of [0, 1, 2])
    await rows(page).nth(n).getByRole('link', { name: 'Ask' }).waitFor();
  await page.getByLabel('Order').selectOption('title');
  await page.waitForFunction(() => document.querySelector('[data-own] [data-link]').textContent === 'alpha.md');
  assert.deepEqual(await titles(page), ['alpha.md', 'beta.md', 'gamma.md']);
  await page.getByRole('searchbox').fill('GAM');
  await page.waitForFunction(() => document.querySelectorAll('[data-own] > li').length === 1);
  await page.reload();
  await rows(page).getByRole('link', { name: 'Ask' }).waitFor();
  assert.deepEqual(await titles(page), ['gamma.md'], 'what is looked for is kept');
  await page.getByRole('searchbox').fill('nowhere');
  await page.getByRole('button', { name: 'Show all' }).click();
  await rows(page).nth(2).waitFor();
  assert.deepEqual(await violations(page), []);

  await page.getByLabel('Select alpha.md').check();
  await page.getByLabel('Select gamma.md').check();
  const address = new URL(await page.locator('[data-ask-selected]').getAttribute('href'), lectern.url);
  assert.equal(address.searchParams.getAll('document').length, 2);
  await page.getByRole('button', { name: 'Add to a collection' }).click();
  await page.getByRole('dialog').getByRole('textbox').fill('Letters');
  assert.deepEqual(await violations(page), []);
  await page.getByRole('dialog').getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
  assert.equal(await lectern.postgres.psql(lectern.database,
    'select count(*) from collection_documents'), '2');

  await page.locator('[data-select-all]').check();
  await page.locator('[data-delete-selected]').click();
  await page.getByText('3 documents are deleted.').waitFor();
  assert.equal(await rows(page).count(), 0);
  await page.keyboard.press('Enter');
  await rows(page).nth(2).waitFor();
  assert.deepEqual(troubles, []);
  await close();
});

test('a text is looked at beside the list, and Escape leads back', async () => {
  for (const viewport of [PHONE, { width: 1440, height: 900 }]) {
    const { page, troubles, close } = await opened({ viewport }, `look${viewport.width}@example.com`);

    await add(page, file('lamp.md', '# Lamp\n\nGreen shade.\n'));
    await rows(page).getByRole('link', { name: 'Ask' }).waitFor();
    await page.getByRole('button', { name: 'Preview Lamp' }).click();
    await page.getByRole('dialog').getByText('Green shade.').waitFor();
    assert.deepEqual(await violations(page), []);
    if (SHOTS)
      await page.screenshot({ path: `${SHOTS}/preview-${viewport.width}.png` });
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    assert.match(await page.evaluate(() => document.activeElement.textContent), /Preview/);
    assert.deepEqual(troubles, []);
    await close();
  }
});

test('pasted text is offered as a document, and a drag covers the page', async () => {
  const { page, troubles, close } = await opened({}, 'paste@example.com');

  await page.evaluate(() => {
    const data = new DataTransfer();
    data.setData('text/plain', 'From the clipboard.');
    document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true }));
  });
  const dialog = page.getByRole('dialog');
  assert.equal(await dialog.locator('textarea').inputValue(), 'From the clipboard.');
  await dialog.locator('input').fill('Clip');
  await dialog.getByRole('button', { name: 'Add document' }).click();
  await rows(page).getByRole('link', { name: 'Ask' }).waitFor();

  const drag = (type) => page.evaluate((name) => {
    const data = new DataTransfer();
    data.items.add(new File(['Dropped text.'], 'dropped.txt', { type: 'text/plain' }));
    document.body.dispatchEvent(new DragEvent(name, { dataTransfer: data, bubbles: true, cancelable: true }));
  }, type);
  await drag('dragover');
  assert.equal(await page.locator('[data-drop-cover]').isVisible(), true);
  await drag('drop');
  assert.equal(await page.locator('[data-drop-cover]').isVisible(), false);
  await rows(page).nth(1).getByRole('link', { name: 'Ask' }).waitFor();
  assert.deepEqual(troubles, []);
  await close();
});

test('every width fits, and what is being read is asked after only while it is', async () => {
  const { page, troubles, close } = await opened({}, 'widths@example.com');
  let asked = 0;

  page.on('request', (request) => { asked += /\/api\/documents\/[^/]+$/.test(request.url()); });
  await add(page, file('a-long-name-of-a-file.md', `# ${'Unbroken'.repeat(20)}\n\nText.\n`), file('second.md'),
    file('photo.png', 'not text', 'image/png'));
  await rows(page).nth(1).getByRole('link', { name: 'Ask' }).waitFor();
  await rows(page).first().getByRole('link', { name: 'Ask' }).waitFor();
  const before = asked;
  for (const width of [375, 390, 768, 1024, 1440, 1920]) {
    for (const colorScheme of ['light', 'dark']) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme });
      assert.equal(await overflow(page), 0, `${width}`);
      assert.deepEqual(await violations(page), [], `${width} ${colorScheme}`);
      if (SHOTS)
        await page.screenshot({ path: `${SHOTS}/list-${width}-${colorScheme}.png` });
    }
  }
  assert.equal(asked, before, 'nothing is asked after once all is read');
  assert.deepEqual(troubles, []);
  await close();
});
