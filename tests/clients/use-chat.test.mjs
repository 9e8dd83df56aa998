// What useChat is made of, unmodified, in the three generations that are in use:
// asking, editing, asking anew, reading on, stopping, several tabs, errors.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import * as v6 from 'ai';
import * as v5 from 'ai-v5';
import * as v7 from 'ai-v7';

import { startModel } from '../doubles/model.mjs';
import { conversation, lastMessage, question, reader } from '../lib/asking.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { at, beside, words } from '../lib/running.mjs';
import { until, within } from '../lib/wait.mjs';

let model, lectern, other;

before(async () => {
  model = await startModel();
  const env = { LLM_URL: model.url, LLM_MODEL: 'double' };
  lectern = await startLectern({ env });
  other = await beside(lectern, { env });
});
after(async () => {
  for (const one of [lectern, other]) {
    if (!one) continue;
    assert.equal(one.restarts(), 0, one.tail());
    await one.stop();
  }
  await model?.stop();
});

const descale = 'How often is the Zephyr kettle descaled?';
const textOf = (message) => message.parts.filter(({ type }) => type === 'text')
  .map(({ text }) => text).join('');

for (const [name, ai] of Object.entries({ v5, v6, v7 })) {
  // The state that React or Vue would hold.
  class State {
    status = 'ready';
    error = undefined;
    messages;

    constructor(messages) { this.messages = messages; }

    pushMessage = (message) => { this.messages = [...this.messages, message]; };

    popMessage = () => { this.messages = this.messages.slice(0, -1); };

    replaceMessage = (index, message) => {
      this.messages = this.messages.map((old, n) =>
        n === index ? structuredClone(message) : old);
    };

    snapshot = (value) => structuredClone(value);
  }
  class Chat extends ai.AbstractChat {
    constructor(client, id, messages = []) {
      super({ id, state: new State(messages), onError: () => {},
        transport: new ai.DefaultChatTransport({
          api: `${client.url}/api/chat`,
          headers: { origin: client.url, connection: 'close',
            cookie: [...client.cookies].map((pair) => pair.join('=')).join('; ') },
        }) });
    }

    texts() { return this.messages.map(textOf); }
  }
  const say = (chat, text, more) => within(chat.sendMessage({ text, ...more }), 'the answer');
  const shown = async (anna, id) => (await conversation(anna, id)).messages
    .map(({ text }) => text);
  const id = (what) => `${name}-${what}`;

  describe(`useChat of ${name}`, () => {
    test('asks, goes on, and edits an earlier question', async () => {
      const anna = await reader(lectern);
      const chat = new Chat(anna, id('edit'));

      for (const [text, reply] of [[question, 'One.'], [descale, 'Two.']]) {
        model.script([`${reply} [1]`]);
        await say(chat, text);
        assert.equal(chat.status, 'ready', chat.error?.message);
      }
      assert.deepEqual(chat.texts(), [question, 'One. [1]', descale, 'Two. [1]']);
      assert.deepEqual(await shown(anna, chat.id), chat.texts());
      const [, , { id: messageId }] = chat.messages;

      model.script(['Three. [1]']);
      await say(chat, 'Which light is amber on the Zephyr kettle?', { messageId });
      assert.deepEqual(chat.texts().slice(2),
        ['Which light is amber on the Zephyr kettle?', 'Three. [1]']);
      assert.deepEqual(await shown(anna, chat.id), chat.texts());
      assert.ok(!JSON.stringify(model.requests.at(-1).body.messages).includes('Two.'));
    });

    test('has an answer written anew, the last one or an earlier one', async () => {
      const anna = await reader(lectern);
      const chat = new Chat(anna, id('again'));

      for (const [text, reply] of [[question, 'One.'], [descale, 'Two.']]) {
        model.script([`${reply} [1]`]);
        await say(chat, text);
      }
      model.script(['Three. [1]']);
      await within(chat.regenerate());
      assert.deepEqual(chat.texts(), [question, 'One. [1]', descale, 'Three. [1]']);
      assert.deepEqual(await shown(anna, chat.id), chat.texts());
      model.script(['Four. [1]']);
      await within(chat.regenerate({ messageId: chat.messages[1].id }));
      assert.deepEqual(chat.texts(), [question, 'Four. [1]']);
      assert.deepEqual(await shown(anna, chat.id), chat.texts());
      // A tab that was opened later has the ids of the server.
      const { messages } = await conversation(anna, chat.id);
      const later = new Chat(anna, chat.id, messages.map((message) =>
        ({ id: message.id, role: message.role, parts: [{ type: 'text', text: message.text }] })));
      model.script(['Five. [1]']);
      await within(later.regenerate());
      assert.deepEqual(later.texts(), [question, 'Five. [1]']);
      model.script(['Six. [1]']);
      await say(later, descale, { messageId: later.messages[0].id });
      assert.deepEqual(await shown(anna, chat.id), [descale, 'Six. [1]']);
    });

    test('reads on in other tabs, wherever they are answered', async () => {
      const anna = await reader(lectern);
      const chat = new Chat(anna, id('tabs'));

      model.script(words(30), { delayMs: 60 });
      const asked = say(chat, question);
      await until(() => textOf(chat.messages[1] ?? { parts: [] }).length > 0, 'text');
      const tabs = [anna, anna, at(anna, other), at(anna, other)]
        .map((client) => new Chat(client, chat.id, chat.messages.slice(0, 1)));
      const resumed = tabs.map((tab) => tab.resumeStream());
      await within(Promise.all([asked, ...resumed]), 'all tabs', 20);
      for (const tab of [chat, ...tabs]) {
        assert.equal(tab.status, 'ready', tab.error?.message);
        assert.deepEqual(tab.texts(), [question, words(30).join('')]);
        assert.equal(tab.messages[1].id, chat.messages[1].id);
      }
      const late = new Chat(at(anna, other), chat.id, chat.messages);
      await within(late.resumeStream());
      assert.deepEqual([late.status, late.texts()], ['ready', chat.texts()]);
    });

    test('stops, and asks the next question', async () => {
      const anna = await reader(lectern);
      const chat = new Chat(anna, id('stop'));
      const before = model.requests.length;

      model.script(words(60), { delayMs: 60 });
      const asked = say(chat, question);
      await until(() => textOf(chat.messages[1] ?? { parts: [] }).length > 0, 'text');
      await chat.stop();
      await anna.post(`/api/chat/${chat.id}/stop`);
      await asked;
      assert.equal((await lastMessage(anna, chat.id)).status, 'stopped');
      await until(() => model.requests[before].aborted !== null, 'the socket to be closed');
      model.script(['Two. [1]']);
      await say(chat, descale);
      assert.equal(chat.status, 'ready', chat.error?.message);
      assert.equal(chat.texts().at(-1), 'Two. [1]');
      assert.equal((await conversation(anna, chat.id)).messages.length, 4);
    });

    test('shows errors before and inside the stream, and recovers', async () => {
      const anna = await reader(lectern);
      const [chat, tab] = [new Chat(anna, id('error')), new Chat(anna, id('error'))];

      model.script(words(20), { delayMs: 60, cutAfter: 10 });
      const asked = say(chat, question);
      await until(() => textOf(chat.messages[1] ?? { parts: [] }).length > 0, 'text');
      await say(tab, question);
      assert.equal(tab.status, 'error');
      assert.match(tab.error.message, /This conversation is being answered already/);
      await asked;
      assert.equal(chat.status, 'error');
      assert.match(chat.error.message, /The language model/);
      assert.match(chat.texts()[1], /word0/, 'what came is kept');
      model.script(['At last. [1]']);
      await within(chat.regenerate());
      assert.equal(chat.status, 'ready');
      assert.deepEqual(chat.texts(), [question, 'At last. [1]']);
      assert.deepEqual(await shown(anna, chat.id), chat.texts());
    });
  });
}
