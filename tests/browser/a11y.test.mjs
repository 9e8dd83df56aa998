// WCAG 2.2 AA as far as axe-core can tell: every page and state, in both
// themes and both languages, without a violation; and none of them makes the
// browser refuse anything by the content security policy.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { askWhole, question, reader } from '../lib/asking.mjs';
import { violations } from '../lib/axe.mjs';
import { DESK, PHONE, startBrowser } from '../lib/browser.mjs';
import { startLectern } from '../lib/lectern.mjs';

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
  documentId = (await anna.get('/api/documents')).json.documents[0].id;
});

after(async () => {
  await browser?.stop();
  await lectern?.stop();
  assert.equal(lectern?.restarts(), 0, 'a worker was lost');
});

/** [name, path, what is done there] */
const anybody = [
  ['the front page', '/'],
  ['signing in', '/sign-in'],
  ['signing in, refused', '/sign-in', (page) => page.locator('form[data-account-form] button[type=submit]').click()],
  ['signing up', '/sign-up'],
  ['signing up with a weak password', '/sign-up', (page) => page.locator('#password').fill('Password1')],
  ['signing up with a strong password', '/sign-up', (page) => page.locator('#password').fill('four unrelated words, found by dice')],
  ['a forgotten password', '/forgot-password'],
  ['a new password', '/reset-password?token=x'],
  ['a dead link', '/reset-password?error=INVALID_TOKEN'],
  ['an address that is confirmed', '/confirmed'],
  ['an address that is not', '/confirmed?error=TOKEN_EXPIRED'],
  ['an error of an account', '/api/auth/error?error=INVALID_TOKEN'],
  ['nothing at all', '/nowhere'],
  ['the reference of the API', '/docs', (page) => page.locator('summary').first().click()],
];
const signedIn = [
  ['a new conversation', () => '/chat'],
  ['a conversation', () => `/chat/${conversationId}`, (page) => page.locator('[data-prose] a.chip').first().waitFor()],
  ['a conversation with its passage', () => `/chat/${conversationId}`, (page) => page.locator('[data-prose] a.chip').first().click()],
  ['the documents', () => '/documents', (page) => page.getByText('Kettle').first().waitFor()],
  ['a document', () => `/documents/${documentId}`, (page) => page.locator('[data-text] *').first().waitFor()],
  ['the settings', () => '/settings', (page) => page.locator('[data-sessions] li').first().waitFor()],
  ['the settings, a wrong form', () => '/settings', (page) => page.locator('[data-password] button[type=submit]').click()],
  ['the settings, deleting', () => '/settings', (page) => page.locator('[data-delete]').click()],
  ['the settings, the session over', () => '/settings', async (page) => {
    await page.context().clearCookies({ name: /session/ });
    await page.locator('[data-profile] button[type=submit]').click();
    await page.locator('dialog[open]').waitFor();
  }],
];

/** Opens each place; [name: violation] of all of them. */
async function judge(page, places) {
  const found = [];
  for (const [name, path, act] of places) {
    await page.goto(typeof path === 'string' ? path : path());
    await page.waitForLoadState('networkidle');
    try {
      await act?.(page);
    } catch (error) {
      // The others are judged all the same.
      found.push(`${name}: ${error.message}`);
      continue;
    }
    // A colour on its way from one to another has no contrast yet.
    await page.evaluate(() => Promise.allSettled(document.getAnimations().map(({ finished }) => finished)));
    found.push(...(await violations(page)).map((words) => `${name}: ${words}`));
  }
  return found;
}

// A page for another status than 200 says so in the console.
const unexpected = (troubles) => troubles.filter((words) => !/status of 40[14]/.test(words));

for (const colorScheme of ['light', 'dark']) {
  for (const locale of ['en', 'de']) {
    describe(`${colorScheme}, ${locale}`, () => {
      const looks = { colorScheme, locale, reducedMotion: 'reduce' };

      test('for everybody', async () => {
        const { page, troubles, close } = await browser.person({ viewport: DESK, ...looks });
        assert.deepEqual(await judge(page, anybody), []);
        assert.deepEqual(unexpected(troubles), []);
        await close();
      });

      test('signed in', async () => {
        const { page, context, troubles, close } = await browser.person(
          { viewport: locale === 'de' ? PHONE : DESK, ...looks });
        await context.addCookies([...anna.cookies].map(([name, value]) => ({ name, value, url: lectern.url })));
        assert.deepEqual(await judge(page, signedIn), []);
        assert.deepEqual(unexpected(troubles), []);
        await close();
      });
    });
  }
}
