// Questions that go on from the one before: made whole, so that the passage is
// found, with a model and without.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { startModel } from '../doubles/model.mjs';
import { add, ask, askWhole, holds, of, textOf } from '../lib/asking.mjs';
import { signedUp } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';

let model, modelled, extractive;

before(async () => {
  model = await startModel();
  [modelled, extractive] = await Promise.all([
    startLectern({ env: { LLM_URL: model.url, LLM_MODEL: 'double' } }),
    startLectern(),
  ]);
});
after(async () => {
  for (const lectern of [modelled, extractive]) {
    if (!lectern) continue;
    assert.equal(lectern.restarts(), 0, lectern.tail());
    await lectern.stop();
  }
  await model?.stop();
});

const towns = [['Freedonia', 'Glubstadt', 'two million'], ['Sylvania', 'Vladburg', 'ninety'],
  ['Ruritania', 'Strelsau', 'forty thousand'], ['Grenadine', 'Saint Vince', 'six hundred']];

async function traveller(lectern) {
  const client = await signedUp(lectern.url);

  for (const [land, town, people] of towns) {
    await add(client, { title: land, text: `# ${land}\n\nThe capital of ${land} is ${town}.\n\n` +
      `## ${town}\n\nAbout ${people} people live in ${town}. Its mayor is elected.\n` });
  }
  return client;
}

describe('without a model', () => {
  for (const [land, , people] of towns) {
    test(`"how many people live there?" finds those of ${land}`, async () => {
      const anna = await traveller(extractive);
      const first = await askWhole(anna, `What is the capital of ${land}?`);
      const { conversationId } = first.json;
      const { json } = await askWhole(anna, 'And how many people live there?', { conversationId });

      assert.equal(json.answered, true, json.text);
      assert.ok(json.citations[0].quote.includes(`${people} people`), json.text);
      await holds(anna, json.citations);
    });
  }

  test('a question that stands by itself is searched for as it is', async () => {
    const anna = await traveller(extractive);
    const first = await askWhole(anna, 'What is the capital of Freedonia?');
    const { conversationId } = first.json;
    const { json } = await askWhole(anna, 'What is the capital of Sylvania?', { conversationId });

    assert.match(json.citations[0].quote, /Vladburg/);
  });
});

describe('with a model', () => {
  const followed = async (small) => {
    const anna = await traveller(modelled);

    model.answerSmall(() => null);
    const first = await askWhole(anna, 'What is the capital of Freedonia?');
    const { conversationId } = first.json;
    model.answerSmall((messages) =>
      messages[0].content.startsWith('You make questions whole') ? small : null);
    const list = await ask(anna, { message: 'And how many people live there?', conversationId });
    const call = model.smalls.findLast(({ body }) =>
      body.messages[0].content.startsWith('You make questions whole'));
    model.answerSmall(() => null);
    return { list, call, prompt: model.requests.at(-1).body.messages.at(-1).content };
  };

  test('it is asked for the whole question, with the conversation behind a fence', async () => {
    const { list, call, prompt } = await followed('How many people live in Glubstadt?');
    const { content } = call.body.messages.at(-1);

    assert.match(content, /<turn key="\w{32}" by="user">\nWhat is the capital of Freedonia\?/);
    assert.match(content, /Last question: And how many people live there\?$/);
    assert.match(prompt, /two million people live in Glubstadt/);
    assert.match(prompt, /Question: And how many people live there\?$/);
    assert.match(textOf(list), /Glubstadt|two million/);
    assert.ok(of(list, 'data-citation').length > 0);
  });

  for (const [name, small] of [['refuses', null], ['falls silent', { stallFirst: true }],
    ['talks instead', 'Certainly!\nHere is a question:\n\n- How many?'],
    ['says nothing', ' ']]) {
    test(`one that ${name} is done without`, async () => {
      const { prompt } = await followed(small);

      assert.match(prompt, /two million people live in Glubstadt/);
    });
  }

  test('a question that stands by itself costs no call', async () => {
    const anna = await traveller(modelled);
    const first = await askWhole(anna, 'What is the capital of Freedonia?');
    const count = () => model.smalls.filter(({ body }) =>
      body.messages[0].content.startsWith('You make questions whole')).length;
    const before = count();

    await askWhole(anna, 'What is the capital of Sylvania?',
      { conversationId: first.json.conversationId });
    assert.equal(count(), before);
  });
});
