// Debian's Chromium, driven by playwright-core, with an ear for trouble.
//
//   const browser = await startBrowser(lectern.url);
//   const { page, troubles, close } = await browser.person({ viewport: PHONE });
//   await signUp(page, 'anna@example.com');
//   await addDocument(page, 'rules.md', text, 'Title');
//   const turn = await ask(page, 'How long?');
//   troubles               // what a person should never cause; see below
//   await browser.stop();
//
// Each person has cookies and storage of their own. Troubles are collected
// over all their pages: console errors and warnings, uncaught exceptions,
// violations of the content security policy, and requests that leave the
// server. CHROMIUM names another browser binary.

import { chromium } from 'playwright-core';

import { until } from './wait.mjs';

export const PHONE = { width: 375, height: 812 };
export const DESK = { width: 1440, height: 900 };
/** Of everybody who signs up by signUp(). */
export const PASSWORD = 'a lamp with a green shade';

const ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--disable-quic',
  '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];

export async function startBrowser(url) {
  const chrome = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium-headless-shell',
    args: ARGUMENTS,
  });

  return {
    person: (options) => newPerson(chrome, url, options),
    stop: () => chrome.close(),
  };
}

async function newPerson(chrome, url, { viewport = DESK, ...options } = {}) {
  const context = await chrome.newContext({ baseURL: url, viewport, ...options });
  const troubles = [];
  const own = new URL(url).origin;

  context.setDefaultTimeout(15_000);
  await context.exposeBinding('reportViolation', (_, words) => troubles.push(words));
  await context.addInitScript(() => {
    addEventListener('securitypolicyviolation', (event) => window.reportViolation(
      `${event.violatedDirective} refused ${event.blockedURI} on ${event.documentURI}`));
  });
  context.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) {
      troubles.push(`${message.type()}: ${message.text()} (${message.location().url})`);
    }
  });
  context.on('weberror', (error) => troubles.push(String(error.error().stack)));
  context.on('request', (request) => {
    if (/^https?:/.test(request.url()) && new URL(request.url()).origin !== own) {
      troubles.push(`a request to ${request.url()}`);
    }
  });

  return {
    context,
    troubles,
    page: await context.newPage(),
    close: () => context.close(),
  };
}

/** By how many pixels the page is wider than its window; 0 is good. */
export function overflow(page) {
  return page.evaluate(() => Math.max(0,
    document.documentElement.scrollWidth - document.documentElement.clientWidth));
}

/** Makes an account by the form; leaves the person, signed in, at the chat. */
export async function signUp(page, email, name = 'Ann Lindqvist') {
  await page.goto('/sign-up');
  // Its script has something to add, which moves the button.
  await page.locator('[aria-controls="password"]').waitFor();
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.waitForURL('**/chat');
}

/**
 * Adds a Markdown file whose first heading is `title`; resolves to the
 * address of the document's page once it can be asked.
 */
export async function addDocument(page, name, text, title) {
  const row = page.getByRole('listitem').filter({ hasText: title });

  await page.goto('/documents');
  await page.getByLabel('Choose files').setInputFiles(
    { name, mimeType: 'text/markdown', buffer: Buffer.from(text) });
  await row.getByRole('link', { name: 'Ask' }).waitFor();
  return row.getByRole('link').first().getAttribute('href');
}

/**
 * Adds a text without the documents page; resolves to the address of the
 * document's page once it can be asked.
 */
export async function putDocument(page, title, text) {
  const { origin } = new URL(page.url());
  const reply = await page.request.post(`${origin}/api/documents`,
    { headers: { origin }, data: { title, text } });
  const { document: { id } } = await reply.json();

  await until(async () => {
    const { document: now } = await (await page.request.get(`${origin}/api/documents/${id}`)).json();
    return now.status === 'ready';
  }, 'the document to be ready', { seconds: 30 });
  return `/documents/${id}`;
}

/** Asks in the open conversation; resolves to the turn at once. */
export async function startAsking(page, question) {
  // Before its script is there, the form would go nowhere.
  await page.waitForLoadState();
  await page.getByLabel('Your question').fill(question);
  await page.keyboard.press('Enter');
  return page.getByRole('article').filter({ hasText: question }).last();
}

/** Resolves once the turn's answer is written to its end, whatever that is. */
export async function answered(turn) {
  await turn.locator('[data-answer]:not([aria-busy])').waitFor();
}

/** Asks; resolves to the turn once it is answered. */
export async function ask(page, question) {
  const turn = await startAsking(page, question);

  await answered(turn);
  return turn;
}
