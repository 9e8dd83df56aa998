// The API reference: every route, readable, and tried with one's own session.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { DESK, PHONE, overflow, signUp, startBrowser } from '../lib/browser.mjs';
import { startLectern } from '../lib/lectern.mjs';

let lectern, browser;

before(async () => {
  lectern = await startLectern();
  browser = await startBrowser(lectern.url);
});
after(async () => {
  await browser?.stop();
  await lectern?.stop();
});

const route = (page, method, path) => page.locator('details', {
  has: page.locator('summary', { hasText: method }).filter({
    has: page.locator('code', { hasText: new RegExp(`^${path}$`) }) }) });

for (const [name, viewport] of [['a phone', PHONE], ['a desk', DESK]]) {
  test(`the reference shows every route on ${name}`, async () => {
    const { page, troubles, close } = await browser.person({ viewport });

    await page.goto('/docs');
    await page.locator('[data-routes]:not([aria-busy])').waitFor();
    const { paths } = await (await page.request.get('/openapi.json')).json();
    const count = Object.values(paths).flatMap(Object.keys).length;
    assert.equal(await page.locator('details').count(), count);
    await route(page, 'post', '/api/search').locator('summary').click();
    assert.match(await route(page, 'post', '/api/search').innerText(), /"documentId": "string/);
    assert.equal(await overflow(page), 0);
    assert.deepEqual(troubles, []);
    await close();
  });
}

test('a route is tried with the session of the reader', async () => {
  const { page, troubles, close } = await browser.person();

  await signUp(page, 'dora@example.com');
  await page.goto('/docs#get_api_conversations');
  const row = page.locator('#get_api_conversations');
  await row.getByRole('button', { name: 'Try it' }).click();
  await row.getByText('"conversations": []').waitFor();

  const search = route(page, 'post', '/api/search');
  await search.locator('summary').click();
  await search.getByLabel('Body').fill('{"query": ""}');
  await search.getByRole('button', { name: 'Try it' }).click();
  await search.getByText('"field": "query"').waitFor();
  assert.match(await search.locator('[data-outcome]').innerText(), /^400 Bad Request/);
  assert.deepEqual(troubles.filter((words) => !/status of 400/.test(words)), []);
  await close();
});

test('routes are found by their words, and a request is copied as a command', async () => {
  const { page, context, troubles, close } = await browser.person();

  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.goto('/docs');
  await page.locator('[data-routes]:not([aria-busy])').waitFor();
  await page.getByRole('searchbox').fill('search post');
  await page.locator('[data-found]').filter({ hasText: /^\d routes?$/ }).waitFor();
  assert.ok(await route(page, 'post', '/api/search').isVisible());
  assert.equal(await page.locator('#get_api_conversations').isVisible(), false);
  await page.getByRole('searchbox').fill('no such words');
  await page.getByText('No route has these words.').waitFor();
  await page.getByRole('searchbox').fill('');

  const search = route(page, 'post', '/api/search');
  await search.locator('summary').click();
  await search.getByLabel('Body').fill('{"query": "it\'s"}');
  await search.getByRole('button', { name: 'Copy as curl' }).click();
  await search.getByText('Copied').waitFor();
  const command = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(command, /^curl -X POST 'http:\/\/[^']+\/api\/search' \\\n/);
  assert.match(command, /-d '\{"query": "it'\\''s"\}'$/);
  assert.deepEqual(troubles, []);
  await close();
});

test('speaks the language of its reader, and names what is English', async () => {
  const { page, troubles, close } = await browser.person({ locale: 'de-DE' });

  await page.goto('/docs');
  await page.getByRole('heading', { name: 'API-Referenz' }).waitFor();
  await page.locator('[data-routes]:not([aria-busy])').waitFor();
  assert.equal(await page.locator('[data-summary]').first().getAttribute('lang'), 'en');
  await page.goto('/');
  await page.getByRole('heading', { name: /Frag deine Dokumente/ }).waitFor();
  assert.deepEqual(troubles, []);
  await close();
});
