// Accounts without JavaScript: the forms go to the server by themselves, and
// what it has to say comes back with the page.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { PASSWORD, startBrowser } from '../lib/browser.mjs';
import { Client, signedUp } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { Letters } from '../lib/letters.mjs';
import { code as appCode, wrongCode } from '../lib/totp.mjs';

const NEXT = '/documents?sort=name&q=a+b';

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

const plain = () => browser.person({ javaScriptEnabled: false });

async function fill(page, fields) {
  for (const [label, value] of Object.entries(fields))
    await page.getByLabel(label, { exact: true }).fill(value);
}

async function signIn(page, email, password = PASSWORD) {
  await fill(page, { 'E-mail': email, Password: password });
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** What is told of the form, and shown. */
const told = (page) => page.locator('.told:visible');

describe('without JavaScript', () => {
  test('one signs up, out and in again, and gets to the page that was asked for', async () => {
    const { page, troubles, close } = await plain();

    await page.goto(`/sign-up?next=${encodeURIComponent(NEXT)}`);
    await fill(page, { Name: 'Ann Lindqvist', 'E-mail': 'plain@example.com', Password: PASSWORD });
    await page.getByRole('button', { name: 'Create account' }).click();
    await page.waitForURL(`**${NEXT}`);
    await page.locator('noscript p').filter({ hasText: 'needs JavaScript' }).waitFor();

    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL((url) => url.pathname === '/');
    await page.goto('/documents');
    await page.waitForURL('**/sign-in?next=%2Fdocuments');
    await signIn(page, 'plain@example.com');
    await page.waitForURL('**/documents');
    assert.deepEqual(troubles, []);
    await close();
  });

  test('a wrong password is told on the page, and the next one leads on', async () => {
    await signedUp(lectern.url, { email: 'wrong@example.com', password: PASSWORD });
    const { page, troubles, close } = await plain();

    await page.goto(`/sign-in?next=${encodeURIComponent(NEXT)}`);
    await signIn(page, 'wrong@example.com', 'not the password');
    await told(page).filter({ hasText: 'The e-mail address or the password is wrong.' }).waitFor();
    assert.equal(await told(page).count(), 1);
    assert.ok(!page.url().includes('wrong%40'), 'no address in the address');
    await signIn(page, 'wrong@example.com');
    await page.waitForURL(`**${NEXT}`);
    assert.deepEqual(troubles, []);
    await close();
  });

  test('an address that is taken is told on the page', async () => {
    await signedUp(lectern.url, { email: 'taken@example.com' });
    const { page, close } = await plain();

    await page.goto('/sign-up');
    await fill(page, { Name: 'Ann', 'E-mail': 'taken@example.com', Password: PASSWORD });
    await page.getByRole('button', { name: 'Create account' }).click();
    await told(page).filter({ hasText: 'There is an account with this address.' }).waitFor();
    await close();
  });

  test('the second factor is asked for, by app or by backup code', async () => {
    const owner = await signedUp(lectern.url, { email: 'two@example.com', password: PASSWORD });
    const { totpURI, backupCodes } = (await owner.post('/api/auth/two-factor/enable',
      { password: PASSWORD })).json;
    await owner.post('/api/auth/two-factor/verify-totp', { code: appCode(totpURI) });

    const { page, troubles, close } = await plain();
    await page.goto('/sign-in?next=%2Fsettings');
    await signIn(page, 'two@example.com');
    await page.getByRole('heading', { name: 'Enter your code' }).waitFor();
    assert.equal(await page.getByRole('heading', { name: 'Sign in' }).isVisible(), false);
    await page.getByLabel('Code', { exact: true }).fill(wrongCode(totpURI));
    await page.getByRole('button', { name: 'Go on' }).first().click();
    await told(page).filter({ hasText: 'This code is wrong' }).waitFor();
    await page.getByLabel('Backup code', { exact: true }).fill(backupCodes[0]);
    await page.getByRole('button', { name: 'Go on' }).last().click();
    await page.waitForURL('**/settings');

    await page.context().clearCookies();
    await page.goto('/sign-in?next=%2Fsettings');
    await signIn(page, 'two@example.com');
    await page.getByLabel('Code', { exact: true }).fill(appCode(totpURI, 1));
    await page.getByRole('button', { name: 'Go on' }).first().click();
    await page.waitForURL('**/settings');
    assert.deepEqual(troubles, []);
    await close();
  });

  test('a browser session ends with the browser unless the box is ticked', async () => {
    await signedUp(lectern.url, { email: 'box@example.com', password: PASSWORD });
    const anna = new Client(lectern.url);
    const send = (form) => anna.request('POST', '/form/sign-in', { form });
    const credentials = { email: 'box@example.com', password: PASSWORD };

    assert.doesNotMatch((await send(credentials)).headers.get('set-cookie'), /max-age=[1-9]/i);
    assert.match((await send({ ...credentials, rememberMe: 'on' })).headers.get('set-cookie'),
      /max-age=[1-9]/i);
  });
});

describe('a form sent before the script was there', () => {
  test('is answered on the page as the script would', async () => {
    const { page, close } = await browser.person();

    await page.goto('/sign-in?next=%2Fsettings#INVALID_EMAIL_OR_PASSWORD');
    await page.getByRole('alert').filter({ hasText: 'The e-mail address or the password is wrong.' }).waitFor();
    assert.equal(new URL(page.url()).hash, '');
    await signedUp(lectern.url, { email: 'early@example.com', password: PASSWORD });
    await signIn(page, 'early@example.com');
    await page.waitForURL('**/settings');
    await close();
  });
});

describe('a form from elsewhere', () => {
  test('signs nobody in or out, and `next` leads to no other site', async () => {
    const anna = await signedUp(lectern.url, { email: 'csrf@example.com', password: PASSWORD });
    const form = { email: 'csrf@example.com', password: PASSWORD };
    const post = (path, options) => anna.request('POST', path, { form, ...options });

    const foreign = await post('/form/sign-in', { origin: 'https://evil.example' });
    assert.equal(foreign.status, 303);
    assert.equal(foreign.headers.get('location'), '/sign-in#REFUSED');
    assert.equal(foreign.headers.get('set-cookie'), null);
    await post('/form/sign-out', { origin: 'https://evil.example' });
    assert.ok((await anna.get('/api/auth/get-session')).json, 'still signed in');

    for (const next of ['//evil.example', '/\\evil.example', 'https://evil.example', '/%09/evil.example',
      '/a\r\nset-cookie: x=y']) {
      const { headers } = await post('/form/sign-in', { headers: {
        referer: `${lectern.url}/sign-in?next=${encodeURIComponent(next)}` } });
      assert.equal(headers.get('location'), next === '/%09/evil.example' ? '/%09/evil.example' : '/chat', next);
    }
    const { status, headers } = await anna.get('/form/sign-in');
    assert.deepEqual([status, headers.get('allow')], [405, 'POST, OPTIONS']);
  });
});

test('where addresses are confirmed first, the page says that the mail is on its way', async () => {
  const letters = new Letters();
  const strict = await startLectern({ env: { MAIL_URL: letters.url, REQUIRE_VERIFIED_EMAIL: 'yes' } });
  const other = await startBrowser(strict.url);
  const { page } = await other.person({ javaScriptEnabled: false });

  await page.goto('/sign-up');
  await fill(page, { Name: 'Ann', 'E-mail': 'strict@example.com', Password: PASSWORD });
  await page.getByRole('button', { name: 'Create account' }).click();
  await told(page).filter({ hasText: 'Open the link in the mail' }).waitFor();
  const { url } = await letters.to('strict@example.com', { about: /./ });
  assert.ok(decodeURIComponent(url).includes('/confirmed'), url);
  await page.goto('/sign-in');
  await signIn(page, 'strict@example.com');
  await told(page).filter({ hasText: 'Open the link in the mail' }).waitFor();
  await other.stop();
  await strict.stop();
});
