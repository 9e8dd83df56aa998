// The administration as its pages show it: who uses what, accounts and what
// may be done with them, the shared library, the state of the server.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { askWhole, question, reader } from '../lib/asking.mjs';
import { violations } from '../lib/axe.mjs';
import { DESK, PHONE, overflow, startBrowser } from '../lib/browser.mjs';
import { Client, signedUp } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { until } from '../lib/wait.mjs';

const PAGES = ['/admin', '/admin/users', '/admin/library', '/admin/status', '/admin/audit'];

let lectern;
let browser;
let boss;

before(async () => {
  // Without mail, so that links are shown.
  lectern = await startLectern({ env: { MAIL_URL: '' } });
  browser = await startBrowser(lectern.url);
  boss = await reader(lectern);
  await lectern.run('user', 'admin', boss.email);
  await askWhole(boss, question);
});

after(async () => {
  await browser?.stop();
  await lectern?.stop();
  assert.equal(lectern?.restarts(), 0, 'a worker was lost');
});

const cookiesOf = (client) => [...client.cookies]
  .map(([name, value]) => ({ name, value, url: lectern.url }));

/** The browser of somebody who is signed in by the API. */
async function at(client, path, options) {
  const person = await browser.person(options);

  await person.context.addCookies(cookiesOf(client));
  await person.page.goto(path);
  return person;
}

const manage = async (page, email) => {
  await page.getByRole('searchbox').fill(email);
  await page.getByRole('button', { name: `Manage ${email}` }).click();
  return page.getByRole('dialog', { name: email });
};

describe('the administration', () => {
  test('is found by administrators, and by nobody else', async () => {
    const { page, troubles, close } = await at(boss, '/documents');

    await page.getByRole('link', { name: 'Administration' }).click();
    await page.waitForURL('**/admin');
    await page.getByRole('heading', { name: 'Usage' }).waitFor();
    assert.deepEqual(troubles, []);
    await close();

    const ann = await signedUp(lectern.url);
    const other = await at(ann, '/documents');
    await other.page.getByText(ann.user.name).waitFor();
    assert.equal(await other.page.getByRole('link', { name: 'Administration' }).count(), 0);
    for (const path of PAGES) {
      assert.equal((await other.page.goto(path)).status(), 403, path);
      await other.page.getByRole('heading', { level: 1 }).waitFor();
      assert.equal(await other.page.locator('.tabs').count(), 0);
    }
    await other.close();
  });

  for (const [what, viewport, colorScheme] of [['a phone', PHONE, 'dark'], ['a desk', DESK, 'light']]) {
    test(`has no page wider than ${what}, and none that axe complains of`, async () => {
      const { page, troubles, close } = await at(boss, '/admin', { viewport, colorScheme, locale:
        what === 'a phone' ? 'de' : 'en', reducedMotion: 'reduce' });

      for (const path of PAGES) {
        await page.goto(path);
        await page.waitForLoadState('networkidle');
        assert.equal(await overflow(page), 0, path);
        assert.deepEqual(await violations(page), [], path);
        assert.equal(await page.locator('.tabs [aria-current="page"]').count(), 1);
        assert.doesNotMatch(await page.locator('main').innerText(), /\badmin\.[a-z]/i, 'a text without words');
      }
      assert.deepEqual(troubles, []);
      await close();
    });
  }

  test('draws what was done day by day, and has the figures as a table', async () => {
    const { page, close } = await at(boss, '/admin');

    await page.getByRole('img', { name: /^Questions: 1 in 30 days, at most 1/ }).waitFor();
    assert.equal(await page.locator('[data-plots] svg').count(), 6);
    assert.equal(await page.locator('[data-plots] svg').first().locator('g').count(), 30);
    await page.getByText('As a table').click();
    assert.equal(await page.locator('[data-table] tbody tr').count(), 30);
    assert.equal(await page.locator('[data-table] tbody tr').first().locator('td').first().innerText(), '1');
    await page.getByLabel('Period').selectOption('7');
    await page.getByRole('img', { name: /^Questions: 1 in 7 days/ }).waitFor();
    await close();
  });

  test('tells how what the server depends on fares', async () => {
    const { page, close } = await at(boss, '/admin/status');
    const line = (name) => page.getByRole('listitem').filter({ hasText: name });

    assert.match(await line('Database').innerText(), /answers/);
    assert.match(await line('Language model').innerText(), /off\s+LLM_URL is not set/);
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText(/^Lectern \d/).waitFor();
    await close();
  });
});

describe('an account', () => {
  test('is added, chooses its password by the link that is shown, and signs in', async () => {
    const { page, context, troubles, close } = await at(boss, '/admin/users');

    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByRole('button', { name: 'Add someone' }).click();
    const adding = page.getByRole('dialog', { name: 'Add someone' });
    assert.deepEqual(await violations(page), []);
    await adding.getByLabel('E-mail').fill(boss.email);
    await adding.getByRole('button', { name: 'Add' }).click();
    await adding.getByRole('alert').filter({ hasText: /./ }).waitFor();
    await adding.getByLabel('E-mail').fill('added@example.com');
    await adding.getByLabel('Name').fill('<b>Ada</b>');
    await adding.getByRole('button', { name: 'Add' }).click();
    const dialog = page.getByRole('dialog', { name: 'added@example.com' });
    await dialog.getByText('Give this link to added@example.com.').waitFor();
    assert.deepEqual(await violations(page), []);
    await dialog.getByRole('button', { name: 'Copy link' }).click();
    await dialog.getByText('Copied').waitFor();
    const address = await page.evaluate(() => navigator.clipboard.readText());
    await dialog.getByRole('button', { name: 'Close' }).click();
    await page.getByText('<b>Ada</b>').waitFor();
    assert.deepEqual(troubles.filter((words) => !/status of 4/.test(words)), []);
    await close();

    const ada = await browser.person();
    await ada.page.goto(address);
    await ada.page.getByLabel('New password', { exact: true }).fill('four unrelated words, found by dice');
    await ada.page.keyboard.press('Enter');
    await ada.page.getByRole('link', { name: /Sign in/ }).or(ada.page.getByRole('button', { name: 'Sign in' })).first().waitFor();
    await ada.page.goto('/sign-in');
    await ada.page.getByLabel('E-mail').fill('added@example.com');
    await ada.page.getByLabel('Password').fill('four unrelated words, found by dice');
    await ada.page.getByRole('button', { name: 'Sign in' }).click();
    await ada.page.waitForURL('**/chat');
    await ada.close();
  });

  test('is disabled and out at once, and enabled again', async () => {
    const ann = await signedUp(lectern.url);
    const { page, close } = await at(boss, '/admin/users');
    const dialog = await manage(page, ann.email);

    await dialog.getByRole('button', { name: 'Disable' }).click();
    await dialog.getByRole('button', { name: 'Enable' }).waitFor();
    assert.equal((await ann.get('/api/documents')).status, 401);
    assert.deepEqual(await violations(page), []);
    await dialog.getByRole('button', { name: 'Enable' }).click();
    await dialog.getByRole('button', { name: 'Disable' }).waitFor();
    await dialog.getByRole('button', { name: 'Close' }).click();
    await page.getByText(`${ann.email} is enabled.`).waitFor();
    const again = new Client(lectern.url);
    assert.equal((await again.post('/api/auth/sign-in/email',
      { email: ann.email, password: ann.password })).status, 200);
    await close();
  });

  test('becomes an administrator, and is none any more', async () => {
    const ann = await signedUp(lectern.url);
    const { page, close } = await at(boss, '/admin/users');
    const dialog = await manage(page, ann.email);

    await dialog.getByRole('button', { name: 'Make administrator' }).click();
    await dialog.getByRole('button', { name: 'Take administration away' }).waitFor();
    assert.equal((await ann.get('/api/admin/users')).status, 200);
    await dialog.getByRole('button', { name: 'Take administration away' }).click();
    await dialog.getByRole('button', { name: 'Make administrator' }).waitFor();
    assert.equal((await ann.get('/api/admin/users')).status, 403);
    await close();
  });

  test('is signed out everywhere, and deleted when that is said twice', async () => {
    const ann = await signedUp(lectern.url);
    const { page, close } = await at(boss, '/admin/users');
    const dialog = await manage(page, ann.email);

    await dialog.getByRole('button', { name: 'Sign out everywhere' }).click();
    await until(async () => (await ann.get('/api/documents')).status === 401, 'the end of the session');
    await dialog.getByRole('button', { name: 'Delete account' }).click();
    await dialog.getByRole('button', { name: 'Keep' }).click();
    await dialog.getByRole('button', { name: 'Delete account' }).click();
    await dialog.getByRole('button', { name: 'Yes, delete it all' }).click();
    await page.getByText(`${ann.email} is deleted.`).waitFor();
    assert.equal(await lectern.postgres.psql(lectern.database,
      `select count(*) from users where email = '${ann.email}'`), '0');
    await close();
  });

  test('of one\'s own is left alone', async () => {
    const { page, close } = await at(boss, '/admin/users');
    const dialog = await manage(page, boss.email);

    await dialog.getByText('This is your own account.').waitFor();
    for (const name of ['Disable', 'Delete account', 'Take administration away']) {
      assert.equal(await dialog.getByRole('button', { name }).isVisible(), false, name);
    }
    await close();
  });
});

test('the shared library is added to, and read by everybody', async () => {
  const { page, troubles, close } = await at(boss, '/admin/library');
  const ann = await signedUp(lectern.url);

  await page.getByRole('heading', { name: 'Shared library', exact: true }).waitFor();
  await page.getByLabel('Choose files').setInputFiles({ name: 'shared.md',
    mimeType: 'text/markdown', buffer: Buffer.from('# Opening hours\n\nFrom nine to five.\n') });
  const row = page.getByRole('listitem').filter({ hasText: 'Opening hours' });
  await row.getByRole('link', { name: 'Ask' }).waitFor();
  const { documents } = (await ann.get('/api/documents')).json;
  assert.deepEqual(documents.map(({ title, shared }) => [title, shared]), [['Opening hours', true]]);
  await page.reload();
  await row.waitFor();
  assert.equal(await page.getByText('Kettle', { exact: true }).count(), 0, 'own documents are not of the library');
  await row.getByRole('button', { name: /^Delete/ }).click();
  await row.waitFor({ state: 'detached' });
  assert.deepEqual(troubles, []);
  await close();
});

test('the audit tells who did what, and is narrowed', async () => {
  const ann = await signedUp(lectern.url);
  const { page, close } = await at(boss, '/admin/audit');

  await page.getByRole('searchbox').fill(ann.email);
  await page.getByRole('row').filter({ hasText: ann.email }).first().waitFor();
  await page.getByLabel('Event').selectOption('disabled');
  await page.getByText('Nothing of the kind is on record.').waitFor();
  assert.equal((await boss.patch(`/api/admin/users/${ann.user.id}`, { disabled: true })).status, 200);
  await page.getByRole('searchbox').fill('');
  await page.getByRole('searchbox').fill(ann.email);
  const row = page.getByRole('row').filter({ hasText: ann.email });
  await row.getByText(`by ${boss.email}`).waitFor();
  assert.match(await row.innerText(), /Disabled/);
  await close();
});
