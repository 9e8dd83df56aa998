// A React front end with the unmodified better-auth client, on an origin of
// its own, in Chromium: once on the server's site, once on another one, where
// the cookie must be a third party's.

import assert from 'node:assert/strict';
import http from 'node:http';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { build } from 'esbuild';

import { startBrowser } from '../lib/browser.mjs';
import { signedUp } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { freePort, root } from '../lib/process.mjs';

const password = 'correct horse 1';

let front;
let browser;

before(async () => {
  front = await startFrontEnd();
  browser = await startBrowser(front.url);
});
after(async () => {
  await browser?.stop();
  front?.stop();
});

async function startFrontEnd() {
  const { outputFiles: [bundle] } = await build({ bundle: true, write: false,
    entryPoints: [path.join(root, 'tests/fixtures/front-end.jsx')],
    jsx: 'automatic', define: { 'process.env.NODE_ENV': '"production"' } });
  const pages = { '/': ['text/html; charset=utf-8', '<!doctype html><title>Front end</title>' +
    '<link rel="icon" href="data:,"><div id="root"></div><script src="/app.js"></script>'],
  '/app.js': ['text/javascript; charset=utf-8', bundle.text] };
  const server = http.createServer((request, response) => {
    const [type, text] = pages[request.url.split('?')[0]] ?? ['text/plain', ''];
    response.writeHead(200, { 'content-type': type }).end(text);
  });
  const port = await freePort();

  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${port}`,
    stop: () => { server.closeAllConnections(); server.close(); } };
}

/** The front end in a browser of its own, with the API at `api`. */
async function visitor(api) {
  const person = await browser.person();

  await person.page.goto(`/?api=${encodeURIComponent(api)}`);
  return { ...person, troubles: () => person.troubles.filter((trouble) =>
    !trouble.startsWith(`a request to ${api}/api/`)) };
}

async function enter(page, email, how, secret = password) {
  await page.getByLabel('Name').fill('Ann');
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(secret);
  await page.getByRole('button', { name: how }).click();
}

const isInside = (page, name = 'Ann') => page.getByRole('heading', { name, exact: true }).waitFor();
const isOutside = (page) => page.getByRole('heading', { name: 'Signed out' }).waitFor();

/** Signs up, comes back, changes something, and leaves. */
async function stay(api) {
  const { page, context, troubles, close } = await visitor(api);

  await isOutside(page);
  await enter(page, 'react@example.com', 'Sign up');
  await isInside(page);
  await page.getByText(`Member since ${new Date().getFullYear()}`).waitFor();
  await page.reload();
  await isInside(page);
  await page.getByRole('button', { name: 'Count' }).click();
  await page.getByText(/^\d+ documents$/).waitFor();
  await page.getByLabel('New name').fill('Ann Lindqvist');
  await page.getByRole('button', { name: 'Rename' }).click();
  await isInside(page, 'Ann Lindqvist');

  const second = await context.newPage();
  await second.goto(page.url());
  await isInside(second, 'Ann Lindqvist');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await isOutside(page);
  await isOutside(second);
  await page.reload();
  await isOutside(page);
  assert.equal((await context.cookies()).length, 0, 'all cookies are cleared');

  await enter(page, 'react@example.com', 'Sign in');
  await isInside(page, 'Ann Lindqvist');
  assert.deepEqual(troubles(), []);
  await close();
}

test('a front end on another origin signs up, in, over a reload, and out', async () => {
  const lectern = await startLectern({ env: { FRONTEND_URL: front.url } });

  try {
    await stay(lectern.url);
    assert.equal(lectern.restarts(), 0, lectern.tail());
  } finally {
    await lectern.stop();
  }
});

test('a front end on another site does too, by cookies made for that', async () => {
  const port = await freePort();
  const api = `http://localhost:${port}`;
  const lectern = await startLectern({ env: { FRONTEND_URL: front.url, PORT: String(port),
    PUBLIC_URL: api, COOKIE_SAMESITE: 'none' } });

  try {
    await stay(api);
    assert.equal(lectern.restarts(), 0, lectern.tail());
  } finally {
    await lectern.stop();
  }
});

test('errors reach the page with status, code and message', async () => {
  const lectern = await startLectern({ env: { FRONTEND_URL: front.url } });

  try {
    const { email } = await signedUp(lectern.url);
    const { page, close } = await visitor(lectern.url);
    await isOutside(page);
    await enter(page, email, 'Sign in', 'not the password');
    await page.getByText('401 INVALID_EMAIL_OR_PASSWORD: Invalid email or password').waitFor();
    await enter(page, email, 'Sign up');
    await page.getByText('422 USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL: ' +
      'User already exists. Use another email.').waitFor();
    await close();
  } finally {
    await lectern.stop();
  }
});

test('a front end that is not trusted learns nothing and signs nobody in', async () => {
  const lectern = await startLectern({ env: { FRONTEND_URL: 'https://app.example.org' } });

  try {
    const { email } = await signedUp(lectern.url, { password });
    const { page, context, close } = await visitor(lectern.url);
    const response = await page.evaluate(async ([api, fields]) => {
      try {
        const reply = await fetch(`${api}/api/auth/sign-in/email`, { method: 'POST',
          headers: { 'content-type': 'application/json' }, credentials: 'include',
          body: JSON.stringify(fields) });
        return reply.status;
      } catch (error) {
        return error.name;
      }
    }, [lectern.url, { email, password }]);

    assert.equal(response, 'TypeError');
    assert.equal((await context.cookies()).length, 0);
    await close();
  } finally {
    await lectern.stop();
  }
});
