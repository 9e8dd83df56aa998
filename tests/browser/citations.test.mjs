// Citations in an answer: the card with the quote, the slip with the passage
// in its document, and the way from one citation to the next.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { violations } from '../lib/axe.mjs';
import { DESK, PHONE, ask, overflow, putDocument, signUp, startBrowser } from '../lib/browser.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { until } from '../lib/wait.mjs';

// Characters of one to four bytes stand before and in the passages: whoever
// counts anything but bytes marks the wrong words.
const TITLE = 'Reading room <i>rules</i>';
const RULES = `# ${TITLE}

Ältere Fassung: 1987 – übernommen; 閲覧室 𝔏 😀.

## Slips & <b>volumes</b>

A volume from the closed stacks may remain on the desk for seven days – sieben Tage, 七日 😀.

A clock hangs in the hall – 時計.

## Returns

A volume from the closed stacks that is late costs ten öre a day.

Portraits of the founders hang beside the staircase.

A volume from the closed stacks is fetched at nine ✓.
`;
const QUESTION = 'What of a volume from the closed stacks?';

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

// Somebody who has an answer with several citations; `chips` are their links.
async function reader(email, options) {
  const person = await browser.person(options);
  const { page } = person;

  await signUp(page, email);
  const address = await putDocument(page, TITLE, RULES);
  await page.goto('/chat');
  const turn = await ask(page, QUESTION);
  const chips = turn.locator('[data-prose] a.chip');
  assert.ok(await chips.count() > 1, 'the answer has several citations');
  return { ...person, turn, chips, address, slip: page.getByRole('dialog').filter({ hasText: TITLE }) };
}

// The bytes that the link of a chip names.
async function bytesOf(chip) {
  const [start, end] = new URL(await chip.evaluate(({ href }) => href)).hash.slice(1).split('-').map(Number);

  return Buffer.from(RULES).subarray(start, end).toString();
}

const isFocused = (locator) => locator.evaluate((element) => element === document.activeElement);

// What closes gives the focus back a moment later.
const focusComesTo = (locator, what) => until(() => isFocused(locator), what);

describe('the card of a citation', () => {
  test('shows the quote to a pointer, stays under it, and goes by Escape', async () => {
    const { page, chips, troubles, close } = await reader('pointer@example.com');
    const card = page.getByRole('tooltip');

    await chips.first().hover();
    await card.waitFor();
    assert.equal((await card.locator('[data-quote-text]').textContent()), await bytesOf(chips.first()));
    assert.ok((await card.innerText()).includes(TITLE), 'markup in a title is text');
    assert.deepEqual(await violations(page), []);
    const box = await card.locator('.quote-body').boundingBox();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2, { steps: 8 });
    await page.waitForFunction(() => document.querySelector('.quote-card').matches(':hover'));
    assert.ok(await card.isVisible(), 'the pointer may go onto the card');
    await page.keyboard.press('Escape');
    await card.waitFor({ state: 'hidden' });

    await chips.first().hover();
    await card.waitFor();
    await page.mouse.move(5, 5);
    await card.waitFor({ state: 'hidden' });
    assert.deepEqual(troubles, []);
    await close();
  });

  test('comes and goes with the focus, and Escape leaves the focus there', async () => {
    const { page, chips, troubles, close } = await reader('focus@example.com');
    const card = page.getByRole('tooltip');

    await page.locator('[data-prose]').first().evaluate((element) => {
      element.tabIndex = -1;
      element.focus();
    });
    await page.keyboard.press('Tab');
    assert.ok(await isFocused(chips.first()));
    await card.waitFor();
    assert.equal(await chips.first().getAttribute('aria-describedby'), 'quote-card');
    await page.keyboard.press('Escape');
    await card.waitFor({ state: 'hidden' });
    assert.ok(await isFocused(chips.first()));
    await page.keyboard.press('Tab');
    await card.waitFor();
    assert.equal(await card.locator('[data-quote-text]').textContent(), await bytesOf(chips.nth(1)));
    assert.deepEqual(troubles, []);
    await close();
  });
});

describe('the passage of a citation', () => {
  test('stands beside the answer, marked to the byte, with its place', async () => {
    const { page, chips, slip, troubles, close } = await reader('beside@example.com', { viewport: DESK });

    for (let i = 0; i < await chips.count(); i++) {
      await chips.nth(i).click();
      await slip.locator('mark').waitFor();
      await page.waitForFunction((words) =>
        document.querySelector('[data-slip-text] mark')?.textContent === words, await bytesOf(chips.nth(i)));
      assert.equal(await slip.locator('[data-slip-text]').evaluate((element) => element.textContent), RULES);
      assert.equal(await chips.nth(i).getAttribute('aria-current'), 'true');
    }
    assert.match(await slip.locator('[data-slip-place]').innerText(), / › (Returns|Slips & volumes)$/,
      'headings come without their markup');
    assert.equal(await slip.locator('i, b').count(), 0);
    assert.deepEqual(await violations(page), []);
    assert.match(page.url(), /\/chat\//, 'the answer stays');
    assert.equal(await overflow(page), 0);

    await page.keyboard.press('Escape');
    await slip.waitFor({ state: 'hidden' });
    await focusComesTo(chips.last(), 'the focus to come back');
    assert.equal(await page.getByRole('tooltip').isVisible(), false, 'what was read is not shown again');
    await chips.first().click();
    await slip.locator('mark').waitFor();
    await page.getByLabel('Your question').focus();
    await page.keyboard.press('Escape');
    await slip.waitFor({ state: 'hidden' });
    await focusComesTo(chips.first(), 'the focus to come back from elsewhere, too');
    assert.equal(await page.locator('.chip[aria-current]').count(), 0);
    assert.deepEqual(troubles, []);
    await close();
  });

  test('leads to the next and the previous one, and tells its position', async () => {
    const { page, chips, slip, troubles, close } = await reader('next@example.com');
    const count = await chips.count();
    const next = slip.getByRole('button', { name: 'Next citation' });

    await chips.first().focus();
    await page.keyboard.press('Enter');
    for (let i = 0; i < count; i++) {
      await slip.getByRole('status').getByText(`${i + 1} of ${count}`).waitFor();
      await page.waitForFunction((words) =>
        document.querySelector('[data-slip-text] mark')?.textContent === words, await bytesOf(chips.nth(i)));
      await next.focus();
      await page.keyboard.press('Enter');
      assert.ok(await isFocused(next), 'the button can be pressed again');
    }
    await slip.getByRole('status').getByText(`1 of ${count}`).waitFor();
    await slip.getByRole('button', { name: 'Previous citation' }).click();
    await slip.getByRole('status').getByText(`${count} of ${count}`).waitFor();
    await slip.getByRole('button', { name: 'Close the passage' }).click();
    await focusComesTo(chips.last(), 'the focus to go to the one that was shown');
    assert.deepEqual(troubles, []);
    await close();
  });

  test('is a sheet over the answer on a phone', async () => {
    const { page, chips, slip, troubles, close } = await reader('sheet@example.com', { viewport: PHONE });

    await chips.first().click();
    await slip.locator('mark').waitFor();
    assert.equal(await slip.locator('mark').textContent(), await bytesOf(chips.first()));
    assert.ok(await slip.evaluate((element) => element.matches(':modal')));
    assert.ok(await slip.locator('mark').evaluate((element) => {
      const { top, bottom } = element.getBoundingClientRect();
      return top >= 0 && bottom <= innerHeight;
    }), 'the passage is in view');
    assert.deepEqual(await violations(page), []);
    assert.equal(await overflow(page), 0);
    await page.mouse.click(180, 40);
    await slip.waitFor({ state: 'hidden' });
    await focusComesTo(chips.first(), 'the focus to come back');

    await chips.first().click();
    await slip.locator('mark').waitFor();
    await page.setViewportSize(DESK);
    await page.waitForFunction(() => !document.querySelector('[data-slip]').matches(':modal'));
    assert.ok(await slip.isVisible(), 'it stays open when the window grows');
    assert.deepEqual(troubles, []);
    await close();
  });

  test('opens from the list under the answer too, and leads to the whole document and back', async () => {
    const { page, turn, slip, troubles, close } = await reader('list@example.com');
    const source = turn.locator('[data-sources-list] a').last();
    const words = await bytesOf(source);
    const chat = page.url();

    await source.click();
    await page.waitForFunction((quote) =>
      document.querySelector('[data-slip-text] mark')?.textContent === quote, words);
    await slip.getByRole('link', { name: 'Open the whole document' }).click();
    await page.waitForURL(/\/documents\/[^/]+#\d+-\d+$/);
    await page.locator('[data-text] mark').waitFor();
    assert.equal(await page.locator('[data-text] mark').textContent(), words);
    await page.getByRole('link', { name: 'Back to the conversation' }).click();
    await page.waitForURL(chat);
    await page.locator('[data-prose] a.chip').first().waitFor();
    assert.deepEqual(troubles, []);
    await close();
  });

  test('from right to left stands on the right, its headings too', async () => {
    const { page, slip, troubles, close } = await reader('rtl@example.com');

    await putDocument(page, 'אולם הקריאה', '# אולם הקריאה\n\n## מנורות\n\nמנורה ירוקה דולקת שבע שעות.\n\nOil is kept below.\n');
    await page.goto('/chat');
    const turn = await ask(page, 'מנורה ירוקה דולקת');
    await turn.locator('[data-prose] a.chip').first().click();
    const passage = page.locator('[data-slip-text]');
    await passage.locator('mark').waitFor();
    const sides = await passage.evaluate((element) => {
      const box = element.getBoundingClientRect();
      const sideOf = ({ left, right }) => (box.right - right < left - box.left ? 'right' : 'left');
      const foreign = document.createRange();
      const last = element.lastChild;
      foreign.setStart(last, last.data.indexOf('Oil'));
      foreign.setEnd(last, last.data.indexOf('below'));
      return [element.querySelector('mark'), foreign].map((each) => sideOf(each.getBoundingClientRect()));
    });
    assert.deepEqual(sides, ['right', 'left']);
    for (const name of ['slip-title', 'slip-place'])
      assert.equal(await page.locator(`[data-${name}]`).evaluate((element) =>
        getComputedStyle(element).direction), 'rtl', name);
    assert.equal(await page.locator('[data-slip-place]').innerText(), 'מנורות', 'without the title');
    assert.equal(await slip.count(), 0, 'it is the other document');
    assert.deepEqual(troubles, []);
    await close();
  });

  test('is still quoted when its document is gone', async () => {
    const { page, chips, slip, address, close } = await reader('gone@example.com');
    const words = await bytesOf(chips.first());

    const reply = await page.request.delete(`/api${address}`, { headers: { origin: lectern.url } });
    assert.equal(reply.status(), 204);
    await chips.first().click();
    await slip.getByText('This document has been deleted.').waitFor();
    assert.equal(await slip.locator('mark').textContent(), words);
    assert.equal(await slip.getByRole('link').count(), 0);
    assert.deepEqual(await violations(page), []);
    await close();
  });
});

describe('cited passages', () => {
  test('open quickly at the end of five hundred messages', async () => {
    const { page, chips, slip, troubles, close } = await reader('long@example.com');
    const id = new URL(page.url()).pathname.split('/').pop();
    const words = await bytesOf(chips.last());
    // Until the last answer has its citations: how long a talk of two
    // messages takes says what the machine can do now.
    const reloaded = async () => {
      const before = Date.now();

      await page.reload();
      await chips.last().waitFor();
      return Date.now() - before;
    };
    const short = await reloaded();

    // The talk so far, two hundred and forty-nine times before itself.
    await lectern.postgres.psql(lectern.database, `
      with pair as (
        select m.*, row_number() over (order by role desc) as place from messages m
        where conversation_id = '${id}'
      ), copies as (
        select 2 * i + place as n, role, text, citations from pair, generate_series(0, 248) i
      ), linked as (
        insert into messages (id, conversation_id, parent_id, role, text, citations, status,
            created_at, finished_at)
        select md5('${id}' || n), '${id}', case when n > 1 then md5('${id}' || n - 1) end, role,
            text, citations, 'complete', now() - (500 - n) * interval '1 minute',
            now() - (500 - n) * interval '1 minute'
        from copies order by n
      )
      update messages set parent_id = md5('${id}' || 498), created_at = now()
      where conversation_id = '${id}' and role = 'user';
      update messages set created_at = clock_timestamp()
      where id = (select m.id from messages m join messages q on q.id = m.parent_id
        where m.conversation_id = '${id}' and q.parent_id = md5('${id}' || 498))`);
    const long = await reloaded();
    assert.ok(long < 2000 + 5 * short, `${long} ms, and ${short} ms for a short one`);
    assert.equal(await page.getByRole('article').count(), 250);
    await page.getByRole('article').last().locator('[data-prose] a.chip').last().click();
    await page.waitForFunction((quote) =>
      document.querySelector('[data-slip-text] mark')?.textContent === quote, words);
    assert.match(await slip.getByRole('status').last().innerText(), /^\d+ of \d+$/);
    assert.deepEqual(troubles, []);
    await close();
  });

  for (const [colorScheme, viewport] of [['light', DESK], ['dark', DESK], ['light', PHONE], ['dark', PHONE]]) {
    test(`can be used by everyone, ${colorScheme}, at ${viewport.width} pixels`, async () => {
      const { page, chips, slip, troubles, close } = await reader(
        `${colorScheme}-${viewport.width}@example.com`, { colorScheme, viewport });

      await chips.first().hover();
      await page.getByRole('tooltip').waitFor();
      assert.deepEqual(await violations(page), [], 'with the card');
      await chips.first().focus();
      await page.keyboard.press('Enter');
      await slip.locator('mark').waitFor();
      assert.equal(await page.getByRole('tooltip').isVisible(), false);
      assert.deepEqual(await violations(page), [], 'with the passage');
      assert.equal(await overflow(page), 0);
      await page.keyboard.press('Escape');
      await slip.waitFor({ state: 'hidden' });
      await focusComesTo(chips.first(), 'the focus to come back');
      assert.deepEqual(troubles, []);
      await close();
    });
  }
});
