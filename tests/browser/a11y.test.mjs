// WCAG 2.2 AA as far as axe-core can tell: every page and state, in both
// themes and both languages (each theme with one of them: colours and words
// have nothing to do with each other), without a violation; and none of them
// makes the browser refuse anything by the content security policy.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { askWhole, question, reader } from '../lib/asking.mjs';
import { violations } from '../lib/axe.mjs';
import { DESK, PHONE, startBrowser } from '../lib/browser.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { administration, anybody, signedIn, visit } from '../lib/places.mjs';

let lectern;
let browser;
let anna;
let conversationId;
let documentId;

before(async () => {
  lectern = await startLectern();
  browser = await startBrowser(lectern.url);
  anna = await reader(lectern);
  ({ conversationId } = (await askWhole(anna, question)).json);
  await lectern.run('user', 'admin', anna.email);
  documentId = (await anna.get('/api/documents')).json.documents[0].id;
});

after(async () => {
  await browser?.stop();
  await lectern?.stop();
  assert.equal(lectern?.restarts(), 0, 'a worker was lost');
});

/** Opens each place; [name: violation] of all of them. */
async function judge(page, places) {
  const found = [];
  for (const place of places) {
    const [name] = place;
    try {
      await visit(page, place);
    } catch (error) {
      // The others are judged all the same.
      found.push(`${name}: ${error.message}`);
      continue;
    }
    found.push(...(await violations(page)).map((words) => `${name}: ${words}`));
  }
  return found;
}

// A page for another status than 200 says so in the console.
const unexpected = (troubles) => troubles.filter((words) => !/status of 40[14]/.test(words));

for (const [colorScheme, locale, viewport] of [['light', 'en', DESK], ['dark', 'de', PHONE]]) {
  describe(`${colorScheme}, ${locale}`, () => {
    const looks = { colorScheme, locale, viewport, reducedMotion: 'reduce' };

    test('for everybody', async () => {
      const { page, troubles, close } = await browser.person(looks);
      assert.deepEqual(await judge(page, anybody), []);
      assert.deepEqual(unexpected(troubles), []);
      await close();
    });

    test('signed in', async () => {
      const { page, context, troubles, close } = await browser.person(looks);
      await context.addCookies([...anna.cookies].map(([name, value]) => ({ name, value, url: lectern.url })));
      assert.deepEqual(await judge(page,
        [...administration, ...signedIn({ conversationId, documentId })]), []);
      assert.deepEqual(unexpected(troubles), []);
      await close();
    });
  });
}
