// The pages as Chromium meets them with an empty cache, on this machine and as
// on a slow phone (the throttling that Lighthouse calls mobile: 1.6 Mbit/s,
// 150 ms, a processor four times slower): first and largest contentful paint,
// what shifts in the layout, bytes before compression and on the way.

import { askWhole, question, reader } from '../lib/asking.mjs';
import { DESK, PHONE, startBrowser } from '../lib/browser.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { quantile } from './measure.mjs';

const LOOKS = {
  'this machine': { viewport: DESK },
  'a slow phone': { viewport: PHONE, slow: true },
};

/** Gathers what happens to the page from its very beginning. */
function watch() {
  window.figures = { lcp: 0, shift: 0 };
  new PerformanceObserver((list) => {
    for (const { startTime } of list.getEntries()) window.figures.lcp = startTime;
  }).observe({ type: 'largest-contentful-paint', buffered: true });
  new PerformanceObserver((list) => {
    for (const { value, hadRecentInput } of list.getEntries()) {
      if (!hadRecentInput) window.figures.shift += value;
    }
  }).observe({ type: 'layout-shift', buffered: true });
}

async function figures(page) {
  return page.evaluate(() => {
    const files = performance.getEntries().filter(({ entryType, name }) =>
      entryType === 'navigation'
      || (entryType === 'resource' && !new URL(name).pathname.startsWith('/api/')));
    const sum = (field) => files.reduce((total, file) => total + file[field], 0);
    const [{ startTime: fcp }] = performance.getEntriesByName('first-contentful-paint');
    return { fcp, ...window.figures, raw: sum('decodedBodySize'), sent: sum('encodedBodySize') };
  });
}

async function once(browser, cookies, path, { viewport, slow }) {
  const { page, context, close } = await browser.person({ viewport });

  await context.addCookies(cookies);
  await page.addInitScript(watch);
  // As signing up in this browser has left it.
  await page.addInitScript(() => localStorage.setItem('lectern:reminder', 'yes'));
  if (slow) {
    const tools = await context.newCDPSession(page);
    await tools.send('Network.enable');
    await tools.send('Network.emulateNetworkConditions', { offline: false, latency: 150,
      downloadThroughput: 1_600_000 / 8, uploadThroughput: 750_000 / 8 });
    await tools.send('Emulation.setCPUThrottlingRate', { rate: 4 });
  }
  await page.goto(path);
  await page.waitForLoadState('networkidle');
  const found = await figures(page);
  await close();
  return found;
}

/** The table of all pages. */
export async function paging(postgres, rounds) {
  const lectern = await startLectern({ postgres });
  const browser = await startBrowser(lectern.url);
  const anna = await reader(lectern);
  const { conversationId } = (await askWhole(anna, question)).json;
  const cookies = [...anna.cookies].map(([name, value]) => ({ name, value, url: lectern.url }));
  const rows = [['', 'first paint ms', 'largest paint ms', 'layout shift', 'kB', 'kB sent']];
  const middle = (all, field) => quantile(all.map((one) => one[field]).sort((a, b) => a - b), 0.5);

  for (const [look, options] of Object.entries(LOOKS)) {
    for (const path of ['/', '/sign-in', '/chat', `/chat/${conversationId}`, '/documents']) {
      const all = [];
      const mine = /chat|documents/.test(path) ? cookies : [];

      console.log(`pages, ${path} on ${look}`);
      for (let round = 0; round < rounds; round++) all.push(await once(browser, mine, path, options));
      rows.push([`${path.replace(conversationId, 'ID')} on ${look}`,
        ...['fcp', 'lcp'].map((field) => middle(all, field).toFixed(0)),
        middle(all, 'shift').toFixed(3),
        ...['raw', 'sent'].map((field) => (middle(all, field) / 1000).toFixed(1))]);
    }
  }
  await browser.stop();
  await lectern.stop();
  return [rows];
}
