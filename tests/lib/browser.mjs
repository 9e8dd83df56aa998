// Debian's Chromium, driven by playwright-core, with an ear for trouble.
//
//   const browser = await startBrowser(lectern.url);
//   const person = await browser.person({ viewport: PHONE });
//   await person.page.goto('/');
//   person.troubles        // what a person should never cause; see below
//   await browser.stop();
//
// Each person has cookies and storage of their own. Troubles are collected
// over all their pages: console errors and warnings, uncaught exceptions,
// violations of the content security policy, and requests that leave the
// server. CHROMIUM names another browser binary.

import { chromium } from 'playwright-core';

export const PHONE = { width: 375, height: 812 };
export const DESK = { width: 1440, height: 900 };

const ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--disable-quic',
  '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];

export async function startBrowser(url) {
  const chrome = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
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
