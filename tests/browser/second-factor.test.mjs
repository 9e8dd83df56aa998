// The second factor in a real browser: set up, asked for, given up; and where
// the link of a mail leads somebody who is signed out.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';

import { encode } from 'uqr';

import { PASSWORD, PHONE, overflow, signUp, startBrowser } from '../lib/browser.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { Letters } from '../lib/letters.mjs';
import { code, wrongCode } from '../lib/totp.mjs';

const letters = new Letters();

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

const sql = (text) => lectern.postgres.psql(lectern.database, text);

/** Somebody new, at the step where the app is given the secret. */
async function halfway(options) {
  const email = `factor-${++people}@example.com`;
  const person = await browser.person(options);
  const { page } = person;

  await signUp(page, email);
  await page.goto('/settings');
  const factor = page.getByRole('region', { name: 'Second factor' });
  await factor.getByLabel('Your password').fill(PASSWORD);
  await factor.getByRole('button', { name: 'Set up a second factor' }).click();
  await factor.locator('[data-totp-secret]').filter({ hasText: /\w/ }).waitFor();
  const uri = await factor.locator('[data-totp-link]').getAttribute('href');
  return { email, uri, factor, ...person };
}

/** Somebody whose account asks for a code; signed in, at the settings. */
async function guarded(options) {
  const person = await halfway(options);
  const { factor, page, uri } = person;

  await factor.getByLabel('Code of the app').fill(code(uri));
  await page.keyboard.press('Enter');
  await factor.getByRole('listitem').first().waitFor();
  return { codes: await factor.getByRole('listitem').allInnerTexts(), ...person };
}

/** Gives the password; everything but a trusted device is forgotten before. */
async function password(page, email, { next = '/documents' } = {}) {
  await page.context().clearCookies({ name: /session_token|two_factor/ });
  await page.goto(`/sign-in?next=${encodeURIComponent(next)}`);
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.keyboard.press('Enter');
}

/** The same of somebody who is asked for a code then. */
async function passwordFirst(page, email) {
  await password(page, email);
  await page.getByRole('heading', { name: 'Enter your code' }).waitFor();
}

const codeField = (page) => page.getByRole('textbox', { name: 'Code', exact: true });

/** What a page must never do; the server's refusals are in the console too. */
const unexpected = (troubles) => troubles.filter((words) => !/status of 40[013]/.test(words));

/** The dark modules of the code that is drawn, row by row. */
const modules = (image) => image.evaluate((svg) => {
  const rows = [];
  const path = svg.querySelector('path').getAttribute('d');
  for (const [, x, y] of path.matchAll(/M(\d+) (\d+)h1v1h-1z/g))
    (rows[y] ??= [])[x] = true;
  return rows.map((row) => Array.from(row, Boolean));
});

test('the secret is shown as a QR code, black on white in the dark too', async () => {
  const { factor, page, uri, troubles, close } = await halfway({ viewport: PHONE,
    colorScheme: 'dark' });
  const image = factor.getByRole('img', { name: 'QR code for an authenticator app' });
  const { data, size } = encode(uri, { ecc: 'M', border: 0 });

  const drawn = await modules(image);
  assert.deepEqual(drawn, data.map((row) => row.slice(0, row.lastIndexOf(true) + 1)));
  assert.equal(await image.getAttribute('viewBox'), `-4 -4 ${size + 8} ${size + 8}`);
  assert.deepEqual(await image.evaluate((svg) => ['rect', 'path'].map((name) =>
    getComputedStyle(svg.querySelector(name)).fill)), ['rgb(255, 255, 255)', 'rgb(0, 0, 0)']);
  const { width } = await image.boundingBox();
  assert.ok(width >= 3 * (size + 8), `${width} pixels for ${size} modules`);
  assert.equal(await overflow(page), 0);

  await factor.getByLabel('Code of the app').fill(wrongCode(uri));
  await page.keyboard.press('Enter');
  await factor.getByText('This code is wrong').waitFor();
  await factor.getByRole('button', { name: 'Not now' }).click();
  assert.ok(!(await page.content()).includes(new URL(uri).searchParams.get('secret')),
    'the secret is not kept');
  assert.equal(await image.count(), 0);
  assert.deepEqual(unexpected(troubles), []);
  await close();
});

test('a session that ends during the set-up is taken up again, and the set-up goes on', async () => {
  const { context, factor, page, uri, troubles, close } = await halfway();

  await context.clearCookies();
  await factor.getByLabel('Code of the app').fill(code(uri));
  await page.keyboard.press('Enter');
  const again = page.getByRole('dialog', { name: 'Sign in to go on' });
  await again.getByLabel('Password').fill(PASSWORD);
  await page.keyboard.press('Enter');
  await page.getByText('Your backup codes.').waitFor();
  assert.deepEqual(unexpected(troubles), []);
  await close();
});

test('a code of the app is asked for, by keyboard alone, and leads on', async () => {
  const { email, uri, page, troubles, close } = await guarded({ viewport: PHONE });

  assert.equal(await overflow(page), 0);
  await passwordFirst(page, email);
  assert.equal(await overflow(page), 0);
  await page.keyboard.type(wrongCode(uri));
  await page.keyboard.press('Enter');
  await page.getByText('This code is wrong').waitFor();
  await codeField(page).fill(code(uri, 1));
  await page.keyboard.press('Enter');
  await page.waitForURL('**/documents');
  assert.deepEqual(unexpected(troubles), []);
  await close();
});

test('a trusted device is asked for no code at its next sign-in', async () => {
  const { email, uri, page, troubles, close } = await guarded();

  await passwordFirst(page, email);
  await codeField(page).fill(code(uri, 1));
  await page.getByRole('checkbox', { name: 'Trust this device' }).check();
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.waitForURL('**/documents');
  await password(page, email, { next: '/settings' });
  await page.waitForURL('**/settings');
  await page.context().clearCookies();
  await passwordFirst(page, email);
  assert.deepEqual(unexpected(troubles), []);
  await close();
});

test('a code that comes too late leads back to the password', async () => {
  const { email, uri, page, troubles, close } = await guarded();

  await passwordFirst(page, email);
  await sql("update second_factor_tokens set expires_at = now() where purpose = 'challenge'");
  await codeField(page).fill(code(uri, 1));
  await page.keyboard.press('Enter');
  await page.getByText('The time for the code is up. Start over with your password.').waitFor();
  await page.getByRole('button', { name: 'Back to the password' }).click();
  await page.getByLabel('Password').waitFor();
  await page.waitForLoadState();
  assert.equal(await codeField(page).isVisible(), false);
  assert.deepEqual(unexpected(troubles), []);
  await close();
});

test('Back leads from the code to the password, which is asked for anew', async () => {
  const { email, uri, page, troubles, close } = await guarded();

  await passwordFirst(page, email);
  await page.goBack();
  await page.getByLabel('Password').waitFor();
  assert.equal(await codeField(page).isVisible(), false);
  assert.match(page.url(), /\/sign-in\?next=%2Fdocuments$/);
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.keyboard.press('Enter');
  await codeField(page).fill(code(uri, 1));
  await page.keyboard.press('Enter');
  await page.waitForURL('**/documents');
  assert.deepEqual(unexpected(troubles), []);
  await close();
});

test('a backup code serves instead, once, and going back starts over', async () => {
  const { email, codes, page, troubles, close } = await guarded();

  assert.equal(codes.length, 10);
  for (const [used, text] of [[false, codes[0]], [true, codes[0]]]) {
    await passwordFirst(page, email);
    await page.getByRole('button', { name: 'Use a backup code instead' }).click();
    await page.keyboard.type(text);
    await page.keyboard.press('Enter');
    if (used)
      await page.getByText('This backup code is wrong').waitFor();
    else
      await page.waitForURL('**/documents');
  }
  await page.getByRole('button', { name: 'Back to the password' }).click();
  await page.getByLabel('Password').waitFor();
  assert.deepEqual(unexpected(troubles), []);
  await close();
});

test('the backup codes are copied and downloaded as they are shown', async () => {
  const { codes, context, factor, page, troubles, close } = await guarded();
  const all = codes.join('\n');

  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await factor.getByRole('button', { name: 'Copy codes' }).click();
  await factor.getByText('Copied.').waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), all);
  const download = page.waitForEvent('download');
  await factor.getByRole('link', { name: 'Download codes' }).click();
  const file = await download;
  assert.equal(file.suggestedFilename(), 'lectern-backup-codes.txt');
  assert.equal(readFileSync(await file.path(), 'utf8'), `${all}\n`);
  assert.deepEqual(unexpected(troubles), []);
  await close();
});

test('new backup codes are made, and the second factor is turned off', async () => {
  const { codes, factor, page, troubles, close } = await guarded();
  const saved = await factor.getByRole('link', { name: 'Download codes' }).getAttribute('href');

  await factor.getByLabel('Password for new backup codes').fill(PASSWORD);
  await page.keyboard.press('Enter');
  await factor.getByText(codes[0], { exact: true }).waitFor({ state: 'detached' });
  assert.equal(await factor.getByRole('listitem').count(), 10);
  assert.notEqual(await factor.getByRole('link', { name: 'Download codes' })
    .getAttribute('href'), saved);
  await factor.getByLabel('Password to turn it off').fill(PASSWORD);
  await page.keyboard.press('Enter');
  await factor.getByRole('button', { name: 'Set up a second factor' }).waitFor();
  assert.equal(await factor.getByRole('listitem').count(), 0);
  assert.deepEqual(unexpected(troubles), []);
  await close();
});

test('a link of a mail says what became of it to somebody signed out', async () => {
  const { page, troubles, close } = await browser.person({ viewport: PHONE });
  const email = 'link@example.com';

  await signUp(page, email);
  const first = await letters.to(email, { about: /confirm/i });
  await page.context().clearCookies();
  await page.goto('/confirmed?error=TOKEN_EXPIRED');
  await page.getByText('This link is too old.').waitFor();
  assert.equal(await overflow(page), 0);
  await page.getByLabel('E-mail').fill(email);
  await page.keyboard.press('Enter');
  await page.getByText('a mail is on its way').waitFor();
  const second = await letters.to(email, { about: /confirm/i, count: 2, not: first });
  await page.goto(second.url);
  await page.getByRole('heading', { name: 'Your address is confirmed' }).waitFor();
  assert.equal(await overflow(page), 0);
  assert.deepEqual(troubles, []);
  await close();
});

test('a link that changes the address says so to somebody signed out', async () => {
  const { page, troubles, close } = await browser.person();
  const email = 'moved@example.com';

  await signUp(page, 'moving@example.com');
  await page.goto('/settings');
  await page.getByLabel('New address').fill(email);
  await page.getByRole('button', { name: 'Change address' }).click();
  await page.getByText(`Open the link in the mail to ${email}.`).waitFor();
  const { url } = await letters.to(email);
  await page.context().clearCookies();
  await page.goto(url);
  await page.getByRole('heading', { name: 'Your address is changed' }).waitFor();
  await page.goto(url);
  await page.getByText('This link has been used').waitFor();
  await page.getByText('your new address counts already').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Send a new link' }).isVisible(), false);
  assert.deepEqual(troubles, []);
  await close();
});

test('a dead link that names no page of its own says so on the front page', async () => {
  const { page, troubles, close } = await browser.person({ viewport: PHONE });

  await page.goto('/');
  await page.getByRole('heading', { name: 'Ask your documents.' }).waitFor();
  assert.equal(await page.getByRole('alert').isVisible(), false);
  await page.goto('/api/auth/verify-email?token=nonsense&callbackURL=%2F');
  await page.getByRole('alert').getByText('This link has been used').waitFor();
  assert.equal(await overflow(page), 0);
  assert.deepEqual(troubles, []);
  await close();
});
