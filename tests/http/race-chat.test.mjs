// Conversations, their answers and an account's end under races over two
// instances. What is asserted holds in whichever order things were served.

import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';

import { askWhole, conversation, question, reader } from '../lib/asking.mjs';
import { calm, race, sql, startArena, tally, winners } from '../lib/race.mjs';
import { at, begin, isQuiet, said, tab, words } from '../lib/running.mjs';
import { until } from '../lib/wait.mjs';

const many = 24;
const chat = 'POST /api/chat';
const json = { accept: 'application/json' };
let arena, anna;

before(async () => {
  arena = await startArena({ withModel: true });
  anna = await reader(arena.first);
});
afterEach(async () => {
  arena.model.behave({});
  arena.model.forget();
  await until(() => isQuiet(arena.first), 'all answers to be over', { seconds: 20 });
  await calm(arena);
});
after(() => arena?.stop());

const count = async (from) => Number(await sql(arena, `select count(*) from ${from}`));
const asks = (body, who = anna) => ({ op: chat, who, headers: json, json: body });

/** No question without its place, no answer without its question, none running. */
async function isWhole(client) {
  assert.equal(await count(`messages m join conversations c on c.id = m.conversation_id
    left join messages p on p.id = m.parent_id
    where c.user_id = '${client.user.id}' and (m.status = 'running'
    or (m.role = 'assistant' and p.role is distinct from 'user')
    or (p.conversation_id is distinct from m.conversation_id and p.id is not null))`), 0);
  assert.equal(await count(`messages q join conversations c on c.id = q.conversation_id
    where c.user_id = '${client.user.id}' and q.role = 'user'
    and not exists (select from messages a where a.parent_id = q.id)`), 0);
}

test('of tabs that ask in one conversation one is answered, the others are told', async () => {
  arena.model.behave({ delayMs: 40 });
  const { conversationId } = (await askWhole(anna, question)).json;
  const replies = await race(arena, many, (i) => asks({ message: `${question} ${i}`,
    conversationId }));
  const won = replies.filter(({ status }) => status === 200);

  assert.ok(won.length >= 1);
  // As many as a person may have running are refused before the database is asked.
  for (const { status, text, json: { code } } of replies) {
    assert.ok(status === 200 || ['ANSWER_RUNNING', 'TOO_MANY_STREAMS'].includes(code), text);
  }
  const { messages } = await conversation(anna, conversationId);
  assert.equal(messages.length, 2 + 2 * won.length);
  await isWhole(anna);
});

test('tabs that begin a conversation by one client id begin one', async () => {
  const replies = await race(arena, many, () => ({ op: chat, who: anna,
    json: tab('same', [said('u1', question)]) }));

  assert.ok(tally(replies)[200] >= 1);
  for (const { status, text } of replies) assert.ok([200, 409, 429].includes(status), text);
  assert.equal(await count(`conversations where user_id = '${anna.user.id}'
    and client_id = 'same'`), 1);
  assert.equal(await count(`messages m join conversations c on c.id = m.conversation_id
    where c.client_id = 'same' and c.user_id = '${anna.user.id}' and role = 'user'`), 1);
  await isWhole(anna);
});

test('an edit and an answer asked for anew at once stand beside each other', async () => {
  const { conversationId } = (await askWhole(anna, question)).json;
  const [asked, answer] = (await conversation(anna, conversationId)).messages;
  const edit = () => ({ op: chat, who: anna, json: tab(conversationId,
    [said(asked.id, 'How often is the Zephyr descaled?')], { messageId: asked.id }) });
  const again = () => ({ op: chat, who: anna, json: tab(conversationId,
    [said(asked.id, question)], { trigger: 'regenerate-message', messageId: answer.id }) });
  const replies = await race(arena, 8, (i) => (i % 2 ? edit() : again()));

  assert.ok(winners(replies, 409, 'ANSWER_RUNNING').length >= 1);
  await isWhole(anna);
  assert.equal(await count(`messages where conversation_id = '${conversationId}'
    and role = 'user' and parent_id is not null`), 0);
});

test('renamed, asked in, stopped and deleted at once it is there or gone as a whole', async () => {
  for (let round = 0; round < 2; round++) {
    const { conversationId: id } = (await askWhole(anna, question)).json;
    arena.model.behave({ delayMs: 20 });
    const kinds = [() => asks({ message: question, conversationId: id }),
      (i) => ({ op: 'PATCH /api/conversations/{id}', at: { id }, who: anna,
        json: { title: `Title ${i}` } }),
      () => ({ op: 'POST /api/chat/{id}/stop', at: { id }, who: anna, json: {} }),
      (i) => (i > 12 ? { op: 'DELETE /api/conversations/{id}', at: { id }, who: anna }
        : { op: 'GET /api/chat/{id}/stream', at: { id }, who: anna })];
    const replies = await race(arena, many, (i) => kinds[i % 4](i));

    for (const { status, text } of replies) {
      assert.ok([200, 204, 404, 409, 429].includes(status), `${status} ${text}`);
    }
    assert.equal((await anna.get(`/api/conversations/${id}`)).status, 404);
    assert.equal(await count(`messages where conversation_id = '${id}'`), 0);
  }
});

test('an answer that is stopped from both instances is kept once, as it was told', async () => {
  arena.model.script(words(300), { delayMs: 30 });
  const running = await begin(anna, { message: question });
  await running.text(20);
  const replies = await race(arena, 8, () => ({ op: 'POST /api/chat/{id}/stop',
    at: { id: running.id }, who: anna, json: {} }));

  assert.deepEqual(tally(replies), { 200: 8 });
  await running.end(10);
  const { messages } = await conversation(at(anna, arena.second), running.id);
  assert.deepEqual(messages.map(({ role }) => role), ['user', 'assistant']);
  assert.equal(messages[1].status, 'stopped');
  assert.ok(running.seen().startsWith(messages[1].text.trimEnd().slice(0, 20)));
});

test('feedback on an answer is one, however often it is given', async () => {
  const { messageId } = (await askWhole(anna, question)).json;
  const replies = await race(arena, many, (i) => ({ who: anna, at: { id: messageId },
    op: 'POST /api/messages/{id}/feedback', json: { rating: i % 2 ? 1 : -1 } }));

  assert.deepEqual(tally(replies), { 200: many });
  assert.equal(await count(`feedback where message_id = '${messageId}'`), 1);
});

test('never more answers of a person run than may, by either form of asking', async () => {
  const bert = await reader(arena.first);
  const { key } = (await bert.post('/api/keys', { name: 'program' })).json;
  arena.model.behave({ delayMs: 100 });
  let most = 0, isOver = false;
  const watch = (async () => {
    while (!isOver) {
      most = Math.max(most, await count(`answers where user_id = '${bert.user.id}'`));
    }
  })();
  const replies = await race(arena, many, (i) => (i % 4
    ? asks({ message: question }, bert)
    : { op: 'POST /v1/chat/completions', headers: { authorization: `Bearer ${key}` },
      json: { model: 'lectern', messages: [{ role: 'user', content: question }] } }));

  isOver = true;
  await watch;
  assert.ok(most <= 8, `${most} ran at once`);
  for (const { status, text } of replies) assert.ok([200, 429].includes(status), text);
  assert.ok(tally(replies)[200] >= 8);
  await isWhole(bert);
});

test('of an account that is deleted amid its uploads and answers nothing is left', async () => {
  for (let round = 0; round < 3; round++) {
    const bert = await reader(arena.first);
    const { password } = bert;
    const { conversationId } = (await askWhole(bert, question)).json;
    arena.model.behave({ delayMs: 20 });
    const kinds = [
      (i) => ({ op: 'POST /api/documents', who: bert, query: `?filename=f${i}.txt`,
        headers: { 'content-type': 'text/plain' }, body: `Text ${i}. `.repeat(2000) }),
      () => asks({ message: question }, bert),
      () => asks({ message: question, conversationId }, bert),
      (i) => ({ op: 'POST /api/keys', who: bert, json: { name: `k${i}` } }),
      (i) => ({ op: 'POST /api/collections', who: bert, json: { name: `c${i}` } }),
      (i) => ({ op: 'POST /api/auth/update-user', who: bert, json: { name: `n${i}` } }),
      () => ({ op: 'POST /api/auth/sign-in/email', json: { email: bert.email, password } }),
      () => ({ op: 'POST /api/auth/two-factor/enable', who: bert, json: { password } }),
      () => ({ op: 'POST /api/auth/change-email', who: bert,
        json: { newEmail: `new${round}@example.com` } }),
      () => ({ op: 'PATCH /api/conversations/{id}', at: { id: conversationId }, who: bert,
        json: { title: 'T' } }),
      () => ({ op: 'DELETE /api/documents/{id}', at: { id: bert.documentId }, who: bert }),
      () => ({ op: 'POST /api/auth/revoke-other-sessions', who: bert, json: {} })];
    await race(arena, 48, (i) => (i % 16 === 7
      ? { op: 'POST /api/auth/delete-user', who: bert, json: { password } }
      : kinds[i % 12](i)));

    assert.equal(await count(`users where id = '${bert.user.id}'`), 0);
    const tables = (await sql(arena, `select relname from pg_class
      where relkind = 'r' and relnamespace = 'public'::regnamespace`)).split('\n');
    await until(async () => await sql(arena, tables.map((name) => `select '${name}'
      from ${name} t where t::text like '%${bert.user.id}%'`).join(' union ')) === '',
    'nothing to be left of the person');
    arena.model.behave({});
    arena.model.forget();
  }
});
