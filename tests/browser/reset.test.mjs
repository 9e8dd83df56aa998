// A forgotten password, as a person gets over it: the page, the mail, the new
// password, signing in with it.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { PHONE, overflow, startBrowser } from '../lib/browser.mjs';
import { signedUp } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { Letters } from '../lib/letters.mjs';

let lectern, browser;
const letters = new Letters();

before(async () => {
  lectern = await startLectern({ env: { MAIL_URL: letters.url } });
  browser = await startBrowser(lectern.url);
});
after(async () => {
  await browser?.stop();
  assert.equal(lectern.restarts(), 0, lectern.tail());
  await lectern.stop();
});

test('a forgotten password is replaced by the link in the mail, once', async () => {
  const email = 'forgetful@example.com';
  await signedUp(lectern.url, { email });
  const { page } = await browser.person({ viewport: PHONE });

  await page.goto('/sign-in');
  await page.getByRole('link', { name: 'Forgotten your password?' }).click();
  assert.equal(await overflow(page), 0);
  await page.getByLabel('E-mail').fill(email);
  await page.getByRole('button', { name: 'Send the link' }).click();
  await page.getByText('the mail is on its way').waitFor();

  const { url } = await letters.to(email, { about: /new password/i });
  await page.goto(url);
  await page.getByLabel('New password').fill('a better password');
  await page.getByRole('button', { name: 'Set the password' }).click();
  await page.waitForURL('**/sign-in');
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill('a better password');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL('**/chat');

  await page.goto(url);
  await page.getByText('has been used or is too old').waitFor();
  assert.equal(await page.getByLabel('New password').isVisible(), false);
});
