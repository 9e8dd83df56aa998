// The rail: the conversations by day, searched, renamed, saved and deleted,
// and which documents a question is put to.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { startModel } from '../doubles/model.mjs';
import { violations } from '../lib/axe.mjs';
import { DESK, PHONE, ask, overflow, putDocument, signUp, startBrowser } from '../lib/browser.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { until } from '../lib/wait.mjs';

const KETTLE = '# Kettle\n\nThe Zephyr kettle boils one litre of water in 140 seconds.\n';
const LAMP = '# Lamp\n\nThe Aurora lamp burns for nine hours.\n';

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

const sql = (words) => lectern.postgres.psql(lectern.database, words);

// Conversations of that person: [title, how long ago].
async function past(email, ...list) {
  await sql(list.map(([title, ago], i) => `
    insert into conversations (id, user_id, title, created_at, updated_at)
    select 'c${String(i).padStart(4, '0')}' || substr(md5(random()::text), 1, 27), id,
      $t$${title}$t$, now() - interval '${ago}', now() - interval '${ago}'
    from users where email = '${email}';`).join('\n'));
}

async function reader(email, options) {
  const person = await browser.person(options);

  await signUp(person.page, email);
  return { ...person, rail: person.page.getByRole('navigation', { name: 'Conversations' }) };
}

const titles = (rail) => rail.locator('[data-link-title]').allInnerTexts();

describe('the list of conversations', () => {
  test('is empty at first, and says so', async () => {
    const { page, rail, troubles, close } = await reader('empty@example.com');

    await rail.getByText('Your conversations will be kept here.').waitFor();
    assert.deepEqual(await violations(page), []);
    assert.deepEqual(troubles, []);
    await close();
  });

  test('stands by day, the newest first, with markup as text', async () => {
    const { page, rail, troubles, close } = await reader('days@example.com');
    const hostile = '<img src=x onerror="document.title=1"> & <b>bold</b>';

    await past('days@example.com', [hostile, '0 seconds'], ['Of yesterday', '1 day'],
      ['Of this week', '4 days'], ['Of long ago', '800 days']);
    await page.reload();
    await rail.getByText('Of long ago', { exact: true }).waitFor();
    const groups = await rail.getByRole('heading', { level: 2 }).allInnerTexts();
    assert.deepEqual(groups.slice(0, 3), ['Today', 'Yesterday', 'Last 7 days']);
    assert.match(groups[3], /^[A-Z][a-z]+ \d{4}$/, 'the month with its year');
    assert.deepEqual(await titles(rail), [hostile, 'Of yesterday', 'Of this week', 'Of long ago']);
    assert.equal(await rail.locator('img, b').count(), 0);
    assert.deepEqual(await violations(page), []);
    assert.deepEqual(troubles, []);
    await close();
  });

  test('grows as it is scrolled through, without a conversation lost or shown twice', async () => {
    const { page, rail, troubles, close } = await reader('many@example.com');

    await past('many@example.com', ...Array.from({ length: 130 }, (_, i) => [`Talk ${i}`, `${i} hours`]));
    await page.reload();
    await rail.getByText('Talk 0', { exact: true }).waitFor();
    assert.ok((await titles(rail)).length < 130, 'not all at once');
    await until(async () => {
      await rail.evaluate((element) => element.scrollTo(0, element.scrollHeight));
      return (await titles(rail)).length >= 130;
    }, 'the whole list');
    assert.deepEqual(await titles(rail), Array.from({ length: 130 }, (_, i) => `Talk ${i}`));
    assert.deepEqual(troubles, []);
    await close();
  });

  test('stays quick when it holds five hundred', async () => {
    const { page, rail, troubles, close } = await reader('quick@example.com');
    const last = rail.getByRole('link', { name: 'Talk 499', exact: true });

    await past('quick@example.com', ...Array.from({ length: 500 }, (_, i) => [`Talk ${i}`, `${i} hours`]));
    await page.reload();
    await rail.getByText('Talk 0', { exact: true }).waitFor();
    await until(async () => {
      await rail.evaluate((element) => element.scrollTo(0, element.scrollHeight));
      return await last.count() === 1;
    }, 'the whole list');
    await page.getByRole('button', { name: 'More for Talk 499' }).click();
    await page.getByRole('menuitem', { name: 'Rename' }).click();
    await rail.getByRole('textbox', { name: 'New title' }).fill('At the end');
    // From the key to the picture, the server's answer included.
    const before = Date.now();
    await page.keyboard.press('Enter');
    await rail.getByRole('link', { name: 'At the end', exact: true }).waitFor();
    const ms = Date.now() - before;
    assert.ok(ms < 1500, `renaming took ${ms} ms`);
    assert.equal((await titles(rail)).length, 500);
    assert.deepEqual(troubles, []);
    await close();
  });

  test('is searched while words are typed, and says when nothing is found', async () => {
    const { page, rail, troubles, close } = await reader('search@example.com');
    const box = rail.getByRole('searchbox', { name: 'Search conversations' });

    await past('search@example.com', ['Kettles of the north', '1 hour'], ['Lamps', '2 hours']);
    await page.reload();
    await rail.getByText('Lamps', { exact: true }).waitFor();
    await box.fill('kettle');
    await rail.getByText('Lamps', { exact: true }).waitFor({ state: 'detached' });
    assert.deepEqual(await titles(rail), ['Kettles of the north']);
    await rail.getByRole('status').getByText('1 conversation found').waitFor();

    await box.fill('<i>x</i>');
    await rail.getByText('No conversation holds “<i>x</i>”.').first().waitFor();
    assert.deepEqual(await violations(page), []);
    await box.press('Escape');
    await rail.getByText('Lamps', { exact: true }).waitFor();
    assert.equal((await titles(rail)).length, 2);
    assert.deepEqual(troubles, []);
    await close();
  });

  test('marks the open one, and has it at the top after a new answer', async () => {
    const { page, rail, troubles, close } = await reader('open@example.com');

    await putDocument(page, 'Kettle', KETTLE);
    await past('open@example.com', ['Older talk', '1 minute']);
    await page.goto('/chat');
    await ask(page, 'How fast does the Zephyr boil?');
    const open = rail.locator('[aria-current="page"]');
    await open.waitFor();
    assert.equal(await open.innerText(), 'How fast does the Zephyr boil?');
    assert.equal((await titles(rail))[0], 'How fast does the Zephyr boil?');
    assert.equal((await titles(rail)).length, 2);
    assert.match(page.url(), new RegExp(`${await open.getAttribute('href')}$`));
    assert.deepEqual(troubles, []);
    await close();
  });
});

describe('a conversation in the list', () => {
  async function withTwo(email) {
    const person = await reader(email);

    await past(email, ['First talk', '1 hour'], ['Second talk', '2 hours']);
    await person.page.reload();
    await person.rail.getByText('Second talk', { exact: true }).waitFor();
    return {
      ...person,
      menu: async (title, entry) => {
        await person.rail.getByRole('button', { name: `More for ${title}` }).click();
        await person.page.getByRole('menuitem', { name: entry }).click();
      },
    };
  }

  test('is renamed in its place, by keyboard alone', async () => {
    const { page, rail, troubles, close } = await withTwo('rename@example.com');
    const { keyboard } = page;

    await rail.getByRole('button', { name: 'More for Second talk' }).focus();
    await keyboard.press('Enter');
    await page.getByRole('menu').waitFor();
    assert.deepEqual(await violations(page), []);
    await keyboard.press('ArrowDown');
    await keyboard.press('Home');
    await keyboard.press('Enter');
    const input = rail.getByRole('textbox', { name: 'New title' });
    assert.equal(await input.inputValue(), 'Second talk');
    assert.deepEqual(await violations(page), []);
    await input.fill('Kettles & <b>lamps</b>');
    await keyboard.press('Enter');
    await rail.getByRole('link', { name: 'Kettles & <b>lamps</b>' }).waitFor();
    assert.match(await page.evaluate(() => document.activeElement.textContent),
      /More for Kettles/, 'the focus is where it was');
    await page.reload();
    await rail.getByRole('link', { name: 'Kettles & <b>lamps</b>' }).waitFor();
    assert.deepEqual(troubles, []);
    await close();
  });

  test('keeps its name when Escape is pressed', async () => {
    const { page, rail, menu, close } = await withTwo('keep@example.com');

    await menu('First talk', 'Rename');
    await rail.getByRole('textbox', { name: 'New title' }).fill('Something else');
    await page.keyboard.press('Escape');
    await rail.getByRole('link', { name: 'First talk' }).waitFor();
    await page.reload();
    await rail.getByRole('link', { name: 'First talk' }).waitFor();
    await close();
  });

  test('says why a name was refused, and keeps what was typed', async () => {
    const { page, rail, menu, close } = await withTwo('refused@example.com');

    await page.route('**/api/conversations/*', (route) => (route.request().method() === 'PATCH'
      ? route.fulfill({ status: 400, contentType: 'application/json',
        body: JSON.stringify({ code: 'SOMETHING', message: 'That is no title.' }) })
      : route.continue()));
    await menu('First talk', 'Rename');
    const input = rail.getByRole('textbox', { name: 'New title' });
    await input.fill('Something else');
    await page.keyboard.press('Enter');
    await rail.getByRole('alert').getByText('That is no title.').waitFor();
    assert.equal(await input.inputValue(), 'Something else');
    await close();
  });

  // Whether the server has that person's.
  const stored = async (email, title) => await sql(`select count(*) from conversations c
    join users u on u.id = user_id where email = '${email}' and title = '${title}'`) === '1';

  test('is deleted at once, and comes back by Undo, by keyboard alone', async () => {
    const { page, rail, troubles, close } = await withTwo('undo@example.com');
    const { keyboard } = page;

    await rail.getByRole('button', { name: 'More for First talk' }).focus();
    await keyboard.press('Enter');
    await keyboard.press('End');
    await keyboard.press('Enter');
    await rail.getByRole('link', { name: 'First talk' }).waitFor({ state: 'detached' });
    await rail.getByRole('status').getByText('“First talk” is deleted.').waitFor();
    assert.deepEqual(await violations(page), []);
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Undo');
    await keyboard.press('Enter');
    await rail.getByRole('link', { name: 'First talk' }).waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.textContent.trim()), 'First talk');
    await page.reload();
    await rail.getByText('First talk', { exact: true }).waitFor();
    assert.ok(await stored('undo@example.com', 'First talk'));
    assert.deepEqual(troubles, []);
    await close();
  });

  test('is gone for good when the line with Undo is dismissed', async () => {
    const { page, rail, menu, troubles, close } = await withTwo('delete@example.com');

    await menu('First talk', 'Delete');
    await rail.getByRole('button', { name: 'Undo' }).waitFor();
    assert.ok(await stored('delete@example.com', 'First talk'));
    await page.keyboard.press('Escape');
    assert.equal(await page.evaluate(() => document.activeElement.textContent.trim()), 'Second talk',
      'the focus goes on');
    await until(async () => !await stored('delete@example.com', 'First talk'), 'the server to have forgotten it');
    await page.reload();
    await rail.getByText('Second talk', { exact: true }).waitFor();
    assert.deepEqual(await titles(rail), ['Second talk']);
    assert.deepEqual(troubles, []);
    await close();
  });

  test('is gone for good, and not shown again, when the page is left', async () => {
    const { page, rail, menu, troubles, close } = await withTwo('leave@example.com');

    await menu('First talk', 'Delete');
    await rail.getByRole('button', { name: 'Undo' }).waitFor();
    await page.reload();
    await rail.getByText('Second talk', { exact: true }).waitFor();
    assert.deepEqual(await titles(rail), ['Second talk']);
    await until(async () => !await stored('leave@example.com', 'First talk'), 'the server to have forgotten it');

    await menu('Second talk', 'Delete');
    await rail.getByRole('button', { name: 'Undo' }).waitFor();
    await page.close();
    await until(async () => !await stored('leave@example.com', 'Second talk'), 'the server to have forgotten it');
    assert.deepEqual(troubles, []);
    await close();
  });

  test('comes back with the reason when the server refuses to delete it', async () => {
    const { page, rail, menu, close } = await withTwo('undeleted@example.com');

    await page.route('**/api/conversations/*', (route) => (route.request().method() === 'DELETE'
      ? route.fulfill({ status: 400, contentType: 'application/json',
        body: JSON.stringify({ code: 'SOMETHING', message: 'That stays.' }) })
      : route.continue()));
    await menu('First talk', 'Delete');
    await rail.getByRole('button', { name: 'Dismiss' }).click();
    await rail.getByRole('alert').getByText('That stays.').waitFor();
    await rail.getByRole('link', { name: 'First talk' }).waitFor();
    await page.reload();
    await rail.getByRole('link', { name: 'First talk' }).waitFor();
    await close();
  });

  test('that is open leads to a new one when it is deleted, where Undo leads back', async () => {
    for (const viewport of [DESK, PHONE]) {
      const { page, rail, troubles, close } = await reader(`open-${viewport.width}@example.com`,
        { viewport });
      const away = async () => {
        if (viewport === PHONE)
          await page.getByRole('button', { name: 'Show the conversations' }).click();
        await rail.getByRole('button', { name: 'More for First talk' }).click();
        await page.getByRole('menuitem', { name: 'Delete' }).click();
        await page.waitForURL('**/chat');
        await page.getByText('“First talk” is deleted.').waitFor();
      };

      await past(`open-${viewport.width}@example.com`, ['First talk', '1 hour']);
      const id = await sql(`select c.id from conversations c join users u on u.id = user_id
        where email = 'open-${viewport.width}@example.com'`);
      await page.goto(`/chat/${id}`);
      await away();
      assert.deepEqual(await violations(page), []);
      await page.getByRole('button', { name: 'Undo' }).click();
      await page.waitForURL(`**/chat/${id}`);
      await away();
      await page.getByRole('button', { name: 'Dismiss' }).click();
      await until(async () => await sql(
        `select count(*) from conversations where id = '${id}'`) === '0', 'it to be gone');
      assert.deepEqual(troubles, []);
      await close();
    }
  });

  test('is saved as Markdown and as JSON', async () => {
    const { page, menu, troubles, close } = await withTwo('save@example.com');

    for (const [entry, ending] of [['Save as Markdown', '.md'], ['Save as JSON', '.json']]) {
      const saved = page.waitForEvent('download');
      await menu('First talk', entry);
      assert.equal((await saved).suggestedFilename(), `First talk${ending}`);
    }
    assert.deepEqual(troubles, []);
    await close();
  });
});

describe('the title of a new conversation', () => {
  test('arrives from the model while the page is open', async () => {
    const model = await startModel();
    const own = await startLectern({ env: { LLM_URL: model.url, LLM_MODEL: 'double' } });
    const chrome = await startBrowser(own.url);
    const { page, close } = await chrome.person();

    await signUp(page, 'title@example.com');
    await putDocument(page, 'Kettle', KETTLE);
    await page.goto('/chat');
    model.script(['The Zephyr boils in 140 seconds [1].']);
    await ask(page, 'How fast does the Zephyr boil?');
    const open = page.getByRole('navigation', { name: 'Conversations' }).locator('[aria-current="page"]');
    await open.waitFor();
    const first = await open.innerText();
    await own.postgres.psql(own.database,
      'update conversations set title = \'Boiling times of kettles\'');
    await open.filter({ hasText: 'Boiling times of kettles' }).waitFor();
    assert.notEqual(first, 'Boiling times of kettles');
    await until(async () => (await page.title()).startsWith('Boiling times'), 'the page to be called so');
    await close();
    await chrome.stop();
    await own.stop();
    await model.stop();
  });
});

describe('the rail', () => {
  test('is a drawer on a phone, which keeps the focus and gives it back', async () => {
    const { page, rail, troubles, close } = await reader('drawer@example.com', { viewport: PHONE });

    await past('drawer@example.com', ['First talk', '1 hour']);
    await page.reload();
    const opener = page.getByRole('button', { name: 'Show the conversations' });
    assert.equal(await rail.isVisible(), false);
    await opener.click();
    await rail.getByText('First talk', { exact: true }).waitFor();
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      assert.deepEqual(await violations(page), [], colorScheme);
    }
    assert.ok(await page.locator('main h1').count(), 'the page has not lost its heading');
    const places = [];
    for (let i = 0; i < 12; i++) {
      await page.keyboard.press('Tab');
      places.push(await page.evaluate(() => document.activeElement === document.body
        || document.activeElement.closest('#rail') !== null));
    }
    assert.ok(places.every(Boolean), 'the focus stays in the drawer');
    await page.keyboard.press('Escape');
    await rail.waitFor({ state: 'hidden' });
    assert.ok(await opener.evaluate((element) => element === document.activeElement));
    await page.getByLabel('Your question').fill('The page can be used again');

    await opener.click();
    await rail.getByRole('button', { name: 'More for First talk' }).click();
    await page.getByRole('menuitem', { name: 'Rename' }).click();
    await rail.getByRole('textbox', { name: 'New title' }).fill('Something else');
    await page.keyboard.press('Escape');
    await rail.getByRole('link', { name: 'First talk' }).waitFor();
    assert.ok(await rail.isVisible(), 'the drawer is still there');
    await rail.getByRole('button', { name: 'More for First talk' }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await rail.getByRole('button', { name: 'Undo' }).click();
    await rail.getByRole('link', { name: 'First talk' }).waitFor();
    assert.ok(await rail.isVisible(), 'the drawer is still there');
    await page.mouse.click(360, 400);
    await rail.waitFor({ state: 'hidden' });
    assert.equal(await overflow(page), 0);
    assert.deepEqual(troubles, []);
    await close();
  });

  test('is folded away on a desk, and stays so', async () => {
    const { page, rail, troubles, close } = await reader('fold@example.com', { viewport: DESK });

    await page.getByRole('button', { name: 'Hide the conversations' }).click();
    await rail.waitFor({ state: 'hidden' });
    await page.reload();
    const opener = page.getByRole('button', { name: 'Show the conversations' });
    await opener.waitFor();
    assert.equal(await rail.isVisible(), false);
    assert.deepEqual(await violations(page), []);
    await opener.click();
    await rail.waitFor();
    assert.equal(await opener.isVisible(), false);
    assert.deepEqual(troubles, []);
    await close();
  });
});

describe('a collection', () => {
  test('is made, asked, changed and deleted', async () => {
    const { page, troubles, close } = await reader('collection@example.com');
    const opener = page.locator('[data-scope-open]');
    const dialog = page.getByRole('dialog', { name: /collection/ });
    const question = 'How many hours does the Aurora burn?';

    await putDocument(page, 'Kettle', KETTLE);
    await putDocument(page, 'Lamp', LAMP);
    await page.goto('/chat');
    await opener.getByText('all documents').waitFor();
    await opener.click();
    await page.getByRole('radio', { name: 'all documents' }).waitFor();
    assert.deepEqual(await violations(page), []);
    await page.getByRole('button', { name: 'New collection' }).click();
    await dialog.getByLabel('Name').fill('Kitchen <b>');
    await dialog.getByRole('searchbox').fill('kett');
    await dialog.getByText('Lamp').waitFor({ state: 'hidden' });
    await dialog.getByRole('checkbox', { name: 'Kettle' }).check();
    await dialog.getByText('1 chosen').waitFor();
    assert.equal(await dialog.locator('.collection-documents').evaluate((list) =>
      getComputedStyle(list).overflowY), 'auto', 'its style has come along');
    assert.deepEqual(await violations(page), []);
    await dialog.getByRole('button', { name: 'Save' }).click();
    await opener.getByText('Kitchen <b>').waitFor();

    const outside = await ask(page, question);
    await outside.getByText('Not in your documents').waitFor();
    await page.reload();
    await opener.getByText('Kitchen <b>').waitFor();

    await opener.click();
    await page.getByRole('radio', { name: /Kitchen/ }).waitFor();
    assert.ok(await page.getByRole('radio', { name: /Kitchen/ }).isChecked());
    await page.getByRole('button', { name: 'Change Kitchen <b>' }).click();
    await dialog.getByRole('checkbox', { name: 'Lamp' }).check();
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'hidden' });
    const inside = await ask(page, question);
    assert.match(await inside.locator('[data-prose]').innerText(), /nine hours/);

    await opener.click();
    await page.getByRole('button', { name: 'Change Kitchen <b>' }).click();
    await dialog.getByRole('button', { name: 'Delete' }).click();
    await dialog.getByRole('button', { name: 'Yes, delete the collection' }).click();
    await opener.getByText('all documents').waitFor();
    assert.equal(await sql('select count(*) from collections'), '0');
    assert.deepEqual(troubles, []);
    await close();
  });

  test('of a name that is taken is refused with the reason', async () => {
    const { page, close } = await reader('taken@example.com');
    const dialog = page.getByRole('dialog', { name: /collection/ });

    for (let i = 0; i < 2; i++) {
      await page.locator('[data-scope-open]').click();
      await page.getByRole('button', { name: 'New collection' }).click();
      await dialog.getByLabel('Name').fill('Kitchen');
      await dialog.getByRole('button', { name: 'Save' }).click();
      if (i === 0)
        await dialog.waitFor({ state: 'hidden' });
    }
    await dialog.getByRole('alert').filter({ hasText: /name/ }).waitFor();
    await close();
  });

  test('can be a single document, which the way from its page names', async () => {
    const { page, troubles, close } = await reader('single@example.com');

    const address = await putDocument(page, 'Kettle', KETTLE);
    await putDocument(page, 'Lamp', LAMP);
    await page.goto(`/chat?document=${address.split('/').pop()}`);
    await page.locator('[data-scope-open]').getByText('Kettle').waitFor();
    const turn = await ask(page, 'How many hours does the Aurora burn?');
    await turn.getByText('Not in your documents').waitFor();
    await page.getByRole('button', { name: 'Ask all documents instead' }).click();
    await ask(page, 'How many hours does the Aurora lamp burn?');
    assert.match(await page.getByRole('article').last().locator('[data-prose]').innerText(), /nine hours/);
    assert.deepEqual(troubles, []);
    await close();
  });
});
