// Versions: an answer written anew, a question asked differently, and the way
// back to what was there before.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { violations } from '../lib/axe.mjs';
import { answered, ask } from '../lib/browser.mjs';
import { QUESTION, startChat } from '../lib/chatting.mjs';

const OTHER = 'How much does a map from the closed stacks cost a day?';

let chat;

before(async () => { chat = await startChat(); });
after(async () => chat?.stop());

const prose = (page) => page.locator('[data-turns] [data-prose]');
const questions = (page) => page.locator('[data-turns] [data-question]').allInnerTexts();

describe('an answer', () => {
  test('is written anew beside the old one, and both can be read', async () => {
    const { page, troubles, close } = await chat.reader('anew@example.com');

    chat.model.script(['Seven days [1].']);
    await ask(page, QUESTION);
    chat.model.script(['A week [1].']);
    await page.getByRole('button', { name: 'Answer again' }).click();
    const versions = page.getByRole('group', { name: 'Versions of the answer' });
    await versions.getByText('2 of 2').waitFor();
    await prose(page).getByText('A week').waitFor();
    assert.equal(await page.getByRole('article').count(), 1);

    await versions.getByRole('button', { name: 'Earlier version' }).click();
    await prose(page).getByText('Seven days').waitFor();
    await versions.getByText('1 of 2').waitFor();
    assert.ok(await versions.getByRole('button', { name: 'Later version' })
      .evaluate((button) => button === document.activeElement), 'the focus stays in the control');
    assert.deepEqual(await violations(page), []);

    await versions.getByRole('button', { name: 'Later version' }).click();
    await prose(page).getByText('A week').waitFor();
    await page.reload();
    await versions.getByText('2 of 2').waitFor();
    await prose(page).getByText('A week').waitFor();
    assert.deepEqual(troubles, []);
    await close();
  });
});

describe('a question', () => {
  test('is asked differently as a branch; what followed the old one is kept', async () => {
    const { page, troubles, close } = await chat.reader('edit@example.com');

    chat.model.script(['First [1].']);
    await ask(page, QUESTION);
    chat.model.script(['Second [1].']);
    await ask(page, OTHER);

    const first = page.getByRole('article').first();
    await first.getByRole('button', { name: 'Edit the question' }).click();
    await first.getByLabel('The question, edited').fill('How long may a volume remain on the desk?');
    assert.deepEqual(await violations(page), []);
    chat.model.script(['Third [1].']);
    await page.keyboard.press('Enter');
    await prose(page).getByText('Third').waitFor();
    await answered(page.getByRole('article').first());
    assert.deepEqual(await questions(page), ['How long may a volume remain on the desk?']);

    const versions = page.getByRole('group', { name: 'Versions of the question' });
    await versions.getByText('2 of 2').waitFor();
    await versions.getByRole('button', { name: 'Earlier version' }).click();
    await prose(page).getByText('Second').waitFor();
    assert.deepEqual(await questions(page), [QUESTION, OTHER]);

    // A new question follows what is shown, not what is newest.
    chat.model.script(['Fourth [1].']);
    await ask(page, 'And how long may a map remain on the desk?');
    await page.reload();
    await prose(page).getByText('Fourth').waitFor();
    assert.deepEqual(await questions(page),
      [QUESTION, OTHER, 'And how long may a map remain on the desk?']);
    assert.deepEqual(troubles, []);
    await close();
  });

  test('stays as it was when the editing is given up', async () => {
    const { page, close } = await chat.reader('giveup@example.com');

    await ask(page, QUESTION);
    await page.getByRole('button', { name: 'Edit the question' }).click();
    await page.getByLabel('The question, edited').fill('Something else');
    await page.keyboard.press('Escape');
    assert.deepEqual(await questions(page), [QUESTION]);
    assert.ok(await page.getByRole('button', { name: 'Edit the question' })
      .evaluate((button) => button === document.activeElement));
    await close();
  });
});
