// When things go wrong in the chat, nothing that was typed or written is lost.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { violations } from '../lib/axe.mjs';
import { answered, ask, startAsking } from '../lib/browser.mjs';
import { QUESTION, startChat, WORDS } from '../lib/chatting.mjs';
import { until } from '../lib/wait.mjs';

let chat;

before(async () => { chat = await startChat({ env: { CHAT_DAILY: '6' } }); });
after(async () => chat?.stop());

const box = (page) => page.getByLabel('Your question');
/** What the browser itself says of a request that failed is no fault of ours. */
const ours = (troubles) => troubles.filter((words) => !/Failed to load resource/.test(words));

describe('a question', () => {
  test('is kept as a draft over a reload, each conversation its own', async () => {
    const { page, close } = await chat.reader('draft@example.com');

    await ask(page, QUESTION);
    await box(page).fill('half a thought');
    await page.reload();
    await page.getByRole('article').waitFor();
    assert.equal(await box(page).inputValue(), 'half a thought');
    await page.goto('/chat');
    assert.equal(await box(page).inputValue(), '');
    await page.goBack();
    await page.getByRole('article').waitFor();
    assert.equal(await box(page).inputValue(), 'half a thought');
    await close();
  });

  test('comes back into the box when the server cannot be reached', async () => {
    const { page, context, troubles, close } = await chat.reader('offline@example.com');

    await page.waitForLoadState('networkidle');
    await context.setOffline(true);
    await box(page).fill(QUESTION);
    await page.keyboard.press('Enter');
    await page.locator('[data-composer-error]').waitFor();
    assert.equal(await box(page).inputValue(), QUESTION);
    assert.equal(await page.getByRole('article').count(), 0);
    assert.deepEqual(await violations(page), []);

    await context.setOffline(false);
    await box(page).press('Enter');
    await answered(page.getByRole('article'));
    assert.equal(await page.locator('[data-composer-error]').isVisible(), false);
    assert.deepEqual(ours(troubles), []);
    await close();
  });

  test('comes back when the server answers with a proxy\'s page', async () => {
    const { page, troubles, close } = await chat.reader('proxy@example.com');
    const waking = (route) => route.fulfill({ status: 503, contentType: 'text/html', body: '<p>' });

    await page.route('**/api/chat', waking);
    await box(page).fill(QUESTION);
    await page.keyboard.press('Enter');
    await page.locator('[data-composer-error]').getByText('waking').waitFor();
    assert.equal(await box(page).inputValue(), QUESTION);
    await page.unroute('**/api/chat', waking);
    await box(page).press('Enter');
    await answered(page.getByRole('article'));
    assert.equal(await page.getByRole('article').count(), 1);
    assert.deepEqual(ours(troubles), []);
    await close();
  });

  test('comes back when the day\'s questions are used up', async () => {
    const { page, troubles, close } = await chat.reader('daily@example.com');

    for (let n = 0; n < 6; n++) await ask(page, `${QUESTION} ${n}`);
    await box(page).fill('One more, please');
    await page.keyboard.press('Enter');
    await page.locator('[data-composer-error]').waitFor();
    assert.equal(await box(page).inputValue(), 'One more, please');
    assert.equal(await page.getByRole('article').count(), 6);
    await page.reload();
    await page.getByRole('article').first().waitFor();
    assert.equal(await box(page).inputValue(), 'One more, please');
    assert.deepEqual(ours(troubles), []);
    await close();
  });

  test('is sent after signing in again when the session has ended', async () => {
    const { page, context, troubles, close } = await chat.reader('session@example.com');

    await page.waitForLoadState('networkidle');
    await context.clearCookies();
    await box(page).fill(QUESTION);
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Password').fill('a lamp with a green shade');
    await page.keyboard.press('Enter');
    await answered(page.getByRole('article'));
    assert.equal(await page.getByRole('article').count(), 1);
    assert.deepEqual(ours(troubles), []);
    await close();
  });
});

describe('an answer', () => {
  test('whose stream is lost goes on where it is, without a word missing', async () => {
    const { page, context, troubles, close } = await chat.reader('lost@example.com');

    // The first stream ends in the middle, as when the network changes.
    await page.addInitScript(() => {
      const fetchAll = window.fetch;
      window.fetch = async (address, options) => {
        const response = await fetchAll(address, options);
        if (address !== '/api/chat') return response;
        let left = 3;
        return new Response(response.body.pipeThrough(new TransformStream({
          transform(bytes, controller) {
            if (left-- > 0) controller.enqueue(bytes);
            else controller.error(new TypeError('network error'));
          },
        })), { headers: response.headers });
      };
    });
    await page.reload();
    chat.model.script(WORDS, { delayMs: 120 });
    const turn = await ask(page, QUESTION);
    assert.match(await turn.locator('[data-prose]').innerText(),
      /^A volume may remain on the desk for seven days.*\n?.*Return it then\.$/s);
    assert.equal(await turn.locator('[data-prose] a.chip').count(), 1);
    assert.equal(await turn.locator('[data-error]').isVisible(), false);
    assert.equal(await page.getByRole('article').count(), 1);
    assert.deepEqual(ours(troubles), []);
    assert.ok(context);
    await close();
  });

  test('of another tab is shown when this one is looked at again', async () => {
    const { page, context, troubles, close } = await chat.reader('tabs@example.com');

    await ask(page, QUESTION);
    const other = await context.newPage();
    await other.goto(page.url());
    chat.model.script(['Two euros [1].']);
    await ask(other, 'How much does a map from the closed stacks cost?');
    await page.bringToFront();
    // Looked at often, it reads again, but not all the time.
    await until(async () => {
      await page.evaluate(() => window.dispatchEvent(new Event('focus')));
      return await page.getByRole('article').count() === 2;
    }, 'the other tab\'s question');
    await page.locator('[data-prose]').getByText('Two euros').waitFor();
    assert.deepEqual(troubles, []);
    await close();
  });

  test('that is being written elsewhere is followed there too', async () => {
    const { page, context, close } = await chat.reader('both@example.com');

    await ask(page, QUESTION);
    const other = await context.newPage();
    await other.goto(page.url());
    await other.getByRole('article').waitFor();
    chat.model.script(WORDS, { delayMs: 250 });
    await startAsking(page, 'May a volume remain seven days?');
    await page.getByRole('article').last().locator('[data-answer][aria-busy] [data-prose]')
      .filter({ hasText: 'A volume' }).waitFor();
    await box(other).fill('Asked at the same time');
    await box(other).press('Enter');
    const running = other.getByRole('article').filter({ hasText: 'May a volume remain' });
    await running.waitFor();
    assert.equal(await box(other).inputValue(), 'Asked at the same time');
    await answered(running);
    assert.match(await running.locator('[data-prose]').innerText(), /Return it then\.$/);
    await close();
  });
});
