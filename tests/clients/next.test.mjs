// A Next.js front end (tests/next), built and run for real, in Chromium: once
// behind a rewrite, so that the browser sees one origin, and once calling
// Lectern across origins.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { startBrowser } from '../lib/browser.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { ended, freePort, root, signal } from '../lib/process.mjs';
import { until, within } from '../lib/wait.mjs';

const folder = path.join(root, 'tests/next');
const password = 'a lamp with a green shade';
const rules = '# House rules\n\nThe reading room closes at half past nine in the evening.\n';

let lectern;
let behind;
let across;

before(async () => {
  const ports = [await freePort(), await freePort()];
  const urls = ports.map((port) => `http://127.0.0.1:${port}`);

  lectern = await startLectern({ env: { FRONTEND_URL: urls.join(',') } });
  const { code, output } = await next(['build'], { LECTERN_URL: lectern.url }).end();
  assert.equal(code, 0, output);
  behind = await startNext(ports[0], {});
  across = await startNext(ports[1], { LECTERN_DIRECT_URL: lectern.url });
}, { timeout: 280_000 });
after(async () => {
  await behind?.stop();
  await across?.stop();
  await lectern?.stop();
});

function next(args, env) {
  const child = spawn('setpriv', ['--pdeathsig', 'TERM', process.execPath,
    path.join(folder, 'node_modules/next/dist/bin/next'), ...args], { cwd: folder,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, NODE_ENV: 'production',
      NEXT_TELEMETRY_DISABLED: '1', NEXT_IGNORE_INCORRECT_LOCKFILE: '1', ...env } });
  let output = '';

  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (part) => { output += part; });
  return { child,
    async end() {
      const [code] = await ended(child);
      return { code, output };
    } };
}

async function startNext(port, env) {
  const { child } = next(['start', '-H', '127.0.0.1', '-p', String(port)], env);
  const url = `http://127.0.0.1:${port}`;

  await until(async () => (await fetch(url)).ok, 'Next.js to serve', { seconds: 30 });
  return { url,
    async stop() {
      signal(child.pid, 'SIGTERM');
      await within(ended(child), 'Next.js to stop');
    } };
}

async function enter(page, email, how) {
  await page.getByLabel('Name').fill('Ann');
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: how }).click();
}

/** Adds a document with the session of the page. */
async function addRules(page, api) {
  await page.evaluate(async ([address, text]) => {
    const { document } = await (await fetch(`${address}/api/documents?filename=rules.md`,
      { method: 'POST', body: text, credentials: 'include' })).json();
    for (let status = document.status; status !== 'ready';) {
      const answer = await fetch(`${address}/api/documents/${document.id}`,
        { credentials: 'include' });
      status = (await answer.json()).document.status;
    }
  }, [api, rules]);
}

async function wholePath(front, api, email) {
  const browser = await startBrowser(front.url);

  try {
    const { page, troubles } = await browser.person();
    await page.goto('/');
    await enter(page, email, 'Sign up');
    await page.getByText('Signed in as Ann.').waitFor();
    await addRules(page, api);

    await page.getByLabel('Question').fill('When does the reading room close?');
    await page.getByRole('button', { name: 'Ask' }).click();
    const answer = page.locator('article[data-role=assistant]');
    await answer.getByRole('link', { name: 'House rules' }).first().waitFor();
    assert.match(await answer.locator('blockquote').first().textContent(),
      /closes at half past nine/);
    await page.getByText('ready', { exact: true }).waitFor();

    await page.getByRole('button', { name: 'Answer again' }).click();
    await page.getByText('ready', { exact: true }).waitFor();
    await answer.getByRole('link', { name: 'House rules' }).first().waitFor();
    assert.equal(await answer.count(), 1);

    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    assert.deepEqual(troubles.filter((trouble) => api === '' ||
      !trouble.startsWith(`a request to ${api}/`)), []);

    await page.getByLabel('E-mail').fill(email);
    await page.getByLabel('Password').fill('not the password');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('Invalid email or password').waitFor();
    await enter(page, email, 'Sign in');
    await page.getByText('Signed in as Ann.').waitFor();
  } finally {
    await browser.stop();
  }
}

test('a Next.js front end behind a rewrite signs up, asks, asks again, signs out and in', () =>
  wholePath(behind, '', 'behind@example.com'));

test('the same front end calls Lectern across origins', () =>
  wholePath(across, lectern.url, 'across@example.com'));
