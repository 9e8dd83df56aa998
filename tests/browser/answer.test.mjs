// Answers of a model, as a reader sees them being written: in pieces, stopped,
// left and found again, broken off.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { startModel } from '../doubles/model.mjs';
import { addDocument, answered, ask, signUp, startAsking, startBrowser }
  from '../lib/browser.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { until } from '../lib/wait.mjs';

const TITLE = 'Reading room rules';
const RULES = `# ${TITLE}

## Slips

A volume fetched from the closed stacks may remain on the desk for seven days.
`;
const QUESTION = 'How many days may a volume from the closed stacks remain?';
const WORDS = ['A volume', ' may remain', ' on the desk', ' for seven days [1]', '.',
  ' Return', ' it', ' then', '.'];

let model;
let lectern;
let browser;

before(async () => {
  model = await startModel();
  lectern = await startLectern({ env: { LLM_URL: model.url, LLM_MODEL: 'double' } });
  browser = await startBrowser(lectern.url);
});

after(async () => {
  await browser?.stop();
  await lectern?.stop();
  await model?.stop();
  assert.equal(lectern?.restarts(), 0, 'a worker was lost');
});

// Somebody with one document, at a new conversation.
async function reader(email) {
  const person = await browser.person();

  await signUp(person.page, email);
  await addDocument(person.page, 'rules.md', RULES, TITLE);
  await person.page.goto('/chat');
  return person;
}

describe('an answer of a model', () => {
  test('is read while it is being written', async () => {
    const { page, troubles, close } = await reader('pieces@example.com');

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
    const { page, troubles, close } = await reader('stop@example.com');

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
    assert.equal(await next.getByText('Ask again').isVisible(), false,
      'the conversation goes on');
    assert.deepEqual(troubles, []);
    await close();
  });

  test('goes on when its reader leaves, and is followed again', async () => {
    const { page, troubles, close } = await reader('leave@example.com');

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
    const { page, troubles, close } = await reader('cut@example.com');

    model.script(WORDS, { cutAfter: 3, delayMs: 50 });
    const turn = await ask(page, QUESTION);
    await turn.getByText('The language model broke off its answer').waitFor();
    assert.match(await turn.locator('[data-prose]').innerText(), /A volume may remain/);

    model.script(WORDS);
    await turn.getByRole('button', { name: 'Ask again' }).click();
    await page.getByRole('article').getByText('Return it then.').waitFor();
    assert.equal(await page.getByRole('article').count(), 1);
    assert.deepEqual(troubles, []);
    await close();
  });
});
