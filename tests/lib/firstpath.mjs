// The first path through the program, as a person walks it: an account, a
// document, a question, the answer, and the passage it cites.

import assert from 'node:assert/strict';

import { PASSWORD, ask } from './browser.mjs';

// Characters of one to four bytes stand before the passage: whoever counts
// anything but bytes marks the wrong words.
export const TITLE = 'Reading room rules';
export const RULES = `# ${TITLE}

Ältere Fassung: 1987 – übernommen; 閲覧室 𝔏.

## Slips

A volume fetched from the closed stacks may remain on the reader's desk for seven days, provided that a signed slip is left between its pages.

## Lamps

Each desk has a lamp. It may be lit at any hour at which the room is open.

## Pictures

Portraits of the founders ![portrait](http://elsewhere.invalid/portrait.png) <img src="http://elsewhere.invalid/tag.png" onerror="document.title='taken'"> hang beside the staircase.
`;
export const QUESTION = 'How many days may a volume from the closed stacks remain on a desk?';

/** The first mark at that place. */
export function marked(page, place) {
  return page.locator(`${place} mark`).first();
}

/** Walks it, for somebody new at a page of the browser. */
export async function walkFirstPath(page, email) {
  await page.goto('/');
  await page.getByRole('link', { name: 'Create an account' }).click();
  await page.locator('[aria-controls="password"]').waitFor();
  await page.getByLabel('Name').fill('Ann Lindqvist');
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.waitForURL('**/chat');

  await page.getByRole('link', { name: 'Documents', exact: true }).click();
  await page.getByLabel('Choose files').setInputFiles(
    { name: 'rules.md', mimeType: 'text/markdown', buffer: Buffer.from(RULES) });
  await page.getByRole('listitem').filter({ hasText: TITLE })
    .getByRole('link', { name: 'Ask' }).waitFor();

  await page.getByRole('link', { name: 'Chat', exact: true }).click();
  await page.waitForURL('**/chat');
  const turn = await ask(page, QUESTION);
  assert.match(await turn.locator('[data-prose]').innerText(), /seven days/);
  assert.match(await page.locator('[data-announcer]').innerText(), /seven days/,
    'the finished answer is announced');
  assert.match(page.url(), /\/chat\/[^/]+$/, 'the conversation has its address');

  await turn.locator('[data-prose] a.chip').first().click();
  const sheet = page.getByRole('dialog', { name: TITLE });
  await marked(page, '[data-slip-text]').waitFor();
  await sheet.getByRole('link', { name: 'Open the whole document' }).click();
  await page.waitForURL(/\/documents\/[^/]+#\d+-\d+$/);
  const mark = marked(page, '[data-text]');
  await mark.waitFor();
  assert.ok((await mark.innerText()).includes('seven days'));

  const [start, end] = new URL(page.url()).hash.slice(1).split('-').map(Number);
  assert.equal(await mark.evaluate((element) => element.textContent),
    Buffer.from(RULES).subarray(start, end).toString(), 'marked by bytes');
  assert.equal(await page.locator('[data-text]').evaluate((element) =>
    element.textContent), RULES, 'the text is shown to the letter');
  assert.ok(await mark.evaluate((element) => {
    const { top, bottom } = element.getBoundingClientRect();
    return top >= 0 && bottom <= innerHeight;
  }), 'the passage is in view');
}
