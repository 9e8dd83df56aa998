// Conversations: what is shown of their messages and branches, the list,
// feedback, titles, and their export.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';

import { ask, askWhole, conversation, question, reader } from '../lib/asking.mjs';
import { signedUp } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';

let lectern, anna;

before(async () => {
  lectern = await startLectern();
  anna = await reader(lectern);
});
after(async () => {
  assert.equal(lectern.restarts(), 0, lectern.tail());
  await lectern.stop();
});

const sql = async (text) => (await lectern.postgres.psql(lectern.database, text)).trim();
const newId = () => randomBytes(16).toString('hex');
const user = (id, text) => ({ id, role: 'user', parts: [{ type: 'text', text }] });

/** Asks as useChat does; resolves with the answer's id. */
async function chat(client, id, messages, more = {}) {
  const list = await ask(client, { id, messages, trigger: 'submit-message', ...more });

  return list[0].messageId;
}

const exported = (client, id, format, more = '') =>
  client.get(`/api/conversations/${id}/export?format=${format}${more}`);

test('messages tell what they follow, their model, usage, error and feedback', async () => {
  const { conversationId } = (await askWhole(anna, question)).json;
  const { messages: [asked, answer] } = await conversation(anna, conversationId);

  assert.deepEqual(Object.keys(asked).sort(), ['citations', 'clientId', 'createdAt', 'id',
    'parentId', 'role', 'status', 'text']);
  assert.deepEqual([asked.parentId, asked.clientId, answer.parentId], [null, null, asked.id]);
  assert.deepEqual([answer.model, answer.error, answer.feedback], [null, null, null]);
  assert.ok('usage' in answer && !('branches' in answer));
});

test('branches are told in order, and each path can be shown', async () => {
  const id = newId();
  const first = await chat(anna, id, [user('q1', question)]);
  const again = await chat(anna, id, [user('q1', question)],
    { trigger: 'regenerate-message', messageId: first });
  const edited = await chat(anna, id, [user('q2', 'How is the Zephyr descaled?')],
    { messageId: 'q1' });
  const path = async (message) => (await anna.get(`/api/conversations/${id}` +
    (message ? `?message=${message}` : ''))).json.conversation.messages;

  const newest = await path();
  assert.deepEqual(newest.map((message) => message.id).slice(1), [edited]);
  assert.equal(newest[0].clientId, 'q2');
  const old = await path(first);
  assert.deepEqual([old[0].clientId, old[1].id], ['q1', first]);
  assert.deepEqual(old[1].branches, [first, again]);
  assert.deepEqual(old[0].branches, [old[0].id, newest[0].id]);
  assert.deepEqual(newest[0].branches, old[0].branches);
  assert.ok(!('branches' in newest[1]));
  // Below a question its newest answer is shown; client ids are known too.
  assert.deepEqual((await path('q1')).map((message) => message.id), [old[0].id, again]);

  const whole = (await exported(anna, id, 'json')).json.conversation;
  assert.deepEqual(whole.messages.map((message) => message.id),
    [old[0].id, first, again, newest[0].id, edited]);
  const other = await signedUp(lectern.url);
  const foreign = (await conversation(other, (await askWhole(other, 'Hello there')).json
    .conversationId)).messages[0].id;
  for (const message of ['none', foreign, '%ff', 'x'.repeat(200)]) {
    const reply = await anna.get(`/api/conversations/${id}?message=${message}`);
    assert.ok([400, 404].includes(reply.status), `${message}: ${reply.status}`);
  }
  assert.equal((await anna.get(`/api/conversations/${id}?message=${foreign}`)).json.code,
    'MESSAGE_NOT_FOUND');
});

test('an answer whose process is gone is shown broken off, with its text', async () => {
  const { conversationId, messageId } = (await askWhole(anna, question)).json;
  const worker = newId();

  await sql(`update messages set status = 'running', text = '', finished_at = null
      where id = '${messageId}';
    insert into answer_workers values ('${worker}', now() - interval '11 seconds');
    insert into answers (message_id, conversation_id, user_id, worker)
      values ('${messageId}', '${conversationId}', '${anna.user.id}', '${worker}');
    insert into answer_log (message_id, seq, text) values ('${messageId}', 1, 'The warr'),
      ('${messageId}', 2, 'anty')`);
  const { messages } = await conversation(anna, conversationId);
  assert.deepEqual([messages[1].status, messages[1].text], ['failed', 'The warranty']);
  assert.equal(messages[1].error.code, 'ANSWER_BROKEN_OFF');
  assert.match(messages[1].error.message, /broken off/);
  assert.match((await exported(anna, conversationId, 'md')).text,
    /The warranty\n\n\*The answer was broken off/);
  // It can be asked again at once.
  assert.equal((await askWhole(anna, question, { conversationId })).status, 200);
});

test('a rating is kept, replaced and taken back', async () => {
  const { conversationId, messageId } = (await askWhole(anna, question)).json;
  const rate = (json) => anna.post(`/api/messages/${messageId}/feedback`, json);
  const kept = async () => (await conversation(anna, conversationId)).messages[1].feedback;

  for (const rating of [1, -1]) {
    const reply = await rate({ rating, comment: rating < 0 ? 'Which one? 😀' : undefined });
    assert.equal(reply.status, 200, reply.text);
    const now = { rating, comment: rating < 0 ? 'Which one? 😀' : null };
    assert.deepEqual(reply.json.feedback, now);
    assert.deepEqual(await kept(), now);
  }
  assert.equal((await exported(anna, conversationId, 'json')).json.conversation.messages[1]
    .feedback.rating, -1);
  for (const rating of [0, null]) {
    await rate({ rating: 1 });
    assert.deepEqual((await rate({ rating })).json, { feedback: null });
    assert.equal(await kept(), null);
  }
  assert.equal((await rate({ rating: 1, comment: 'ü'.repeat(2000) })).status, 200);
  for (const bad of [{}, { rating: 2 }, { rating: '1' }, { rating: 0.5 }, { comment: 'x' },
    { rating: 1, comment: 'x'.repeat(2001) }, { rating: 1, comment: 7 }]) {
    assert.equal((await rate(bad)).status, 400, JSON.stringify(bad));
  }
});

test('only answers of one’s own can be rated', async () => {
  const bob = await signedUp(lectern.url);
  const { conversationId, messageId } = (await askWhole(anna, question)).json;
  const { messages } = await conversation(anna, conversationId);

  for (const [client, id] of [[bob, messageId], [anna, messages[0].id], [anna, 'none'],
    [anna, '%ff'], [anna, newId()]]) {
    const reply = await client.post(`/api/messages/${id}/feedback`, { rating: 1 });
    assert.equal(reply.status, 404, id);
    assert.equal(reply.json.code, 'MESSAGE_NOT_FOUND');
  }
  assert.equal((await conversation(anna, conversationId)).messages[1].feedback, null);
});

test('the list is searched by titles and by what was said, and only one’s own', async () => {
  const clara = await reader(lectern);
  const first = (await askWhole(clara, question)).json.conversationId;
  const second = (await askWhole(clara, 'How is the Zephyr descaled?')).json.conversationId;
  const found = async (client, q) => (await client.get(`/api/conversations?q=${
    encodeURIComponent(q)}`)).json.conversations.map((one) => one.id);

  await clara.patch(`/api/conversations/${first}`, { title: 'Renamed 100%_' });
  assert.deepEqual(await found(clara, 'renamed'), [first]);
  assert.deepEqual(await found(clara, '100%_'), [first]);
  assert.deepEqual(await found(clara, 'THIRTY MONTHS'), [first]);
  assert.deepEqual(await found(clara, 'citric'), [second]);
  assert.deepEqual(await found(clara, 'zephyr'), [first, second]);
  assert.deepEqual(await found(clara, 'nowhere to be found'), []);
  assert.ok(!(await found(anna, 'zephyr')).includes(first));
});

test('Markdown has the citations as footnotes that hold', async () => {
  const dora = await reader(lectern, { title: 'A [kettle] *book*' });
  const { conversationId } = (await askWhole(dora, question)).json;
  await askWhole(dora, 'How is the Zephyr descaled?', { conversationId });
  const { messages } = await conversation(dora, conversationId);
  const reply = await exported(dora, conversationId, 'md');
  const lines = reply.text.split('\n');

  assert.equal(reply.status, 200, reply.text);
  assert.equal(reply.headers.get('content-type'), 'text/markdown; charset=utf-8');
  assert.equal(lines[0], `# ${question}`);
  assert.ok(lines.includes(`> ${question}`));
  const notes = [...reply.text.matchAll(/^\[\^(\d+)\]: (.*)$/gm)];
  assert.deepEqual(notes.map(([, n]) => Number(n)), notes.map((_, i) => i + 1));
  const marks = new Set([...reply.text.matchAll(/\[\^(\d+)\](?!:)/g)].map(([, n]) => n));
  assert.deepEqual([...marks].sort(), notes.map(([, n]) => n).sort());
  for (const { citations } of messages) {
    for (const { documentId, start, end, quote } of citations) {
      assert.ok(reply.text.includes(`<${lectern.url}/documents/${documentId}#${start}-${end}>`));
      for (const line of quote.split('\n')) assert.ok(lines.includes(`    > ${line}`), line);
    }
  }
  assert.ok(notes.every(([, , text]) => text.startsWith('A \\[kettle\\] \\*book\\*')));
  assert.match(reply.text, /Kettle handbook/);
  assert.doesNotMatch(reply.text, /[^\\]\[\d+\]/);
  assert.equal((await dora.delete(`/api/documents/${dora.documentId}`)).status, 204);
  assert.doesNotMatch((await exported(dora, conversationId, 'md')).text, /#\d+-\d+>/);
});

test('an export is a file to be saved, by id or client id, of one’s own', async () => {
  const id = newId();
  const bob = await signedUp(lectern.url);

  await chat(anna, id, [user('q1', question)]);
  await anna.patch(`/api/conversations/${id}`, { title: '../../etc/"päss"\nwd' });
  for (const format of ['md', 'json']) {
    const reply = await exported(anna, id, format);
    assert.equal(reply.status, 200);
    assert.equal(reply.headers.get('content-disposition'), 'attachment; ' +
      `filename="conversation.${format}"; filename*=UTF-8''_._.._etc__p%C3%A4ss__wd.${format}`);
    assert.equal(reply.headers.get('cache-control').includes('no-store') ||
      reply.headers.get('cache-control').includes('no-cache'), true);
    const head = await anna.request('HEAD', `/api/conversations/${id}/export?format=${format}`);
    assert.equal(head.status, 200);
    assert.equal(head.bytes.length, 0);
    for (const name of ['content-type', 'content-disposition']) {
      assert.equal(head.headers.get(name), reply.headers.get(name), name);
    }
    assert.equal((await exported(bob, id, format)).status, 404);
  }
  for (const query of ['', '?format=', '?format=pdf', '?format=mdx', '?format=toolongaformat']) {
    const reply = await anna.get(`/api/conversations/${id}/export${query}`);
    assert.equal(reply.status, 400, query);
  }
  assert.equal((await exported(anna, 'none', 'md')).status, 404);
  assert.equal((await exported(anna, id, 'md', '&message=none')).status, 404);
});

test('a long conversation is exported whole, in bounded memory', async () => {
  const emil = await signedUp(lectern.url);
  const { conversationId } = (await askWhole(emil, 'Hello there')).json;
  const count = 400;

  await sql(`insert into messages (id, conversation_id, parent_id, role, text, status, created_at)
    select 'm' || lpad(n::text, 31, '0'), '${conversationId}',
      case when n = 1 then (select message_last('${conversationId}'))
        else 'm' || lpad((n - 1)::text, 31, '0') end,
      case n % 2 when 1 then 'user' else 'assistant' end,
      'No ' || n || repeat(' words', 20000), 'complete',
      clock_timestamp() + n * interval '1 ms'
    from generate_series(1, ${count}) n`);
  const before = lectern.pss();
  const response = await emil.open('GET', `/api/conversations/${conversationId}/export?format=json`);
  // Nobody reads yet: it must not be gathered.
  const reading = response.body.getReader();
  let text = Buffer.from((await reading.read()).value);
  for (let i = 0; i < 50; i++) await emil.get('/api/conversations');
  const grown = lectern.pss() - before;
  const parts = [text];
  for (let part; !(part = await reading.read()).done;) parts.push(Buffer.from(part.value));
  text = Buffer.concat(parts);
  const { messages } = JSON.parse(text).conversation;
  assert.equal(messages.length, count + 2);
  assert.ok(messages.slice(2).every(({ text: said }, i) => said.startsWith(`No ${i + 1} `)));
  assert.ok(grown < 24 * 1024 * 1024, `${Math.round(grown / 1024)} KiB`);
  const markdown = (await exported(emil, conversationId, 'md')).text;
  assert.equal(markdown.match(/^## /gm).length, count + 2);
});

test('a title given by hand stays', async () => {
  const { conversationId } = (await askWhole(anna, question)).json;

  await anna.patch(`/api/conversations/${conversationId}`, { title: 'Mine' });
  assert.equal(await sql(`select is_named from conversations where id = '${conversationId}'`), 't');
});
