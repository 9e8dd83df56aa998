// What a person does with documents on their page, in a real browser.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';

import { PHONE, addDocument, overflow, signUp, startBrowser } from '../lib/browser.mjs';
import { startLectern } from '../lib/lectern.mjs';

const TEXT = '# Lamps\n\nEach desk has a lamp with a green shade.\n';

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

test('a deletion is taken back from where it was made', async () => {
  const { page, troubles, close } = await browser.person({ viewport: PHONE });
  const rows = page.locator('[data-own] [data-paper]');

  await signUp(page, 'undo@example.com');
  const address = await addDocument(page, 'lamps.md', TEXT, 'Lamps');
  await page.getByRole('button', { name: 'Delete Lamps' }).click();
  await page.getByText('“Lamps” is deleted.').waitFor();
  assert.equal(await rows.count(), 0);
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Undo');
  assert.equal(await overflow(page), 0);

  await page.keyboard.press('Enter');
  await rows.getByRole('link', { name: 'Ask' }).waitFor();
  assert.equal(await page.getByText('is deleted.').first().isVisible(), false);
  assert.equal(await rows.getByRole('link').first().getAttribute('href'), address);
  await page.reload();
  await rows.getByRole('link', { name: 'Ask' }).waitFor();
  assert.deepEqual(troubles, []);
  await close();
});

test('a document is renamed, tried again and saved as it was uploaded', async () => {
  const { page, troubles, close } = await browser.person();
  const row = page.locator('[data-own] [data-paper]');

  await signUp(page, 'manage@example.com');
  await addDocument(page, 'lamps.md', TEXT, 'Lamps');
  await page.getByText(/^[1-9]\d* B of 200 MB used$/).waitFor();
  await page.getByRole('button', { name: 'Rename Lamps' }).click();
  const dialog = page.getByRole('dialog');
  assert.equal(await dialog.getByLabel('Title').inputValue(), 'Lamps');
  await dialog.getByLabel('Title').fill('Lights <b>');
  await dialog.getByRole('button', { name: 'Rename' }).click();
  await row.getByRole('link', { name: 'Lights <b>', exact: true }).waitFor();
  await row.getByRole('link', { name: 'Ask' }).waitFor();

  await lectern.postgres.psql(lectern.database, `update documents
    set status = 'failed', error = 'It was broken off.'`);
  await page.reload();
  await page.getByText('It was broken off.', { exact: true }).waitFor();
  await row.getByRole('button', { name: 'Try again' }).click();
  await row.getByRole('link', { name: 'Ask' }).waitFor();
  assert.equal(await row.getByRole('button', { name: 'Try again' }).isVisible(), false);

  await row.getByRole('link', { name: 'Lights <b>', exact: true }).click();
  const coming = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download the original' }).click();
  const download = await coming;
  assert.equal(download.suggestedFilename(), 'lamps.md');
  assert.equal(readFileSync(await download.path(), 'utf8'), TEXT);
  assert.deepEqual(troubles, []);
  await close();
});
