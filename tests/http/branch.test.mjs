// Branches of a conversation: a question edited, an answer asked for anew, and
// the place in it that a client's history tells.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { startModel } from '../doubles/model.mjs';
import { ask, conversation, question, reader, textOf } from '../lib/asking.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { said, sql, tab } from '../lib/running.mjs';

let model, lectern;

before(async () => {
  model = await startModel();
  lectern = await startLectern({ env: { LLM_URL: model.url, LLM_MODEL: 'double' } });
});
after(async () => {
  if (lectern) {
    assert.equal(lectern.restarts(), 0, lectern.tail());
    await lectern.stop();
  }
  await model?.stop();
});

const descale = 'How often is the Zephyr kettle descaled?';
const lid = 'Which button opens the lid of the Zephyr kettle?';

/** Asks with useChat's form; the assistant message as the client would have it. */
async function tell(client, body, reply) {
  if (reply) model.script([`${reply} [1]`]);
  const list = await ask(client, body);

  return said(list[0].messageId, textOf(list), 'assistant');
}

/** All messages of a conversation: text -> text of the one that it follows. */
async function tree(client, id) {
  const { id: own } = await conversation(client, id);
  const rows = await sql(lectern, `select m.text || '|' || coalesce(p.text, '-')
    from messages m left join messages p on p.id = m.parent_id
    where m.conversation_id = '${own}' order by m.created_at, m.role desc`);

  return rows.split('\n').map((row) => row.split('|'));
}

const shown = async (client, id) =>
  (await conversation(client, id)).messages.map(({ text }) => text);
/** What the model was given of the conversation, as one text. */
const given = () => model.requests.at(-1).body.messages.map(({ content }) => content).join('\n');

test('an edited question stands beside the old one, under the same parent', async () => {
  const anna = await reader(lectern);
  const q1 = said('u1', question), q2 = said('u2', descale);
  const a1 = await tell(anna, tab('edit', [q1]), 'First.');
  const a2 = await tell(anna, tab('edit', [q1, a1, q2]), 'Second.');

  await tell(anna, tab('edit', [q1, a1, said('u2', lid)], { messageId: 'u2' }), 'Third.');
  assert.deepEqual(await shown(anna, 'edit'), [question, 'First. [1]', lid, 'Third. [1]']);
  assert.deepEqual(await tree(anna, 'edit'), [[question, '-'], ['First. [1]', question],
    [descale, 'First. [1]'], ['Second. [1]', descale], [lid, 'First. [1]'],
    ['Third. [1]', lid]]);
  assert.ok(!given().includes('Second.'), 'the other branch is not told');
  // On the old branch again: its last answer is what the client has.
  await tell(anna, tab('edit', [q1, a1, q2, a2, said('u3', lid)]), 'Fourth.');
  assert.deepEqual(await shown(anna, 'edit'), [question, 'First. [1]', descale,
    'Second. [1]', lid, 'Fourth. [1]']);
  assert.ok(given().includes('Second.') && !given().includes('Third.'));
});

test('an edited first question begins beside the old one', async () => {
  const anna = await reader(lectern);
  const a1 = await tell(anna, tab('edit-first', [said('u1', question)]), 'First.');

  await tell(anna, tab('edit-first', [said('u1', question), a1, said('u2', descale)]), 'Second.');
  await tell(anna, tab('edit-first', [said('u1', lid)], { messageId: 'u1' }), 'Third.');
  assert.deepEqual(await shown(anna, 'edit-first'), [lid, 'Third. [1]']);
  assert.equal((await tree(anna, 'edit-first')).length, 6, 'nothing is lost');
  // A second edit goes beside both of them.
  await tell(anna, tab('edit-first', [said('u1', descale)], { messageId: 'u1' }), 'Fourth.');
  assert.deepEqual((await tree(anna, 'edit-first')).filter(([, parent]) => parent === '-')
    .map(([text]) => text), [question, lid, descale]);
});

test('an answer asked for anew stands beside the old one', async () => {
  const anna = await reader(lectern);
  const q1 = said('u1', question), q2 = said('u2', descale);
  const a1 = await tell(anna, tab('again', [q1]), 'First.');
  const again = { trigger: 'regenerate-message' };

  await tell(anna, tab('again', [q1, a1, q2]), 'Second.');
  // Not the newest one: the client cuts its history there.
  const a3 = await tell(anna, tab('again', [q1], { ...again, messageId: a1.id }), 'Third.');
  assert.deepEqual(await shown(anna, 'again'), [question, 'Third. [1]']);
  assert.deepEqual(await tree(anna, 'again'), [[question, '-'], ['First. [1]', question],
    [descale, 'First. [1]'], ['Second. [1]', descale], ['Third. [1]', question]]);
  // Named by the question, or by nothing at all.
  await tell(anna, tab('again', [q1], { ...again, messageId: 'u1' }), 'Fourth.');
  await tell(anna, tab('again', [q1], again), 'Fifth.');
  assert.deepEqual((await tree(anna, 'again')).filter(([, parent]) => parent === question)
    .map(([text]) => text), ['First. [1]', 'Third. [1]', 'Fourth. [1]', 'Fifth. [1]']);
  // And it goes on from the one that the client shows.
  await tell(anna, tab('again', [q1, a3, said('u9', lid)]), 'Sixth.');
  assert.deepEqual(await shown(anna, 'again'), [question, 'Third. [1]', lid, 'Sixth. [1]']);
});

test('the same question twice is asked anew where the client stands', async () => {
  const anna = await reader(lectern);
  const q1 = said('u1', question), q2 = said('u2', question);
  const a1 = await tell(anna, tab('twice', [q1]), 'First.');

  await tell(anna, tab('twice', [q1, a1, q2]), 'Second.');
  await tell(anna, tab('twice', [q1], { trigger: 'regenerate-message' }), 'Third.');
  assert.deepEqual(await shown(anna, 'twice'), [question, 'Third. [1]']);
});

test('a history that is cut short or unknown goes on from the newest message', async () => {
  const anna = await reader(lectern);
  const q1 = said('u1', question);
  const a1 = await tell(anna, tab('cut', [q1]), 'First.');

  await tell(anna, tab('cut', [said('u2', descale)]), 'Second.');
  await tell(anna, tab('cut', [q1, said('nobody-knows', 'x', 'assistant'),
    said('u3', lid)]), 'Third.');
  assert.deepEqual(await shown(anna, 'cut'), [question, textOf([{ type: 'text-delta',
    delta: a1.parts[0].text }]), descale, 'Second. [1]', lid, 'Third. [1]']);
});

test('a simple question names the message that it follows', async () => {
  const anna = await reader(lectern);
  const first = await ask(anna, { message: question });
  const { conversationId } = first[0].messageMetadata;

  await ask(anna, { message: descale, conversationId });
  await ask(anna, { message: lid, conversationId, parentId: first[0].messageId });
  assert.deepEqual((await shown(anna, conversationId)).filter((_, n) => n % 2 === 0),
    [question, lid]);
});

test('ids of another conversation or person count as unknown', async () => {
  const [anna, bert] = [await reader(lectern), await reader(lectern)];
  const a1 = await tell(anna, tab('mine', [said('u1', question)]), 'Secret words.');

  await tell(bert, tab('mine', [said('u1', question), a1, said('u2', descale)]), 'Other.');
  assert.deepEqual(await shown(bert, 'mine'), [descale, 'Other. [1]']);
  assert.ok(!given().includes('Secret words'), 'nothing of it is told');
  assert.deepEqual(await shown(anna, 'mine'), [question, 'Secret words. [1]']);
});
