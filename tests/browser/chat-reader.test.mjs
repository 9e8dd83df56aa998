// The chat as its reader uses it: what can be asked, keys, thumbs, scrolling,
// long conversations.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { violations } from '../lib/axe.mjs';
import { answered, ask, PHONE, startAsking } from '../lib/browser.mjs';
import { pieces, QUESTION, startChat, TITLE, WORDS } from '../lib/chatting.mjs';
import { sql } from '../lib/running.mjs';
import { until } from '../lib/wait.mjs';

let chat;

before(async () => { chat = await startChat(); });
after(async () => chat?.stop());

const box = (page) => page.getByLabel('Your question');
const LONG = pieces(Array.from({ length: 40 }, (_, n) =>
  `Paragraph ${n} says what there is to say about it, in a line or two of words.`).join('\n\n'), 80);

test('an empty page suggests what one\'s own documents answer', async () => {
  const { page, troubles, close } = await chat.reader('empty@example.com');

  assert.deepEqual(await violations(page), []);
  await page.getByRole('button', { name: `What does “${TITLE}” say about “Fees”?` }).click();
  const turn = page.getByRole('article');
  await answered(turn);
  assert.match(await turn.locator('[data-prose]').innerText(), /euros|volume/);
  assert.deepEqual(troubles, []);
  await close();
});

test('a thumb and a comment are kept', async () => {
  const { page, troubles, close } = await chat.reader('thumb@example.com');

  await ask(page, QUESTION);
  await page.getByRole('button', { name: 'Bad answer' }).click();
  await page.getByLabel('What was good or bad about it? (optional)').fill('Too short');
  assert.deepEqual(await violations(page), []);
  await page.getByRole('button', { name: 'Send comment' }).click();
  await page.locator('[data-announcer]').getByText('Your comment is kept').waitFor({ state: 'attached' });
  await page.reload();
  assert.equal(await page.getByRole('button', { name: 'Bad answer' }).getAttribute('aria-pressed'), 'true');
  assert.equal(await sql(chat.lectern, `select f.rating || ' ' || f.comment from feedback f
    join messages m on m.id = f.message_id join conversations c on c.id = m.conversation_id
    join users u on u.id = c.user_id where u.email = 'thumb@example.com'`), '-1 Too short');

  await page.getByRole('button', { name: 'Bad answer' }).click();
  await page.locator('[data-announcer]').getByText('taken back').waitFor({ state: 'attached' });
  assert.equal(await page.getByRole('button', { name: 'Bad answer' }).getAttribute('aria-pressed'), 'false');
  assert.deepEqual(troubles, []);
  await close();
});

describe('keys', () => {
  test('act while nothing is typed, are listed on a sheet, and can be turned off', async () => {
    const { page, troubles, close } = await chat.reader('keys@example.com');
    const sheet = page.getByRole('dialog', { name: 'Keyboard shortcuts' });

    await ask(page, QUESTION);
    await box(page).fill('');
    await box(page).press('?');
    assert.equal(await box(page).inputValue(), '?', 'typed, not obeyed');
    assert.equal(await sheet.isVisible(), false);
    await box(page).fill('');
    await page.locator('[data-question]').click();
    await page.keyboard.press('?');
    await sheet.waitFor();
    assert.deepEqual(await violations(page), []);
    await page.keyboard.press('Escape');
    assert.equal(await sheet.isVisible(), false);
    await page.keyboard.press('/');
    assert.ok(await box(page).evaluate((element) => element === document.activeElement));

    await page.locator('[data-question]').click();
    await page.keyboard.press('e');
    await page.getByLabel('The question, edited').waitFor();
    await page.keyboard.press('Escape');

    await page.getByRole('button', { name: 'Keyboard shortcuts' }).click();
    await sheet.getByLabel('Single keys act').uncheck();
    await page.keyboard.press('Escape');
    await page.reload();
    await page.getByRole('article').waitFor();
    await page.locator('[data-question]').click();
    await page.keyboard.press('?');
    await page.keyboard.press('e');
    assert.equal(await sheet.isVisible(), false);
    assert.equal(await page.getByLabel('The question, edited').isVisible(), false);

    await page.getByRole('button', { name: 'Keyboard shortcuts' }).click();
    await sheet.getByLabel('Single keys act').check();
    await page.keyboard.press('Escape');
    await page.locator('[data-question]').click();
    await page.keyboard.press('n');
    await page.waitForURL('**/chat');
    assert.deepEqual(troubles, []);
    await close();
  });

  test('Escape stops the answer, also from the question box', async () => {
    const { page, close } = await chat.reader('escape@example.com');

    chat.model.script(WORDS, { stallAfter: 3 });
    const turn = await startAsking(page, QUESTION);
    await turn.getByText('A volume may remain').waitFor();
    await box(page).press('Escape');
    await turn.getByText('Stopped before the end.').waitFor();
    await close();
  });
});

describe('the page', () => {
  test('follows an answer until its question is at the top, and leaves the reader alone', async () => {
    const { page, troubles, close } = await chat.reader('scroll@example.com', { viewport: PHONE });
    const newest = page.getByRole('button', { name: 'To the newest' });

    chat.model.script(LONG, { delayMs: 25 });
    const turn = await startAsking(page, QUESTION);
    await turn.getByText('Paragraph 30 says').waitFor();
    await newest.waitFor();
    assert.ok(await turn.locator('[data-question]').isVisible());
    assert.ok(await turn.evaluate((element) => element.getBoundingClientRect().top) >= 0,
      'the beginning of the answer stays in view');
    await answered(turn);

    await newest.click();
    await until(() => page.evaluate(() =>
      document.documentElement.scrollHeight - innerHeight - scrollY < 4), 'the end to be in view');
    assert.equal(await newest.isVisible(), false);

    // At the bottom the page stays there; away from it, it stays where it is.
    chat.model.script(LONG, { delayMs: 25 });
    const second = await startAsking(page, 'May a volume remain for longer?');
    await second.getByText('Paragraph 5 says').waitFor();
    await page.mouse.move(100, 300);
    await page.mouse.wheel(0, -900);
    await newest.waitFor();
    const before = await page.evaluate(() => scrollY);
    await answered(second);
    assert.ok(Math.abs(await page.evaluate(() => scrollY) - before) < 2, 'the reader was moved');
    assert.deepEqual(troubles, []);
    await close();
  });

  test('announces an answer once, when it is finished', async () => {
    const { page, close } = await chat.reader('announce@example.com');

    chat.model.script(WORDS, { delayMs: 60 });
    await page.evaluate(() => {
      window.said = [];
      const region = document.querySelector('[data-announcer]');
      new MutationObserver(() => region.textContent && window.said.push(region.textContent))
        .observe(region, { childList: true, characterData: true, subtree: true });
    });
    await ask(page, QUESTION);
    const said = await page.evaluate(() => window.said);
    assert.equal(said.length, 1, said.join(' | '));
    assert.match(said[0], /^A volume may remain on the desk for seven days.*Return it then\.$/s);
    await close();
  });

  test('stays quick with hundreds of questions', async () => {
    const { page, troubles, close } = await chat.reader('long@example.com');

    await ask(page, QUESTION);
    const id = new URL(page.url()).pathname.split('/')[2];
    await sql(chat.lectern, `with recursive chain as (
        select 0 as n, (select id from messages where conversation_id = '${id}'
          and role = 'assistant') as id
        union all select n + 1, md5('long' || n) from chain where n < 800)
      insert into messages (id, conversation_id, parent_id, role, text, status, created_at)
      select id, '${id}', lag(id) over (order by n), case n % 2 when 1 then 'user' else 'assistant' end,
        case n % 2 when 1 then 'Question ' || n else 'Answer ' || n || repeat(' with **some** words', 60) end,
        'complete', now() + n * interval '1 second'
      from chain where n > 0`);
    await sql(chat.lectern, `update messages set parent_id = (select id from messages
      where conversation_id = '${id}' and role = 'assistant' and text not like 'Answer %')
      where id = md5('long0')`);
    await page.reload();
    await page.getByText('Answer 800').waitFor();
    const longest = await page.evaluate(async () => {
      let worst = 0;
      let before = performance.now();
      for (let n = 0; n < 60; n++) {
        await new Promise(requestAnimationFrame);
        worst = Math.max(worst, performance.now() - before);
        before = performance.now();
      }
      return worst;
    });
    assert.ok(longest < 500, `${Math.round(longest)} ms between two frames`);
    await until(() => page.getByRole('article').first().locator('[data-prose]').evaluate(
      (prose) => prose.children.length > 0), 'the oldest answer to be drawn');
    assert.equal(await page.getByRole('article').count(), 401);
    assert.ok(await page.evaluate(() =>
      document.documentElement.scrollHeight - innerHeight - scrollY < 4), 'the newest is in view');
    assert.deepEqual(troubles, []);
    await close();
  });
});
