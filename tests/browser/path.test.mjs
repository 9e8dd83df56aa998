// The first path through the program as a person walks it, in a real browser:
// an account, a document, a question, the answer, and the passage it cites.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { DESK, PASSWORD, PHONE, addDocument, ask, overflow, signUp, startBrowser }
  from '../lib/browser.mjs';
import { QUESTION, RULES, TITLE, marked, walkFirstPath } from '../lib/firstpath.mjs';
import { startLectern } from '../lib/lectern.mjs';

const PASSAGE = 'A volume fetched from the closed stacks may remain on the ' +
  'reader\'s desk for seven days, provided that a signed slip is left between ' +
  'its pages.';

let lectern;
let browser;

before(async () => {
  lectern = await startLectern();
  browser = await startBrowser(lectern.url);
});

after(async () => {
  await browser?.stop();
  await lectern?.stop();
  assert.equal(lectern?.restarts(), 0, 'a worker was lost');
});

describe('the first path', () => {
  test('leads from the front page to the exact passage behind an answer', async () => {
    const { page, troubles, close } = await browser.person({ viewport: PHONE });

    await walkFirstPath(page, 'ann@example.com');
    assert.deepEqual(troubles, []);
    await close();
  });

  test('finds the conversation again after a reload', async () => {
    const { page, troubles, close } = await browser.person();

    await signUp(page, 'again@example.com');
    await addDocument(page, 'rules.md', RULES, TITLE);
    await page.goto('/chat');
    const first = await ask(page, QUESTION);
    const words = await first.locator('[data-prose]').innerText();

    await page.getByLabel('Your question').fill('and half a question');
    await page.reload();
    const turn = page.getByRole('article').filter({ hasText: QUESTION });
    await turn.locator('a.chip').first().waitFor();
    assert.equal(await turn.locator('[data-prose]').innerText(), words);
    assert.equal(await page.getByLabel('Your question').inputValue(),
      'and half a question', 'the draft is kept');
    assert.equal(await page.getByRole('navigation', { name: 'Conversations' })
      .getByRole('listitem').count(), 1);
    assert.deepEqual(troubles, []);
    await close();
  });
});

describe('a citation', () => {
  test('opens beside the answer where the screen has room, and gives the focus back', async () => {
    const { page, troubles, close } = await browser.person({ viewport: DESK });

    await signUp(page, 'wide@example.com');
    await addDocument(page, 'rules.md', RULES, TITLE);
    await page.goto('/chat');
    const turn = await ask(page, QUESTION);
    const chip = turn.locator('[data-prose] a.chip').first();

    await chip.hover();
    const card = page.getByRole('tooltip');
    await card.waitFor();
    assert.ok((await card.innerText()).includes('seven days'), 'the card shows the quote');

    await chip.focus();
    await page.keyboard.press('Enter');
    const mark = marked(page, '[data-slip-text]');
    await mark.waitFor();
    assert.ok((await mark.innerText()).includes('seven days'));
    assert.match(page.url(), /\/chat\//, 'the answer stays');
    await page.keyboard.press('Escape');
    assert.ok(await chip.evaluate((element) => element === document.activeElement));
    assert.deepEqual(troubles, []);
    await close();
  });

  test('marks exactly the bytes that its address names', async () => {
    const { page, troubles, close } = await browser.person();

    await signUp(page, 'bytes@example.com');
    const address = await addDocument(page, 'rules.md', RULES, TITLE);
    const start = Buffer.from(RULES).indexOf(PASSAGE);

    await page.goto(`${address}#${start}-${start + Buffer.byteLength(PASSAGE)}`);
    await marked(page, '[data-text]').waitFor();
    assert.equal(await marked(page, '[data-text]').textContent(), PASSAGE);

    await page.goto('/documents');
    await page.goto(`${address}#${start}-99999999`);
    await page.getByText('This passage lies outside the text').waitFor();
    assert.equal(await page.locator('[data-text] mark').count(), 0);
    assert.deepEqual(troubles, []);
    await close();
  });
});

describe('an answer', () => {
  test('leads every mention of a passage to its own words', async () => {
    const { page, troubles, close } = await browser.person();
    const text = '# Stacks\n\nVolumes from the closed stacks remain for seven days.\n\n' +
      'A clock hangs in the hall – 時計.\n\n' +
      'Volumes from the closed stacks are fetched at nine.\n';

    await signUp(page, 'mentions@example.com');
    await addDocument(page, 'stacks.md', text, 'Stacks');
    await page.goto('/chat');
    const turn = await ask(page, 'What of volumes from the closed stacks?');
    const mentions = await turn.locator('[data-prose] p:has(a.chip)').evaluateAll((list) =>
      list.map((paragraph) => ({
        address: paragraph.querySelector('a.chip').href,
        words: paragraph.firstChild.textContent.trim(),
      })));

    assert.equal(mentions.length, 2);
    for (const { address, words } of mentions) {
      const [start, end] = new URL(address).hash.slice(1).split('-').map(Number);
      assert.equal(Buffer.from(text).subarray(start, end).toString(), words);
    }
    assert.deepEqual(troubles, []);
    await close();
  });

  test('shows brackets of a document as brackets', async () => {
    const { page, troubles, close } = await browser.person();

    await signUp(page, 'brackets@example.com');
    await addDocument(page, 'charter.md',
      '# Charter\n\nClause [2] binds the founders of the observatory [1, 3].\n', 'Charter');
    await page.goto('/chat');
    const turn = await ask(page, 'Which clause binds the founders of the observatory?');

    assert.match(await turn.locator('[data-prose]').innerText(),
      /Clause \[2\] binds the founders of the observatory \[1, 3\]\./);
    assert.deepEqual(await turn.locator('[data-prose] a.chip').allInnerTexts(), ['1']);
    assert.deepEqual(troubles, []);
    await close();
  });

  test('says so, without a passage, when the documents do not hold it', async () => {
    const { page, troubles, close } = await browser.person();

    await signUp(page, 'honest@example.com');
    await addDocument(page, 'rules.md', RULES, TITLE);
    await page.goto('/chat');
    const turn = await ask(page, 'Who painted the Zwickmühle altarpiece?');

    await turn.getByText('Not in your documents').waitFor();
    assert.equal(await turn.locator('a.chip').count(), 0);
    assert.deepEqual(troubles, []);
    await close();
  });

  test('loads nothing and runs nothing that a document contains', async () => {
    const { page, troubles, close } = await browser.person();

    await signUp(page, 'hostile@example.com');
    await addDocument(page, 'rules.md', RULES, TITLE);
    await page.goto('/chat');
    const turn = await ask(page, 'Where do the portraits of the founders hang?');

    assert.match(await turn.locator('[data-prose]').innerText(), /staircase/);
    assert.equal(await turn.locator('img').count(), 0);
    assert.notEqual(await page.title(), 'taken');
    assert.deepEqual(troubles, []);
    await close();
  });
});

describe('signing in', () => {
  test('takes nothing but a keyboard and leads back to the page asked for', async () => {
    const setUp = await browser.person();
    await signUp(setUp.page, 'keys@example.com');
    await setUp.close();

    const { page, troubles, close } = await browser.person();
    const { keyboard } = page;

    await page.goto('/documents');
    await page.waitForURL('**/sign-in?next=*');
    await page.getByRole('button', { name: 'Sign in' }).and(page.locator(':enabled')).waitFor();
    await page.getByLabel('E-mail').focus();
    await keyboard.type('keys@example.com');
    await keyboard.press('Tab');
    await keyboard.type(PASSWORD);
    await keyboard.press('Enter');
    await page.waitForURL('**/documents');

    await keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.textContent),
      'Skip to content', 'the first stop skips to the content');
    assert.ok(await page.evaluate(() =>
      getComputedStyle(document.activeElement).outlineStyle !== 'none'), 'the focus is visible');
    assert.deepEqual(troubles, []);
    await close();
  });

  test('names a wrong password without telling whether the account exists', async () => {
    const setUp = await browser.person();
    await signUp(setUp.page, 'known@example.com');
    await setUp.close();

    const { page, close } = await browser.person();
    const words = [];
    for (const email of ['known@example.com', 'unknown@example.com']) {
      await page.goto('/sign-in');
      await page.getByLabel('E-mail').fill(email);
      await page.getByLabel('Password').fill('something else');
      await page.getByRole('button', { name: 'Sign in' }).click();
      const alert = page.getByRole('alert').filter({ hasText: /./ });
      await alert.waitFor();
      words.push(await alert.innerText());
    }
    assert.equal(words[0], 'The e-mail address or the password is wrong.');
    assert.equal(words[1], words[0]);
    await close();
  });

  test('never leads to another site', async () => {
    const setUp = await browser.person();
    await signUp(setUp.page, 'next@example.com');
    await setUp.close();

    for (const next of ['//evil.invalid/', '/\\evil.invalid/', 'http://evil.invalid/',
      '/%09/evil.invalid/', 'javascript:alert(1)']) {
      const { page, troubles, close } = await browser.person();

      await page.goto(`/sign-in?next=${next.includes('%') ? next : encodeURIComponent(next)}`);
      await page.getByLabel('E-mail').fill('next@example.com');
      await page.getByLabel('Password').fill(PASSWORD);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.waitForURL(`${lectern.url}/chat`);
      assert.deepEqual(troubles, [], next);
      await close();
    }
  });
});

describe('the shelf', () => {
  test('of one person shows nothing to another', async () => {
    const ann = await browser.person();
    await signUp(ann.page, 'first@example.com');
    const address = await addDocument(ann.page, 'rules.md', RULES, TITLE);
    await ann.page.goto('/chat');
    await ask(ann.page, QUESTION);
    const conversation = new URL(ann.page.url()).pathname;

    const bob = await browser.person();
    await signUp(bob.page, 'second@example.com', 'Bob');
    await bob.page.goto('/documents');
    await bob.page.getByText(/^Nothing here yet\./).waitFor();
    await bob.page.goto('/chat');
    await bob.page.getByText('Your conversations will be kept here.').waitFor();
    const turn = await ask(bob.page, QUESTION);
    assert.doesNotMatch(await turn.innerText(), /signed slip/);
    assert.deepEqual(bob.troubles, []);

    await bob.page.goto(address);
    await bob.page.getByText('There is no such document.').waitFor();
    assert.doesNotMatch(await bob.page.innerText('body'), /signed slip/);
    await bob.page.goto(conversation);
    await bob.page.getByText('There is no such conversation.').waitFor();
    assert.doesNotMatch(await bob.page.innerText('body'), /signed slip/);
    await Promise.all([ann.close(), bob.close()]);
  });

  test('gives up a document for good once its owner deletes it', async () => {
    const { page, troubles, close } = await browser.person();

    await signUp(page, 'delete@example.com');
    await addDocument(page, 'rules.md', RULES, TITLE);
    await page.getByRole('button', { name: /^Delete/ }).click();
    await page.getByText(/^Nothing here yet\./).waitFor();
    await page.reload();
    await page.getByText(/^Nothing here yet\./).waitFor();
    assert.deepEqual(troubles, []);
    await close();
  });

  test('says why a file was not taken, and takes the others', async () => {
    const { page, close } = await browser.person();

    await signUp(page, 'refused@example.com');
    await page.goto('/documents');
    await page.getByLabel('Choose files').setInputFiles([
      { name: 'empty.md', mimeType: 'text/markdown', buffer: Buffer.from('') },
      { name: 'rules.md', mimeType: 'text/markdown', buffer: Buffer.from(RULES) },
    ]);
    const refused = page.getByRole('listitem').filter({ hasText: 'empty' });
    await refused.getByText(/Not added|Not readable/).waitFor();
    assert.match(await refused.innerText(), /no text/);
    await page.getByRole('listitem').filter({ hasText: TITLE })
      .getByRole('link', { name: 'Ask' }).waitFor();
    await close();
  });
});

describe('a page', () => {
  test('is never wider than a phone, and keeps its policy', async () => {
    const { page, troubles, close } = await browser.person({ viewport: PHONE });

    for (const path of ['/', '/sign-in', '/sign-up']) {
      await page.goto(path);
      assert.equal(await overflow(page), 0, path);
    }
    await signUp(page, 'narrow@example.com');
    const title = 'unbroken'.repeat(18);
    const address = await addDocument(page, 'long.md',
      `# ${title}\n\n${RULES}\n\n${title.repeat(4)}\n`, title);
    await page.goto('/chat');
    await ask(page, QUESTION);
    for (const path of [new URL(page.url()).pathname, '/chat', '/documents', address]) {
      await page.goto(path);
      await page.waitForLoadState('networkidle');
      assert.equal(await overflow(page), 0, path);
    }
    assert.ok(await page.locator('.source-section').first().evaluate((section) =>
      section.scrollWidth <= section.clientWidth), 'a long word is broken, not cut off');
    assert.deepEqual(troubles, []);
    await close();
  });

  test('waits out a server that is waking up, and says so', async () => {
    const { page, close } = await browser.person();
    let refusals = 0;

    await signUp(page, 'waking@example.com');
    await page.route('**/api/documents', (route) => (refusals++ < 2
      ? route.fulfill({ status: 503, contentType: 'text/html', body: '<h1>Starting</h1>' })
      : route.continue()));
    await page.goto('/documents');
    await page.getByText('The server is waking up.').waitFor();
    await page.getByText(/^Nothing here yet\./).waitFor();
    assert.equal(await page.getByText('The server is waking up.').isVisible(), false);
    await close();
  });

  test('whose session has ended asks for the password in place, and goes on', async () => {
    const { context, page, close } = await browser.person();

    await signUp(page, 'ended@example.com');
    await page.getByText('Ann Lindqvist').waitFor();
    await context.clearCookies();
    await page.getByLabel('Your question').fill('Is anybody there?');
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Sign in to go on' });
    await dialog.getByLabel('Password').fill(PASSWORD);
    await page.keyboard.press('Enter');
    await page.getByRole('article').filter({ hasText: 'Is anybody there?' }).waitFor();
    await dialog.waitFor({ state: 'hidden' });
    await context.clearCookies();
    await page.reload();
    await page.waitForURL('**/sign-in?next=%2Fchat*');
    await close();
  });

  test('that does not exist says so, with the status of it', async () => {
    const { page, close } = await browser.person();

    const response = await page.goto('/no-such-page');
    assert.equal(response.status(), 404);
    await page.getByRole('heading', { name: 'Not on this shelf' }).waitFor();
    await close();
  });

  test('follows the reader from light to dark', async () => {
    const { page, close } = await browser.person({ colorScheme: 'light' });
    const ground = () => page.evaluate(() =>
      getComputedStyle(document.documentElement).backgroundColor);

    await page.goto('/');
    const light = await ground();
    await page.emulateMedia({ colorScheme: 'dark' });
    assert.notEqual(await ground(), light);
    await close();
  });
});
