// What is refused: a question around a name or a number that no document of
// the asker has, or one of whose weight no passage covers enough.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { add, ask } from '../lib/asking.mjs';
import { signedUp } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';

const texts = {
  'Lamps': 'A lamp burns oil. Old lamps burned whale oil, new lamps burn gas.',
  'Boats': 'Boats sail on rivers. A boat with a lamp sails at night.',
  'Whales': 'Whales are hunted from boats for their oil.',
  'Rivers': 'Rivers run to the sea. The sea is deep.',
  'Owls': 'Owls see at night. An owl needs no lamp.',
};

describe('the refusal', () => {
  let lectern, anna, berta;

  before(async () => {
    lectern = await startLectern();
    anna = await signedUp(lectern.url);
    berta = await signedUp(lectern.url);
    for (const [title, text] of Object.entries(texts)) await add(anna, { title, text });
    await add(berta, { title: 'Hers', text: 'Captain Ahab burned whale oil in 1851.' });
  });
  after(async () => {
    assert.equal(lectern.restarts(), 0, lectern.tail());
    await lectern.stop();
  });

  async function isAnswered(client, message) {
    const text = (await ask(client, { message })).filter(({ type }) => type === 'text-delta')
      .map(({ delta }) => delta).join('');

    assert.notEqual(text, '');
    return !text.includes('do not answer this question');
  }

  for (const question of ['Which lamp burns whale oil?', 'which boats sail at night',
    'WHICH BOATS SAIL AT NIGHT?', 'Whales: are they hunted for oil?']) {
    test(`does not meet "${question}", which a passage covers`, async () => {
      assert.ok(await isAnswered(anna, question));
    });
  }

  for (const question of ['Did Captain Ahab burn whale oil?',
    'Who burned whale oil in 1851?', 'Which lamp burns oil in Nantucket?']) {
    test(`meets "${question}", whose name or number no document has`, async () => {
      assert.ok(!await isAnswered(anna, question));
    });
  }

  test('meets a question about something else', async () => {
    assert.ok(!await isAnswered(anna, 'How are zeppelins steered through thunderstorms?'));
  });

  test('does not meet who has the name in a document', async () => {
    assert.ok(await isAnswered(berta, 'Did Captain Ahab burn whale oil?'));
    assert.ok(await isAnswered(berta, 'Who burned whale oil in 1851?'));
  });
});
