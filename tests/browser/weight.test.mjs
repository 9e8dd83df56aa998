// What a browser loads for the chat page, before compression: its quickness
// on a slow line is kept by counting bytes.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { QUESTION, startChat, WORDS } from '../lib/chatting.mjs';

const LIMIT = 150_000;		// bytes

let chat;

before(async () => { chat = await startChat(); });
after(async () => chat?.stop());

/** What the page that is open has loaded: bytes before compression. */
async function weigh(page) {
  const files = await page.evaluate(() => performance.getEntries()
    .filter(({ entryType, name }) => entryType === 'navigation'
      || (entryType === 'resource' && !new URL(name).pathname.startsWith('/api/')))
    .map(({ name, decodedBodySize }) => ({ name, bytes: decodedBodySize })));

  return {
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    list: files.toSorted((a, b) => b.bytes - a.bytes)
      .map(({ name, bytes }) => `${bytes} ${name}`).join('\n'),
  };
}

for (const language of ['en', 'de']) {
  test(`the chat page weighs less than 150 kB before compression (${language})`, async () => {
    const { page, context, close } = await chat.reader(`weight-${language}@example.com`);

    chat.model.script(WORDS);
    await context.addCookies([{ name: 'lectern.language', value: language, url: chat.lectern.url }]);
    await page.goto('/chat');
    await page.locator('[data-starter]').first().waitFor();
    const empty = await weigh(page);
    assert.ok(empty.bytes > 50_000 && empty.bytes < LIMIT, `${empty.bytes} bytes:\n${empty.list}`);

    await page.locator('#message').fill(QUESTION);
    await page.keyboard.press('Enter');
    await page.locator('[data-prose] a.chip').first().waitFor();
    await page.reload();
    await page.locator('[data-prose] a.chip').first().waitFor();
    const full = await weigh(page);
    assert.ok(full.bytes > empty.bytes && full.bytes < LIMIT,
      `with an answer ${full.bytes} bytes:\n${full.list}`);
    await close();
  });
}
