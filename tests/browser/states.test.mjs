// What a person sees when something is away: the network, the server behind a
// proxy, the session, the cookies. Nothing typed is lost by any of it.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { PASSWORD, signUp, startBrowser } from '../lib/browser.mjs';
import { signedUp } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { code as appCode } from '../lib/totp.mjs';

const WAKING = '<!doctype html><title>Preparing Space</title><p>Your Space is starting';

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

const banner = (page) => page.locator('[data-banner]');

describe('the network', () => {
  test('goes: the page says so, keeps what is typed, and says when it is back', async () => {
    const { page, context, close } = await browser.person();
    await signUp(page, 'offline@example.com');
    await page.goto('/settings');
    await page.getByLabel('New address').fill('half@exam');

    await context.setOffline(true);
    await banner(page).filter({ hasText: 'You are offline' }).waitFor();
    await page.getByLabel('Name', { exact: true }).fill('Ann Offline');
    await page.getByRole('button', { name: 'Save name' }).click();
    await page.getByText('The server cannot be reached').waitFor();

    await context.setOffline(false);
    await banner(page).filter({ hasText: 'Back again' }).waitFor();
    await banner(page).waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: 'Save name' }).click();
    await page.getByText('Saved.').waitFor();
    assert.equal(await page.getByLabel('New address').inputValue(), 'half@exam');
    await close();
  });
});

describe('a proxy whose server is waking up', () => {
  for (const [what, answer] of Object.entries({
    'with a page and 503': { status: 503, contentType: 'text/html', body: WAKING },
    'with a page and 200': { status: 200, contentType: 'text/html', body: WAKING },
    'with nothing and 502': { status: 502, body: '' },
  })) {
    test(`${what} is waited out, and nobody is signed out`, async () => {
      const { page, close } = await browser.person();
      await signUp(page, `waking-${what.replace(/\W/g, '')}@example.com`);
      let asked = 0;
      await page.route('**/api/auth/list-sessions', (route) => (++asked <= 2
        ? route.fulfill(answer) : route.continue()));

      await page.goto('/settings');
      await banner(page).filter({ hasText: 'The server is waking up' }).waitFor();
      await page.getByText('This one').waitFor();
      assert.equal(asked, 3);
      assert.equal(new URL(page.url()).pathname, '/settings');
      await close();
    });
  }

  test('refuses nobody the sign-in for good', async () => {
    await signedUp(lectern.url, { email: 'early@example.com', password: PASSWORD });
    const { page, close } = await browser.person();
    await page.route('**/api/auth/sign-in/email', (route) =>
      route.fulfill({ status: 503, contentType: 'text/html', body: WAKING }), { times: 1 });
    await page.goto('/sign-in');
    await page.getByLabel('E-mail').fill('early@example.com');
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').filter({ hasText: 'The server is waking up' }).waitFor();
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL('**/chat');
    await close();
  });
});

describe('a session that ends in the middle of writing', () => {
  async function expired(email, name) {
    const person = await browser.person();
    await signUp(person.page, email, name);
    await person.page.goto('/settings');
    await person.page.getByText('This one').waitFor();
    await person.page.getByLabel('Name of the new key').fill('half a name');
    await person.context.clearCookies();
    return person;
  }

  test('is taken up again on the spot, and what was asked for is done', async () => {
    const { page, close } = await expired('expired@example.com');
    await page.getByRole('button', { name: 'Create key' }).click();
    const dialog = page.getByRole('dialog', { name: 'Sign in to go on' });
    await dialog.waitFor();
    assert.equal(await dialog.getByLabel('E-mail').inputValue(), 'expired@example.com');

    await dialog.getByLabel('Password').fill('not the password');
    await dialog.getByRole('button', { name: 'Sign in' }).click();
    await dialog.getByText('The e-mail address or the password is wrong.').waitFor();
    await dialog.getByLabel('Password').fill(PASSWORD);
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'detached' });
    await page.getByText('Copy the key of “half a name” now.').waitFor();
    assert.equal(new URL(page.url()).pathname, '/settings');
    await close();
  });

  test('keeps the page as it was when it is put off, and asks again', async () => {
    const { page, close } = await expired('later@example.com');
    await page.getByRole('button', { name: 'Create key' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Not now' }).click();
    await page.getByText('Your session has ended.').waitFor();
    assert.equal(await page.getByLabel('Name of the new key').inputValue(), 'half a name');
    await page.getByRole('button', { name: 'Create key' }).click();
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await close();
  });

  test('asks for the second factor too', async () => {
    const { page, context, close } = await browser.person();
    const owner = await signedUp(lectern.url, { email: 'factor@example.com', password: PASSWORD });
    const { totpURI, backupCodes } = (await owner.post('/api/auth/two-factor/enable',
      { password: PASSWORD })).json;
    await owner.post('/api/auth/two-factor/verify-totp', { code: appCode(totpURI) });
    const cookies = [...owner.cookies].map(([name, value]) => ({ name, value, url: lectern.url }));
    await context.addCookies(cookies);
    await page.goto('/settings');
    await page.getByText('This one').waitFor();
    await context.clearCookies();

    await page.getByRole('button', { name: 'Save name' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Password').fill(PASSWORD);
    await dialog.getByRole('button', { name: 'Sign in' }).click();
    await dialog.getByLabel('Code of the app, or a backup code').fill(backupCodes[0]);
    await dialog.getByRole('button', { name: 'Sign in' }).last().click();
    await dialog.waitFor({ state: 'detached' });
    await page.getByText('Saved.').waitFor();
    await close();
  });
});

describe('inside a frame of huggingface.co', () => {
  // The one site that may frame us, played by the test.
  async function framed(server) {
    const chrome = await startBrowser(server.url);
    const person = await chrome.person();
    await person.context.route('https://huggingface.co/**', (route) => route.fulfill({
      contentType: 'text/html',
      body: `<!doctype html><title>Space</title><iframe src="${server.url}/sign-in?next=%2Fdocuments" width=900 height=800>`,
    }));
    // The site is elsewhere, the framed server on this machine: Chromium asks.
    await person.context.grantPermissions(['local-network-access']);
    await person.page.goto('https://huggingface.co/spaces/somebody/lectern');
    return { ...person, frame: person.page.frameLocator('iframe'), stop: chrome.stop };
  }

  async function signIn(frame, email) {
    await frame.getByLabel('E-mail').fill(email);
    await frame.getByLabel('Password').fill(PASSWORD);
    await frame.getByRole('button', { name: 'Sign in' }).click();
  }

  test('whose cookies are refused, the page offers a tab of its own', async (t) => {
    // With SameSite=Lax, as on a server that was not made for frames.
    await signedUp(lectern.url, { email: 'framed@example.com', password: PASSWORD });
    const { frame, context, stop } = await framed(lectern);
    t.after(stop);

    await signIn(frame, 'framed@example.com');
    await frame.getByRole('alert').filter({ hasText: 'keeps no cookies' }).waitFor();
    const opened = context.waitForEvent('page');
    await frame.getByRole('link', { name: 'Open in its own tab' }).click();
    const tab = await opened;
    await tab.getByLabel('E-mail').fill('framed@example.com');
    await tab.getByLabel('Password').fill(PASSWORD);
    await tab.getByRole('button', { name: 'Sign in' }).click();
    await tab.waitForURL('**/documents', { waitUntil: 'commit' });
  });

  test('one signs in where the cookie is made for it', async (t) => {
    const space = await startLectern({ env: { COOKIE_SAMESITE: 'none' } });
    await signedUp(space.url, { email: 'space@example.com', password: PASSWORD });
    const { frame, stop } = await framed(space);
    t.after(async () => {
      await stop();
      await space.stop();
    });

    await signIn(frame, 'space@example.com');
    await frame.getByRole('heading', { name: 'Documents', level: 1 }).waitFor();
  });
});
