// Answers of a model, as a reader sees them being written: in pieces, stopped,
// left and found again, broken off.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { answered, ask, startAsking } from '../lib/browser.mjs';
import { QUESTION, startChat, WORDS } from '../lib/chatting.mjs';
import { until } from '../lib/wait.mjs';

let chat, model;

before(async () => {
  chat = await startChat();
  ({ model } = chat);
});
after(async () => chat?.stop());

describe('an answer of a model', () => {
  test('is read while it is being written', async () => {
    const { page, troubles, close } = await chat.reader('pieces@example.com');

    model.script(WORDS, { delayMs: 150 });
    const turn = await startAsking(page, QUESTION);
    await turn.locator('[data-answer][aria-busy] [data-prose]')
      .filter({ hasText: 'A volume' }).waitFor();
    assert.equal(await page.locator('[data-announcer]').textContent(), '',
      'nothing is announced before the end');

    await answered(turn);
    assert.match(await turn.locator('[data-prose]').innerText(),
      /A volume may remain on the desk for seven days/);
    assert.equal(await turn.locator('[data-prose] a.chip').count(), 1);
    await page.reload();
    await page.locator('[data-prose] a.chip').waitFor();
    assert.equal(await page.getByText('no language model is configured').count(), 0);
    assert.deepEqual(troubles, []);
    await close();
  });

  test('stops when its reader says so, and what was written stays', async () => {
    const { page, troubles, close } = await chat.reader('stop@example.com');

    model.script(WORDS, { stallAfter: 3 });
    const turn = await startAsking(page, QUESTION);
    await turn.getByText('A volume may remain').waitFor();
    await page.getByRole('button', { name: 'Stop the answer' }).click();
    await turn.getByText('Stopped before the end.').waitFor();
    await until(() => model.requests.at(-1).aborted !== null,
      'the model to be let go', { seconds: 3 });

    await page.reload();
    await page.getByText('Stopped before the end.').waitFor();
    await page.getByText('A volume may remain').waitFor();
    const next = await ask(page, 'May a volume remain seven days?');
    assert.equal(await next.getByText('Try again').isVisible(), false,
      'the conversation goes on');
    assert.deepEqual(troubles, []);
    await close();
  });

  test('goes on when its reader leaves, and is followed again', async () => {
    const { page, troubles, close } = await chat.reader('leave@example.com');

    model.script(WORDS, { delayMs: 400 });
    const turn = await startAsking(page, QUESTION);
    await turn.locator('[data-prose]').filter({ hasText: 'A volume' }).waitFor();
    await page.waitForURL(/\/chat\/./);
    await page.reload();
    const again = page.getByRole('article').filter({ hasText: QUESTION });
    await again.locator('[data-answer][aria-busy]').waitFor();
    await answered(again);
    assert.match(await again.locator('[data-prose]').innerText(), /Return it then\.$/);
    assert.equal(await again.locator('[data-prose] a.chip').count(), 1);
    assert.equal(await page.getByRole('article').count(), 1);
    assert.deepEqual(troubles, []);
    await close();
  });

  test('that breaks off keeps what came, says why, and can be asked for again', async () => {
    const { page, troubles, close } = await chat.reader('cut@example.com');

    model.script(WORDS, { cutAfter: 3, delayMs: 50 });
    const turn = await ask(page, QUESTION);
    await turn.getByText('The language model broke off its answer').waitFor();
    assert.match(await turn.locator('[data-prose]').innerText(), /A volume may remain/);

    model.script(WORDS);
    await turn.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('article').getByText('Return it then.').waitFor();
    assert.equal(await page.getByRole('article').count(), 1);
    assert.deepEqual(troubles, []);
    await close();
  });
});
