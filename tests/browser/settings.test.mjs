// The settings page in a real browser, and what leads to it.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';

import { DESK, PASSWORD, PHONE, overflow, signUp, startBrowser } from '../lib/browser.mjs';
import { Client } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { Letters } from '../lib/letters.mjs';
import { until } from '../lib/wait.mjs';
import { exchange } from '../lib/wire.mjs';

const letters = new Letters();
const NEW_PASSWORD = 'a lamp with a red shade';

let lectern;
let browser;
let people = 0;

before(async () => {
  lectern = await startLectern({ env: { MAIL_URL: letters.url } });
  browser = await startBrowser(lectern.url);
});
after(async () => {
  await browser?.stop();
  assert.equal(lectern.restarts(), 0, lectern.tail());
  await lectern.stop();
});

/** Somebody new at the settings page. */
async function atSettings(options) {
  const email = `settings-${++people}@example.com`;
  const person = await browser.person(options);

  await signUp(person.page, email);
  await person.page.getByRole('link', { name: 'Settings' }).click();
  await person.page.waitForURL('**/settings');
  await person.page.getByText(email, { exact: true }).waitFor();
  return { email, ...person };
}

/** Signs in elsewhere, as a program that calls itself `agent`. */
async function elsewhere(email, { password = PASSWORD, agent = 'curl/8.0' } = {}) {
  const client = new Client(lectern.url, { headers: { 'user-agent': agent } });
  const reply = await client.post('/api/auth/sign-in/email', { email, password });

  return { client, status: reply.status,
    isAlive: async () => (await client.get('/api/auth/get-session')).json !== null };
}

const section = (page, name) => page.getByRole('region', { name });

for (const [name, viewport] of Object.entries({ phone: PHONE, desk: DESK })) {
  test(`every page of an account fits a ${name}`, async () => {
    const { page, troubles, close } = await atSettings({ viewport });

    await page.getByRole('listitem').filter({ hasText: 'This one' }).waitFor();
    assert.equal(await overflow(page), 0);
    for (const path of ['/forgot-password', '/reset-password?token=x',
      '/reset-password?error=INVALID_TOKEN', '/api/auth/error?error=TOKEN_EXPIRED', '/chat',
      '/documents']) {
      await page.goto(path);
      await page.getByRole('heading', { level: 1 }).waitFor({ state: 'attached' });
      assert.equal(await overflow(page), 0, path);
    }
    assert.deepEqual(troubles, []);
    await close();
  });
}

test('the name is changed, here and in the masthead', async () => {
  const { page, troubles, close } = await atSettings();

  await page.getByLabel('Name', { exact: true }).fill('Ann <b>Ü</b>');
  await page.getByRole('button', { name: 'Save name' }).click();
  await page.getByText('Saved.').waitFor();
  await page.locator('[data-user-name]').filter({ hasText: 'Ann <b>Ü</b>' }).waitFor();
  await page.getByLabel('Name', { exact: true }).fill(' ');
  await page.keyboard.press('Enter');
  await page.getByText('Fill in your name.').waitFor();
  await page.reload();
  await page.locator('[data-user-name]').filter({ hasText: 'Ann <b>Ü</b>' }).waitFor();
  await until(async () =>
    await page.getByLabel('Name', { exact: true }).inputValue() === 'Ann <b>Ü</b>');
  assert.deepEqual(troubles, []);
  await close();
});

test('the password is changed by keyboard alone, and the other sessions end', async () => {
  const { email, page, troubles, close } = await atSettings();
  const other = await elsewhere(email);
  const { keyboard } = page;

  await page.getByLabel('Current password').focus();
  await keyboard.type(PASSWORD);
  // The button that shows what is typed lies between.
  await keyboard.press('Tab');
  await keyboard.press('Space');
  assert.equal(await page.getByLabel('Current password').inputValue(), PASSWORD);
  assert.equal(await page.getByLabel('Current password').getAttribute('type'), 'text');
  await page.getByLabel('Current password').focus();
  await keyboard.press('Tab');
  await keyboard.press('Tab');
  await keyboard.type(NEW_PASSWORD);
  await keyboard.press('Enter');
  await page.getByText('Your password is changed.').waitFor();
  assert.equal(await page.getByLabel('New password').inputValue(), '');
  assert.equal(await other.isAlive(), false);
  assert.equal((await elsewhere(email)).status, 401);
  assert.equal((await elsewhere(email, { password: NEW_PASSWORD })).status, 200);
  await page.reload();
  await page.getByText(email, { exact: true }).waitFor();
  assert.deepEqual(troubles, []);
  await close();
});

test('a wrong or short password is told beside its field', async () => {
  const { page, close } = await atSettings();

  await page.getByLabel('Current password').fill('not my password');
  await page.getByLabel('New password').fill('short');
  await page.getByRole('button', { name: 'Change password' }).click();
  await page.getByText('Use at least 8 characters.').waitFor();
  await page.getByLabel('New password').fill(NEW_PASSWORD);
  await page.getByRole('button', { name: 'Change password' }).click();
  await page.getByText('This is not your password.').waitFor();
  assert.equal(await page.getByLabel('Current password').getAttribute('aria-invalid'), 'true');
  assert.ok(await page.getByLabel('Current password').evaluate((element) =>
    element === document.activeElement));
  await close();
});

test('sessions are named by their device, and end one by one or together', async () => {
  const { email, page, troubles, close } = await atSettings();
  const phone = await elsewhere(email, { agent: 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like ' +
    'Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1' });
  const programs = [await elsewhere(email), await elsewhere(email)];
  const sessions = section(page, 'Sessions');

  await page.reload();
  const row = sessions.getByRole('listitem').filter({ hasText: 'Safari on iPhone' });
  await row.waitFor();
  assert.equal(await sessions.getByRole('listitem').count(), 4);
  assert.match(await sessions.getByRole('listitem').first().innerText(), /Chrome on Linux\s+This one/);
  await row.getByRole('button', { name: 'End the session of Safari on iPhone' }).click();
  await row.waitFor({ state: 'detached' });
  assert.deepEqual([await phone.isAlive(), await programs[0].isAlive()], [false, true]);

  await sessions.getByRole('button', { name: 'End all other sessions' }).click();
  await sessions.getByText('curl/8.0').first().waitFor({ state: 'detached' });
  assert.deepEqual([await programs[0].isAlive(), await programs[1].isAlive()], [false, false]);
  assert.equal(await sessions.getByRole('listitem').count(), 1);
  await page.reload();
  await page.getByText(email, { exact: true }).waitFor();
  assert.deepEqual(troubles, []);
  await close();
});

test('a key is made, copied, used, and deleted', async () => {
  const { context, page, troubles, close } = await atSettings();
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const keys = section(page, 'API keys');
  const asks = async (key) => (await exchange(lectern.url, 'GET', '/api/documents',
    { headers: { authorization: `Bearer ${key}` } })).status;

  await keys.getByText('You have no keys.').waitFor();
  await keys.getByRole('button', { name: 'Create key' }).click();
  await keys.getByText('Give the key a name').waitFor();
  await keys.getByLabel('Name of the new key').fill('Nightly <i>upload</i>');
  await keys.getByLabel('Ends').selectOption('in a year');
  await keys.getByRole('button', { name: 'Create key' }).click();
  const shown = keys.locator('[data-fresh-text]');
  await shown.filter({ hasText: /^lk_[A-Za-z0-9]{32}$/ }).waitFor();
  const key = await shown.innerText();
  await keys.getByRole('button', { name: 'Copy' }).click();
  await keys.getByText('Copied').waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), key);
  assert.equal(await asks(key), 200);

  await page.reload();
  const row = keys.getByRole('listitem').filter({ hasText: 'Nightly <i>upload</i>' });
  await row.waitFor();
  assert.match(await row.innerText(), /last used/);
  assert.ok((await row.innerText()).includes(`${key.slice(0, 8)}…`));
  assert.ok(!(await page.content()).includes(key), 'the key is not shown again');
  await row.getByRole('button', { name: /^Delete the key/ }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Keep it' }).click();
  assert.equal(await asks(key), 200);
  await row.getByRole('button', { name: /^Delete the key/ }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await keys.getByText('You have no keys.').waitFor();
  assert.equal(await asks(key), 401);
  assert.deepEqual(troubles, []);
  await close();
});

test('everything is downloaded as one archive', async () => {
  const { email, page, close } = await atSettings();
  const download = page.waitForEvent('download');

  await page.getByRole('link', { name: 'Download everything' }).click();
  const archive = await download;
  assert.match(archive.suggestedFilename(), /^lectern-.*\.zip$/);
  const file = await archive.path();
  assert.equal(readFileSync(file).subarray(0, 2).toString(), 'PK');
  assert.ok(execFileSync('python3', ['-c', 'import sys, zipfile; ' +
    'print(zipfile.ZipFile(sys.argv[1]).read("account.json").decode())', file])
    .toString().includes(email));
  await close();
});

test('an address is confirmed by the mail of the sign-up, or one sent again', async () => {
  const { email, page, troubles, close } = await atSettings();
  const first = await letters.to(email, { about: /confirm/i });

  await page.getByText('Not confirmed').waitFor();
  await page.getByRole('button', { name: 'Send it again' }).click();
  await page.getByText(`A new mail is on its way to ${email}.`).waitFor();
  const second = await letters.to(email, { about: /confirm/i, count: 2, not: first });
  await page.goto('/chat');
  await page.getByText('Confirm your address').waitFor();
  await page.goto(second.url);
  await page.waitForURL('**/settings');
  await page.getByText('Confirmed', { exact: true }).waitFor();
  assert.equal(await page.getByText('Not confirmed').isVisible(), false);
  await page.goto('/chat');
  await page.getByText('What do you want to look up?').waitFor();
  assert.equal(await page.getByText('Confirm your address').isVisible(), false);
  assert.deepEqual(troubles, []);
  await close();
});

test('the reminder to confirm is put away for the time being', async () => {
  const { page, troubles, close } = await atSettings();

  await page.goto('/documents');
  await page.getByRole('button', { name: 'Later' }).click();
  await page.goto('/chat');
  await page.getByText('What do you want to look up?').waitFor();
  await page.locator('[data-user-name]').filter({ hasText: /./ }).waitFor();
  assert.equal(await page.getByText('Confirm your address').isVisible(), false);
  assert.deepEqual(troubles, []);
  await close();
});

test('another address counts once its link is opened, and a dead link says so', async () => {
  const { page, troubles, close } = await atSettings();
  const email = `moved-${people}@example.com`;

  await page.getByLabel('New address').fill('not an address');
  await page.getByRole('button', { name: 'Change address' }).click();
  await page.getByText('This is not a complete e-mail address.').waitFor();
  await page.getByLabel('New address').fill(email);
  await page.getByRole('button', { name: 'Change address' }).click();
  await page.getByText(`Open the link in the mail to ${email}.`).waitFor();
  const { url } = await letters.to(email);
  await page.goto(url);
  await page.getByText(email, { exact: true }).waitFor();
  await page.getByText('Your new address counts from now on.').waitFor();
  await page.goto(url);
  await page.getByText('This link has been used').waitFor();
  assert.equal(new URL(page.url()).search, '');
  assert.deepEqual(troubles, []);
  await close();
});

test('an account is deleted by its password, twice asked', async () => {
  const { email, page, close } = await atSettings();
  const dialog = page.getByRole('dialog');

  await page.getByRole('button', { name: 'Delete my account' }).click();
  await dialog.getByRole('button', { name: 'Keep it' }).click();
  await page.getByRole('button', { name: 'Delete my account' }).click();
  await dialog.getByLabel('Password').fill('not my password');
  await dialog.getByRole('button', { name: 'Delete for good' }).click();
  await dialog.getByText('This is not your password.').waitFor();
  await dialog.getByLabel('Password').fill(PASSWORD);
  await page.keyboard.press('Enter');
  await page.waitForURL(`${lectern.url}/`);
  assert.equal((await elsewhere(email)).status, 401);
  await page.goto('/settings');
  await page.waitForURL('**/sign-in?next=%2Fsettings');
  await close();
});

test('signing out leaves the settings closed', async () => {
  const { page, troubles, close } = await atSettings({ viewport: PHONE });

  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.waitForURL(`${lectern.url}/`);
  await page.goto('/settings');
  await page.waitForURL('**/sign-in?next=%2Fsettings');
  assert.deepEqual(troubles, []);
  await close();
});

test('a page that the browser kept for Back is shown to its owner alone', async () => {
  const { page, context, close } = await atSettings();
  const back = () => page.evaluate(() => {
    dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));
    return document.body.checkVisibility();
  });

  await page.evaluate(() => { window.isKept = true; });
  assert.equal(await back(), false);
  await page.waitForFunction(() => document.body.checkVisibility());
  assert.equal(await page.evaluate(() => window.isKept), true);

  await context.request.post(`${lectern.url}/api/auth/sign-out`,
    { headers: { origin: lectern.url } });
  assert.equal(await back(), false);
  await page.waitForURL('**/sign-in?next=%2Fsettings');
  await close();
});

test('a link about an account that fails says why, and shows no markup', async () => {
  const { page, troubles, close } = await browser.person();

  await page.goto('/api/auth/error?error=TOKEN_EXPIRED');
  await page.getByText('TOKEN_EXPIRED').waitFor();
  await page.getByText('This link is too old.').waitFor();
  await page.goto(`/api/auth/error?error=${encodeURIComponent('<img src=x onerror=alert(1)>')}`);
  await page.getByText('UNKNOWN').waitFor();
  assert.equal(await page.locator('img').count(), 0);
  await page.goto('/reset-password?error=INVALID_TOKEN');
  await page.getByText('This link has been used or is too old.').waitFor();
  assert.equal(await page.getByLabel('New password').isVisible(), false);
  assert.deepEqual(troubles, []);
  await close();
});

test('where mail is off, nobody is asked to confirm anything', async () => {
  const { context, email, page, troubles, close } = await atSettings();

  await page.getByText('Not confirmed').waitFor();
  await context.route('**/ready', async (route) => {
    const response = await route.fetch();
    const told = await response.json();
    assert.equal(told.dependencies.mail, 'on');
    await route.fulfill({ response, json: { ...told,
      dependencies: { ...told.dependencies, mail: 'off' } } });
  });
  const asked = page.waitForResponse('**/ready');
  await page.reload();
  await asked;
  await page.getByText(email, { exact: true }).waitFor();
  await section(page, 'API keys').getByText('You have no keys.').waitFor();
  assert.equal(await page.getByText('Not confirmed').isVisible(), false);
  assert.deepEqual(troubles, []);
  await close();
});

test('where confirming is required, the sign-up says where the mail went', async () => {
  const strict = await startLectern({ env: { MAIL_URL: letters.url,
    REQUIRE_VERIFIED_EMAIL: 'yes' } });
  const { page, close } = await browser.person({ baseURL: strict.url });
  const email = 'strict@example.com';

  try {
    await page.goto('/sign-up');
    await page.getByLabel('Name').fill('Ann');
    await page.getByLabel('E-mail').fill(email);
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Create account' }).click();
    await page.getByText(`Open the link in the mail to ${email}`).waitFor();
    await page.getByRole('button', { name: 'Send it again' }).click();
    await page.getByText(`A new mail is on its way to ${email}.`).waitFor();
    await page.goto((await letters.to(email)).url);
    await page.getByRole('heading', { name: 'Your address is confirmed' }).waitFor();
    await page.getByRole('link', { name: 'Sign in' }).click();
    await page.getByLabel('E-mail').fill(email);
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL('**/chat');
    await page.getByRole('link', { name: 'Settings' }).click();
    await page.getByText('Confirmed', { exact: true }).waitFor();
  } finally {
    await close();
    await strict.stop();
  }
});
