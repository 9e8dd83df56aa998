// The chat in a browser, with a model that says what a test wants.
//
//   const chat = await startChat();
//   const { page, troubles, close } = await chat.reader('anna@example.com');
//   chat.model.script(WORDS);
//   const turn = await ask(page, QUESTION);
//   await chat.stop();

import assert from 'node:assert/strict';

import { startModel } from '../doubles/model.mjs';
import { signUp, startBrowser } from './browser.mjs';
import { startLectern } from './lectern.mjs';
import { until } from './wait.mjs';

export const TITLE = 'Reading room rules';
export const RULES = `# ${TITLE}

## Slips

A volume fetched from the closed stacks may remain on the desk for seven days.

## Fees

A map costs two euros a day.
`;
export const QUESTION = 'How many days may a volume from the closed stacks remain?';
/** An answer in pieces, with the marker of the passage. */
export const WORDS = ['A volume', ' may remain', ' on the desk', ' for seven days [1]', '.',
  ' Return', ' it', ' then', '.'];

/** Adds a Markdown document as the page's person; resolves once it is ready. */
export async function addMarkdown(page, name, text) {
  const headers = { origin: new URL(page.url()).origin, 'content-type': 'text/markdown' };
  const reply = await page.request.post(`/api/documents?filename=${name}`, { headers, data: text });
  const { document: { id } } = await reply.json();

  await until(async () => {
    const now = await (await page.request.get(`/api/documents/${id}`)).json();
    return now.document.status === 'ready';
  }, 'the document to be ready', { seconds: 30 });
  return id;
}

/** Text as a model would send it, a few letters at a time. */
export const pieces = (text, length = 6) =>
  text.match(new RegExp(`[\\s\\S]{1,${length}}`, 'gu'));

export async function startChat({ env = {}, ...options } = {}) {
  const model = await startModel();
  const lectern = await startLectern({ ...options,
    env: { LLM_URL: model.url, LLM_MODEL: 'double', ...env } });
  const browser = await startBrowser(lectern.url);

  return {
    model, lectern, browser,

    /** Somebody with one document, at a new conversation. */
    async reader(email, person) {
      const somebody = await browser.person(person);

      await signUp(somebody.page, email);
      await addMarkdown(somebody.page, 'rules.md', RULES);
      await somebody.page.goto('/chat');
      return somebody;
    },

    async stop() {
      await browser.stop();
      await lectern.stop();
      await model.stop();
      assert.equal(lectern.restarts(), 0, 'a worker was lost');
    },
  };
}
