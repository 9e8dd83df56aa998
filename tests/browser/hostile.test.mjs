// Everything that a person may write is markup that would run: names, titles,
// file names, questions, documents and the words of a model. Every page is
// opened twice, once with the content security policy and once without it,
// since what a page shows must be escaped before any policy is asked: nothing
// runs, nothing navigates, and no policy had to refuse a thing.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { startModel } from '../doubles/model.mjs';
import { add, askWhole } from '../lib/asking.mjs';
import { startBrowser } from '../lib/browser.mjs';
import { signedUp } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { root } from '../lib/process.mjs';

const payloads = ['<img src=x onerror=pwned(1)>', '"><svg onload=pwned(2)>', "'><svg/onload=pwned(3)>",
  '</script><script>pwned(4)</script>', '</textarea></title><img src=x onerror=pwned(5)>',
  '[click](javascript:pwned(6))', '" onmouseover=pwned(7) autofocus onfocus=pwned(7) x="',
  '<iframe srcdoc="<script>parent.pwned(8)</script>"></iframe>', '<base href="//evil.example/">',
  '<meta http-equiv=refresh content="0;url=//evil.example/">', '<a href="javascript:pwned(9)">x</a>',
  '<details open ontoggle=pwned(10)>', '<math><mi xlink:href="javascript:pwned(11)">x</mi></math>',
  '<form action="javascript:pwned(12)"><button id=x>', '<style>@import "//evil.example/";</style>',
  '![x](javascript:pwned(13))', '$\\href{javascript:pwned(14)}{x}$', '<noscript><p title="</noscript><img src=x onerror=pwned(15)>">'];
const whole = payloads.join('\n\n');
const short = payloads.slice(0, 3).join(' ');

let lectern, browser, model, mallory;
let places;

before(async () => {
  model = await startModel();
  lectern = await startLectern({ env: { LLM_URL: model.url, LLM_MODEL: 'double' } });
  browser = await startBrowser(lectern.url);
  mallory = await signedUp(lectern.url, { email: "o'mallory@example.com", name: short });
  await lectern.run('user', 'admin', mallory.email);
  places = await fill();
});
after(async () => {
  await browser?.stop();
  await lectern?.stop();
  await model?.stop();
  assert.equal(lectern?.restarts(), 0, 'a worker was lost');
});

/** Puts the payloads wherever there is room; resolves with the pages to see. */
async function fill() {
  const upload = (name, type, body, query = '') => mallory.request('POST',
    `/api/documents?filename=${encodeURIComponent(name)}${query}`, { body, headers: { 'content-type': type } });
  const found = [];

  for (const [n, payload] of payloads.entries()) {
    await upload(`${payload.replaceAll(/[\\/]/g, '')}.md`, 'text/markdown', `# ${payload}\n\nThe lamp ${n}: ${payload}\n`);
    await mallory.post('/api/collections', { name: payload.slice(0, 100) });
    await mallory.post('/api/keys', { name: payload });
  }
  await upload('shared <img src=x onerror=pwned(16)>.txt', 'text/plain', `Shared: ${whole}`, '&shared=true');
  const text = await add(mallory, { title: short, text: `The warranty of the lamp lasts thirty months. ${whole}` });
  const html = (await upload('page.html', 'text/html',
    `<title>${short}</title><h1>Lamp</h1>${whole}<p>The lamp of the page is green.</p>`)).json.document.id;
  // The model says them too, and the answer cites the document.
  for (const words of [`${whole}\n\nIt lasts thirty months [1].`, '| a |\n|---|\n| <img src=x onerror=pwned(17)> |\n\n' +
    `<svg onload=pwned(18)> [1]\n\n\`\`\`"><img src=x onerror=pwned(19)>\n${whole}\n\`\`\`\n`]) {
    model.script([words]);
    const reply = await askWhole(mallory, `How long? ${whole}`, { documentIds: [text] });
    assert.equal(reply.status, 200, reply.text);
    await mallory.patch(`/api/conversations/${reply.json.conversationId}`, { title: short });
    await mallory.post(`/api/messages/${reply.json.messageId}/feedback`, { rating: -1, comment: whole.slice(0, 500) });
    found.push(`/chat/${reply.json.conversationId}`);
  }
  const word = encodeURIComponent(short);
  const js = encodeURIComponent('javascript:pwned(20)');
  return ['/', '/chat', ...found, '/documents', `/documents?q=${word}`, `/documents?collection=${word}`,
    `/documents/${text}`, `/documents/${text}#40-90`, `/documents/${html}`, `/chat?document=${text}`,
    '/settings', '/docs', '/admin', '/admin/users', `/admin/users?q=${word}`, '/admin/library',
    '/admin/status', '/admin/audit', `/sign-in?next=${js}`, `/sign-up?next=${js}`, `/sign-in#${word}`,
    `/sign-in?error=${word}`, `/reset-password?token=${word}`, `/reset-password?token=x&error=${word}`,
    `/forgot-password#${word}`, `/confirmed?error=${word}`, `/confirmed#${word}`,
    `/api/auth/error?error=${word}&error_description=${word}`, `/chat/${word}`, `/documents/${word}`, `/nothing/${word}`];
}

async function visitor(options) {
  const person = await browser.person(options);
  const ran = [];

  await person.context.exposeBinding('pwned', (_, n) => ran.push(n));
  await person.context.addCookies([...mallory.cookies].map(([name, value]) => ({ name, value, url: lectern.url })));
  person.page.on('dialog', (dialog) => { ran.push(dialog.message()); dialog.dismiss(); });
  person.page.on('framenavigated', (frame) => {
    const { origin } = new URL(frame.url() === 'about:blank' ? lectern.url : frame.url());
    if (origin !== lectern.url) ran.push(`gone to ${frame.url()}`);
  });
  return { ...person, ran };
}

/** What no page has unless somebody's words became markup. */
const strangers = (page) => page.evaluate(() => [...document.querySelectorAll('*')].filter((element) =>
  [...element.attributes].some(({ name, value }) => /^on/i.test(name) ||
    (/^(?:href|src|action|formaction|xlink:href|data|srcdoc)$/i.test(name) && /^\s*(?:javascript|data:text|x$)/i.test(value))) ||
  element.matches('base, iframe, object, embed, meta[http-equiv=refresh], script:not([src]):not([type="application/json"])'))
  .map((element) => element.outerHTML.slice(0, 200)));

for (const bypassCSP of [false, true]) {
  describe(`markup in everything that a person writes, ${bypassCSP ? 'without' : 'with'} the policy:`, () => {
    test('no page runs any of it, and no link of it leads anywhere but to a page', async () => {
      const { page, ran, troubles, close } = await visitor({ bypassCSP });
      let shown = 0;

      for (const place of places) {
        await page.goto(place, { waitUntil: 'networkidle' });
        // What opens on demand, and what a pointer or the keyboard sets off.
        await page.evaluate(() => {
          for (const details of document.querySelectorAll('main details')) details.open = true;
        });
        await page.keyboard.press('Tab');
        await page.mouse.move(300, 300);
        assert.deepEqual(await strangers(page), [], place);
        assert.deepEqual(ran, [], place);
        for (const href of await page.locator('a[href]').evaluateAll((all) => all.map((link) => link.href))) {
          assert.match(href, /^(?:https?|mailto|blob):/, `${place}: ${href}`);
        }
        if ((await page.locator('body').innerText()).includes('onerror=pwned')) shown++;
      }
      assert.deepEqual(troubles.filter((words) => !/status of (?:400|404)/.test(words)), []);
      // Else nothing would have been tried.
      assert.ok(shown >= 8, `${shown} pages show what was written`);
      await close();
    });
  });
}

test('the pages that were seen are all that there are', () => {
  const conf = readFileSync(path.join(root, 'kore.conf'), 'utf8');
  const pages = [...conf.matchAll(/^\s*route\s+(\S+)\s+page_(?:show|home|document|admin|account_error)\b/gm)]
    .map(([, route]) => new RegExp(`^${route.replace(/^\^|\$$/g, '')}$`));

  assert.ok(pages.length > 10);
  for (const pattern of pages) {
    assert.ok(places.some((place) => pattern.test(place.split(/[?#]/)[0])), String(pattern));
  }
});
