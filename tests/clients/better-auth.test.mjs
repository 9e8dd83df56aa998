// The real `better-auth` client against the real program: as in a browser
// (cookies, Origin), on a front end's server (forwarded headers) and as an
// app that keeps a bearer token.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { createAuthClient } from 'better-auth/client';

import { Client } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { until } from '../lib/wait.mjs';

const password = 'correct horse 1';

let lectern;
let people = 0;

before(async () => {
  lectern = await startLectern({ env: { FRONTEND_URL: 'https://app.example.org' } });
});
after(async () => {
  assert.equal(lectern.restarts(), 0, lectern.tail());
  await lectern.stop();
});

const address = () => `client-${++people}@example.com`;

/** A client in a browser of its own; `origin` is the page it runs in. */
function inBrowser({ origin = lectern.url, ...options } = {}) {
  const browser = new Client(lectern.url);
  const auth = createAuthClient({ baseURL: lectern.url, ...options, fetchOptions: {
    customFetchImpl: (url, init) => browser.open(init.method,
      String(url).slice(lectern.url.length),
      { body: init.body, headers: Object.fromEntries(new Headers(init.headers)),
        origin, signal: init.signal }),
    ...options.fetchOptions } });

  return { auth, browser };
}

async function signedUp(fields = {}) {
  const email = address();
  const { auth, browser } = inBrowser();
  const { data, error } = await auth.signUp.email(
    { name: 'Ann', email, password, ...fields });

  assert.equal(error, null);
  return { auth, browser, email, data };
}

const isError = ({ data, error }, status, code, message) => {
  assert.equal(data, null);
  assert.deepEqual([error.status, error.code, error.message], [status, code, message]);
};

test('signing up signs in: the session is there, with dates as Dates', async () => {
  const { auth, email, data } = await signedUp();

  assert.equal(typeof data.token, 'string');
  assert.deepEqual([data.user.email, data.user.name, data.user.emailVerified,
    data.user.image], [email, 'Ann', false, null]);
  assert.ok(data.user.createdAt instanceof Date);
  const session = await auth.getSession();
  assert.equal(session.error, null);
  assert.deepEqual(session.data.user, data.user);
  assert.equal(session.data.session.token, data.token);
  assert.ok(session.data.session.expiresAt instanceof Date);
  const days = (session.data.session.expiresAt - Date.now()) / 86_400_000;
  assert.ok(days > 6.9 && days <= 7, `${days} days`);
});

test('signing out ends it: data and error are both null afterwards', async () => {
  const { auth, browser } = await signedUp();
  const copy = new Map(browser.cookies);
  const out = await auth.signOut();

  assert.equal(out.error, null);
  assert.equal(out.data.success, true);
  assert.equal(browser.cookies.size, 0);
  assert.deepEqual(await auth.getSession(), { data: null, error: null });
  browser.cookies = copy;
  assert.deepEqual(await auth.getSession(), { data: null, error: null });
});

test('signing in again gives the same user another session', async () => {
  const { auth, email, data } = await signedUp();
  await auth.signOut();
  const back = await auth.signIn.email({ email, password });

  assert.equal(back.error, null);
  assert.equal(back.data.redirect, false);
  assert.deepEqual(back.data.user, data.user);
  assert.notEqual(back.data.token, data.token);
  assert.equal((await auth.getSession()).data.session.token, back.data.token);
});

test('errors come as {data: null, error} with status, code and message', async () => {
  const { auth, email } = await signedUp();

  isError(await auth.signUp.email({ name: 'B', email, password }), 422,
    'USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL', 'User already exists. Use another email.');
  isError(await auth.signUp.email({ name: 'B', email: address(), password: 'short' }),
    400, 'PASSWORD_TOO_SHORT', 'Password too short');
  isError(await auth.signIn.email({ email, password: 'not this one' }), 401,
    'INVALID_EMAIL_OR_PASSWORD', 'Invalid email or password');
  isError(await auth.signIn.email({ email: 'nonsense', password }), 400,
    'INVALID_EMAIL', 'Invalid email');
  isError(await auth.signUp.email({ email: address(), password }), 400,
    'VALIDATION_ERROR',
    '[body.name] Invalid input: expected string, received undefined');
  isError(await inBrowser({ origin: 'https://evil.example' }).auth
    .signIn.email({ email, password }), 403, 'INVALID_ORIGIN', 'Invalid origin');
});

test('with throw the error is thrown, and hooks hear of both ends', async () => {
  const { auth, email } = await signedUp();
  const heard = [];
  const fetchOptions = { onSuccess: () => heard.push('success'),
    onError: ({ error }) => heard.push(error.code) };

  await auth.signIn.email({ email, password, fetchOptions });
  await auth.signIn.email({ email, password: 'not this one', fetchOptions });
  assert.deepEqual(heard, ['success', 'INVALID_EMAIL_OR_PASSWORD']);
  await assert.rejects(auth.signIn.email({ email, password: 'not this one',
    fetchOptions: { throw: true } }), (error) => error.status === 401 &&
    error.error.code === 'INVALID_EMAIL_OR_PASSWORD');
});

test('rememberMe:false is kept in two cookies and lasts a day', async () => {
  const { auth, browser } = await signedUp({ rememberMe: false });

  assert.deepEqual([...browser.cookies.keys()].sort(),
    ['better-auth.dont_remember', 'better-auth.session_token']);
  const { data } = await auth.getSession();
  const hours = (data.session.expiresAt - Date.now()) / 3_600_000;
  assert.ok(hours > 23 && hours <= 24, `${hours} hours`);
});

test('a front end on a trusted origin of its own signs in and out', async () => {
  const { email } = await signedUp();
  const { auth } = inBrowser({ origin: 'https://app.example.org' });

  assert.equal((await auth.signIn.email({ email, password })).data.user.email, email);
  assert.equal((await auth.getSession()).data.user.email, email);
  assert.equal((await auth.signOut()).data.success, true);
});

test('a front end’s server reads the session from forwarded headers', async () => {
  const { browser, email } = await signedUp();
  const auth = createAuthClient({ baseURL: lectern.url });
  const headers = new Headers({ 'user-agent': 'Browser/1.0',
    cookie: [...browser.cookies].map((pair) => pair.join('=')).join('; ') });

  const { data } = await auth.getSession({ fetchOptions: { headers } });
  assert.equal(data.user.email, email);
  assert.equal((await auth.getSession()).data, null);
});

test('an app keeps set-auth-token and comes back with a bearer', async () => {
  const email = address();
  let token = '';
  const auth = createAuthClient({ baseURL: lectern.url, fetchOptions: {
    auth: { type: 'Bearer', token: () => token },
    headers: { origin: lectern.url },
    credentials: 'omit',
    onSuccess: ({ response }) => {
      token = response.headers.get('set-auth-token') ?? token;
    } } });

  const { data } = await auth.signUp.email({ name: 'App', email, password });
  assert.equal(token.split('.')[0], data.token);
  assert.equal((await auth.getSession()).data.user.email, email);
  token = data.token;
  assert.equal((await auth.getSession()).data.user.email, email);
  assert.equal((await auth.signOut()).data.success, true);
  assert.equal((await auth.getSession()).data, null);
});

test('useSession follows signing out and in', async () => {
  const { auth, email } = await signedUp();
  let state;
  const stop = auth.useSession.subscribe((value) => { state = value; });

  try {
    await until(() => state.data?.user.email === email, 'the session');
    await auth.signOut();
    await until(() => state.data === null && !state.isPending, 'nobody');
    assert.equal(state.error, null);
    await auth.signIn.email({ email, password });
    await until(() => state.data?.user.email === email, 'the session again');
  } finally {
    stop();
  }
});
