// The real `better-auth` client with its twoFactorClient() plugin against the
// real program, in a browser's cookie jar.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { createAuthClient } from 'better-auth/client';
import { twoFactorClient } from 'better-auth/client/plugins';

import { Client } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { code, wrongCode } from '../lib/totp.mjs';

const password = 'correct horse 1';

let lectern;
let people = 0;

before(async () => { lectern = await startLectern(); });
after(async () => {
  assert.equal(lectern.restarts(), 0, lectern.tail());
  await lectern.stop();
});

/** A client in a browser of its own; `redirects` fills as the plugin asks. */
function inBrowser(cookies = []) {
  const browser = new Client(lectern.url);
  const redirects = [];
  const auth = createAuthClient({
    baseURL: lectern.url,
    plugins: [twoFactorClient({
      onTwoFactorRedirect: (context) => { redirects.push(context); } })],
    fetchOptions: { customFetchImpl: (url, init) => browser.open(init.method,
      String(url).slice(lectern.url.length),
      { body: init.body, headers: Object.fromEntries(new Headers(init.headers)),
        signal: init.signal }) } });

  browser.cookies = new Map(cookies);
  return { auth, browser, redirects };
}

const good = ({ data, error }) => {
  assert.equal(error, null, JSON.stringify(error));
  return data;
};
const isError = ({ data, error }, status, text, message) => {
  assert.equal(data, null);
  assert.deepEqual([error.status, error.code, error.message], [status, text, message]);
};

async function signedUp() {
  const here = inBrowser();
  const email = `two-factor-${++people}@example.com`;

  good(await here.auth.signUp.email({ name: 'Ann', email, password }));
  return { ...here, email };
}

async function protectedPerson() {
  const ann = await signedUp();
  const { totpURI, backupCodes } = good(await ann.auth.twoFactor.enable({ password }));

  good(await ann.auth.twoFactor.verifyTotp({ code: code(totpURI) }));
  return { ...ann, uri: totpURI, codes: backupCodes };
}

test('enabling, confirming, signing in by code, and disabling', async () => {
  const { auth, email, browser } = await signedUp();
  assert.equal(good(await auth.getSession()).user.twoFactorEnabled, false);
  const begun = good(await auth.twoFactor.enable({ password }));

  assert.equal(begun.method, 'totp');
  assert.equal(begun.backupCodes.length, 10);
  assert.equal(good(await auth.getSession()).user.twoFactorEnabled, false);
  assert.equal(good(await auth.twoFactor.verifyTotp({ code: code(begun.totpURI) }))
    .user.twoFactorEnabled, true);
  assert.equal(good(await auth.getSession()).user.twoFactorEnabled, true);
  good(await auth.signOut());

  const there = inBrowser(browser.cookies);
  const half = good(await there.auth.signIn.email({ email, password }));
  assert.deepEqual(half, { twoFactorRedirect: true, twoFactorMethods: ['totp'] });
  assert.deepEqual(there.redirects, [{ twoFactorMethods: ['totp'] }]);
  assert.equal(good(await there.auth.getSession()), null);
  const { token, user } = good(await there.auth.twoFactor
    .verifyTotp({ code: code(begun.totpURI) }));
  assert.ok(user.createdAt instanceof Date);
  const session = good(await there.auth.getSession());
  assert.equal(session.session.token, token);
  assert.equal(session.user.email, email);

  assert.deepEqual(good(await there.auth.twoFactor.disable({ password })), { status: true });
  assert.equal(good(await there.auth.getSession()).user.twoFactorEnabled, false);
  const back = inBrowser();
  assert.equal(good(await back.auth.signIn.email({ email, password })).user.email, email);
  assert.deepEqual(back.redirects, []);
});

test('a backup code signs in, once', async () => {
  const { email, codes } = await protectedPerson();
  const there = inBrowser();
  good(await there.auth.signIn.email({ email, password }));

  assert.equal(good(await there.auth.twoFactor.verifyBackupCode({ code: codes[0] }))
    .user.email, email);
  assert.equal(good(await there.auth.getSession()).user.email, email);
  good(await there.auth.signOut());
  good(await there.auth.signIn.email({ email, password }));
  isError(await there.auth.twoFactor.verifyBackupCode({ code: codes[0] }), 401,
    'INVALID_BACKUP_CODE', 'Invalid backup code');
});

test('a trusted device signs in by password alone', async () => {
  const { email, uri } = await protectedPerson();
  const there = inBrowser();
  good(await there.auth.signIn.email({ email, password }));
  good(await there.auth.twoFactor.verifyTotp({ code: code(uri), trustDevice: true }));
  good(await there.auth.signOut());

  for (let n = 0; n < 2; n++) {
    assert.equal(good(await there.auth.signIn.email({ email, password })).user.email, email);
    good(await there.auth.signOut());
  }
  assert.equal(there.redirects.length, 1);
});

test('codes and URI are given again for the password', async () => {
  const { auth, uri, codes } = await protectedPerson();

  assert.deepEqual(good(await auth.twoFactor.getTotpUri({ password })), { totpURI: uri });
  const { status, backupCodes } = good(await auth.twoFactor
    .generateBackupCodes({ password }));
  assert.equal(status, true);
  assert.equal(new Set([...codes, ...backupCodes]).size, 20);
});

test('errors come with the codes that the plugin knows', async () => {
  const { auth, uri, email } = await protectedPerson();
  const { $ERROR_CODES: known } = twoFactorClient();
  const there = inBrowser();
  const wrong = { code: wrongCode(uri) };
  const is = (result, status, { code: text, message }) =>
    isError(result, status, text, message);

  is(await auth.twoFactor.enable({ password }), 400, known.TOTP_ALREADY_ENABLED);
  is(await there.auth.twoFactor.verifyTotp(wrong), 401, known.INVALID_TWO_FACTOR_COOKIE);
  good(await there.auth.signIn.email({ email, password }));
  for (let n = 0; n < 5; n++) {
    is(await there.auth.twoFactor.verifyTotp(wrong), 401, known.INVALID_CODE);
  }
  is(await there.auth.twoFactor.verifyTotp({ code: code(uri) }), 400,
    known.TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE);
  good(await there.auth.signIn.email({ email, password }));
  for (let n = 0; n < 5; n++) await there.auth.twoFactor.verifyTotp(wrong);
  good(await there.auth.signIn.email({ email, password }));
  is(await there.auth.twoFactor.verifyTotp({ code: code(uri) }), 429,
    known.ACCOUNT_TEMPORARILY_LOCKED);
  isError(await auth.twoFactor.disable({ password: 'wrong horse 1' }), 400,
    'INVALID_PASSWORD', 'Invalid password');
  isError(await auth.twoFactor.sendOtp(), 400, 'OTP_NOT_CONFIGURED',
    'otp isn\'t configured');
});
