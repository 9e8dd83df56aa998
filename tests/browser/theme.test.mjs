// Light and dark: by the system, or as the reader chose, without a flash; and
// how pages stand with other sizes, colours and on paper.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { askWhole, question, reader } from '../lib/asking.mjs';
import { DESK, PHONE, overflow, signUp, startBrowser } from '../lib/browser.mjs';
import { startLectern } from '../lib/lectern.mjs';

const LIGHT = 'rgb(238, 240, 235)';
const DARK = 'rgb(19, 24, 22)';
const PUBLIC = ['/', '/sign-in', '/sign-up', '/forgot-password', '/reset-password?token=x',
  '/confirmed?error=TOKEN_EXPIRED', '/api/auth/error?error=INVALID_TOKEN', '/nowhere', '/docs'];
const OWN = ['/chat', '/documents', '/settings'];

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

const ground = (page) => page.evaluate(() =>
  getComputedStyle(document.documentElement).backgroundColor);

describe('light or dark', () => {
  test('is as the system says', async () => {
    for (const [colorScheme, colour] of [['light', LIGHT], ['dark', DARK]]) {
      const { page, close } = await browser.person({ colorScheme });
      await page.goto('/sign-in');
      assert.equal(await ground(page), colour);
      await close();
    }
  });

  test('is as the reader chose, at once in every tab, and before anything is painted', async () => {
    const { page, context, troubles, close } = await browser.person({ colorScheme: 'light' });
    await signUp(page, 'dark@example.com');
    await page.goto('/settings');
    const other = await context.newPage();
    await other.goto('/docs');

    await page.getByRole('radio', { name: 'Dark' }).check({ force: true });
    assert.equal(await ground(page), DARK);
    await other.waitForFunction((colour) =>
      getComputedStyle(document.documentElement).backgroundColor === colour, DARK);

    // As the body begins, nothing has been painted yet.
    await page.addInitScript(() => new MutationObserver((_, observer) => {
      if (!document.body)
        return;
      window.atFirst = document.documentElement.dataset.theme;
      observer.disconnect();
    }).observe(document, { childList: true, subtree: true }));
    await page.reload();
    assert.equal(await page.evaluate(() => window.atFirst), 'dark');
    assert.equal(await ground(page), DARK);

    await page.getByRole('radio', { name: 'As the system' }).check({ force: true });
    assert.equal(await ground(page), LIGHT);
    assert.deepEqual(troubles, []);
    await close();
  });
});

describe('the language', () => {
  test('is chosen in the settings, and given back to the browser', async () => {
    const { page, troubles, close } = await browser.person({ locale: 'en-GB' });
    await signUp(page, 'deutsch@example.com');
    const settings = async () => {
      await page.goto('/settings');
      await page.locator('[data-sessions] li').first().waitFor();
    };

    await settings();
    await page.getByRole('radio', { name: 'Deutsch' }).click({ force: true });
    await page.getByRole('heading', { name: 'Einstellungen' }).waitFor();
    assert.equal(await page.locator('html').getAttribute('lang'), 'de');
    await page.goto('/sign-in');
    await page.getByRole('button', { name: 'Anmelden' }).click();
    await page.getByText('Gib deine E-Mail-Adresse ein.').waitFor();

    await settings();
    await page.getByRole('radio', { name: 'Wie der Browser es wünscht' }).click({ force: true });
    await page.getByRole('heading', { name: 'Settings' }).waitFor();
    assert.deepEqual(troubles, []);
    await close();
  });
});

describe('no page is wider than its window', () => {
  for (const [what, viewport] of Object.entries({
    'on a phone': PHONE,
    'at 400 % of 1280 pixels': { width: 320, height: 256 },
    'at 200 % of 1440 pixels': { width: 720, height: 450 },
    'on a very wide screen': { width: 1920, height: 1080 },
  })) {
    test(what, async () => {
      const { page, troubles, close } = await browser.person({ viewport });
      const wide = async (paths) => {
        const found = [];
        for (const path of paths) {
          await page.goto(path);
          await page.waitForLoadState('networkidle');
          if (await overflow(page) > 0)
            found.push(path);
        }
        return found;
      };

      assert.deepEqual(await wide(PUBLIC), []);
      await signUp(page, `wide-${viewport.width}@example.com`);
      assert.deepEqual(await wide(OWN), []);
      assert.deepEqual(troubles.filter((words) => !words.includes('404') && !words.includes('401')), []);
      await close();
    });
  }

  test('with the spacing that WCAG asks texts to bear', async () => {
    const { page, close } = await browser.person({ viewport: PHONE, bypassCSP: true });
    for (const path of PUBLIC) {
      await page.goto(path);
      await page.addStyleTag({ content: '* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important } p { margin-bottom: 2em !important }' });
      assert.equal(await overflow(page), 0, path);
    }
    await close();
  });
});

test('with reduced motion nothing moves', async () => {
  const { page, close } = await browser.person({ reducedMotion: 'reduce', viewport: DESK });
  await signUp(page, 'still@example.com');
  const moving = await page.evaluate(() => document.getAnimations()
    .filter((animation) => animation.effect.getComputedTiming().duration > 1).length);
  assert.equal(moving, 0);
  await close();
});

test('an answer is printed with its sources whole, and without what only a screen can do', async () => {
  const anna = await reader(lectern, { title: `Kettle, ${'a very long title '.repeat(12)}` });
  const { conversationId } = (await askWhole(anna, question)).json;
  const { page, context, close } = await browser.person({ colorScheme: 'dark' });
  await context.addCookies([...anna.cookies].map(([name, value]) => ({ name, value, url: lectern.url })));
  await page.goto(`/chat/${conversationId}`);
  await page.locator('.source-quote').first().waitFor();

  await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
  assert.equal(await ground(page), 'rgb(255, 255, 255)', 'dark ink on white');
  assert.ok(await page.locator('[data-prose]').first().isVisible());
  for (const part of await page.locator('.source-title, .source-quote').all()) {
    const [whole, shown] = await part.evaluate((element) =>
      [element.scrollWidth + element.scrollHeight, element.clientWidth + element.clientHeight]);
    assert.ok(whole <= shown + 1, `${whole} pixels in ${shown}`);
  }
  for (const gone of ['.masthead', '.composer', '.rail'])
    assert.equal(await page.locator(gone).first().isVisible(), false, gone);
  await close();
});

test('text from right to left stands from right to left', async () => {
  const anna = await reader(lectern, { title: 'دليل الغلاية' });
  const { page, context, close } = await browser.person();
  await context.addCookies([...anna.cookies].map(([name, value]) => ({ name, value, url: lectern.url })));
  await page.goto('/chat');
  const box = page.locator('#message');
  await box.fill('ما هي مدة ضمان الغلاية؟');
  assert.equal(await box.evaluate((element) => getComputedStyle(element).direction), 'rtl');
  await page.goto('/documents');
  const title = page.getByText('دليل الغلاية').first();
  await title.waitFor();
  assert.equal(await title.evaluate((element) => getComputedStyle(element).direction), 'rtl');
  await close();
});
