// Many answers at once and the bounds on them: readers that leave, caps, a day's
// questions, what is stored of each answer, and what is left afterwards.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { startModel } from '../doubles/model.mjs';
import { ask, askWhole, conversation, lastMessage, of, question, reader } from '../lib/asking.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { startPrivatePostgres } from '../lib/postgres.mjs';
import { at, begin, beside, isQuiet, said, sql, tab, words } from '../lib/running.mjs';
import { until } from '../lib/wait.mjs';

let model, lectern;

const env = (more) => ({ LLM_URL: model.url, LLM_MODEL: 'double', ...more });

before(async () => {
  model = await startModel();
  lectern = await startLectern({ env: env() });
});
after(async () => {
  if (lectern) {
    assert.equal(lectern.restarts(), 0, lectern.tail());
    await lectern.stop();
  }
  await model?.stop();
});

test('of few answers each word passes at once, of many some pass together', async () => {
  const busy = await startLectern({ env: env({ WORKERS: '1' }) });
  const people = await Promise.all(Array.from({ length: 7 }, () => reader(busy)));
  const said = words(60);
  const answers = async (some) => {
    for (let i = 0; i < some.length; i++) model.script(said);
    const begun = await Promise.all(some.map((anna) => begin(anna, { message: question })));
    await until(() => begun.every(({ parts }) => parts.at(-1) === '[DONE]'), 'all answers',
      { seconds: 40 });
    for (const answer of begun) assert.equal(answer.seen(), said.join(''));
    return begun.flatMap(({ parts }) => of(parts, 'text-delta')).length / begun.length;
  };

  model.behave({ delayMs: 15 });
  const alone = await answers([people[0]]);
  const together = await answers(people.flatMap((anna) => Array(8).fill(anna)));
  model.behave({});
  // The last word of all may come with the end.
  assert.ok(alone > said.length * 0.8, `${alone} parts of ${said.length} words`);
  assert.ok(together < said.length * 0.65, `${together} parts of ${said.length} words`);
  await busy.stop();
});

test('fifty answers at once are kept in a bounded log that is empty afterwards', async () => {
  const people = await Promise.all(Array.from({ length: 10 }, () => reader(lectern)));

  model.behave({ delayMs: 40 });
  for (let i = 0; i < 50; i++) model.script(words(60));
  const answers = await Promise.all(people.flatMap((anna) =>
    Array.from({ length: 5 }, () => begin(anna, { message: question }))));
  const sizes = [];
  let busiest = 0;
  await until(async () => {
    sizes.push((await sql(lectern, `select count(*), coalesce(sum(length(text)), 0)
      from answer_log`)).split('\t').map(Number));
    busiest = Math.max(busiest, Number(await sql(lectern, `select count(*)
      from pg_stat_activity where datname = current_database() and usename = 'lectern'
      and state <> 'idle'`)));
    return answers.every(({ parts }) => parts.at(-1) === '[DONE]');
  }, 'all answers', { seconds: 40, everyMs: 100 });
  model.behave({});

  const text = words(60).join('');
  for (const answer of answers) assert.equal(answer.seen(), text);
  assert.ok(sizes.some(([rows]) => rows > 50), 'the log was used');
  // A batch each half second, and no byte twice.
  assert.ok(Math.max(...sizes.map(([, bytes]) => bytes)) <= 50 * text.length);
  assert.ok(Math.max(...sizes.map(([rows]) => rows)) <= 50 * 20);
  assert.ok(busiest <= 8, `${busiest} connections at work`);
  assert.ok(await until(() => isQuiet(lectern), 'nothing to be left'));
  assert.equal(await sql(lectern, `select count(*) from messages
    where status = 'complete' and text = '${text}'`), '50');
});

test('an instance without answers sends no statement', async (t) => {
  const postgres = await startPrivatePostgres();
  const idle = await startLectern({ postgres, env: env() });
  t.after(async () => {
    await idle.stop();
    await postgres.stop();
  });
  const anna = await reader(idle);

  model.script(words(20), { delayMs: 60 });
  const running = await begin(anna, { message: question });
  await running.end();
  await until(() => isQuiet(idle), 'nothing to be left');
  // When the last statement of the program began, as the database has it.
  const last = () => sql(idle, `select coalesce(max(query_start)::text, '')
    from pg_stat_activity where usename = 'lectern'`);
  let seen = await last(), since = performance.now();
  await until(async () => {
    const now = await last();
    if (now !== seen) [seen, since] = [now, performance.now()];
    return performance.now() - since > 4000;
  }, 'four seconds without a statement', { seconds: 20, everyMs: 200 });
});

describe('what is stored of an answer', () => {
  const stored = async (id) => JSON.parse(await sql(lectern, `select to_json(m)
    from messages m where id = '${id}'`));

  test('is its model, its usage and when it was finished', async () => {
    const anna = await reader(lectern);
    const list = await ask(anna, { message: question });
    const kept = await stored(list[0].messageId);

    assert.deepEqual([kept.status, kept.error, kept.model], ['complete', null, 'double']);
    const { usage } = list.find(({ type }) => type === 'finish').messageMetadata;
    assert.deepEqual(kept.usage, usage);
    assert.equal(usage.totalTokens, usage.inputTokens + usage.outputTokens);
    assert.ok(kept.finished_at);
    assert.equal(await sql(lectern, `select questions || ' ' || input_tokens || ' ' ||
      output_tokens from chat_usage where user_id = '${anna.user.id}'`),
    `1 ${usage.inputTokens} ${usage.outputTokens}`);
  });

  test('is the text so far, when it fails', async () => {
    const anna = await reader(lectern);

    model.script(words(20), { delayMs: 5, cutAfter: 10 });
    const running = await begin(anna, { message: question });
    await running.end();
    const kept = await stored(running.messageId);
    assert.deepEqual([kept.status, kept.error], ['failed', 'MODEL_CUT_OFF']);
    assert.match(kept.text, /^ word0 word1/);
    assert.equal(running.seen(), kept.text);
  });
});

describe('a reader that leaves', () => {
  test('ends the answer where CHAT_KEEP_GOING is no, but not with others there', async (t) => {
    const strict = await startLectern({ workers: 1, env: env({ CHAT_KEEP_GOING: 'no' }) });
    t.after(() => strict.stop());
    const anna = await reader(strict);
    const leave = new AbortController();
    const before = model.requests.length;

    model.script(words(100), { delayMs: 50 });
    const running = await begin(anna, { message: question }, { signal: leave.signal });
    await running.text();
    const second = new AbortController();
    const other = await anna.open('GET', `/api/chat/${running.id}/stream`,
      { signal: second.signal });
    assert.equal(other.status, 200);
    leave.abort();
    const { tokens } = model.requests[before];
    await until(() => model.requests[before].tokens > tokens + 5, 'the answer to go on');
    second.abort();
    await until(() => model.requests[before].aborted !== null, 'the socket to be closed',
      { seconds: 2 });
    assert.equal((await lastMessage(anna, running.id)).status, 'stopped');
  });
});

describe('answers that run', () => {
  test('are limited for each person, over workers and instances', async (t) => {
    const other = await beside(lectern, { env: env() });
    t.after(() => other.stop());
    const [anna, bert] = [await reader(lectern), await reader(lectern)];

    model.behave({ delayMs: 100 });
    const running = [];
    for (let i = 0; i < 8; i++) {
      model.script(words(100));
      running.push(await begin(i % 2 ? anna : at(anna, other), { message: question }));
    }
    for (const client of [anna, at(anna, other)]) {
      const reply = await askWhole(client, question);
      assert.equal(reply.status, 429, reply.text);
      assert.equal(reply.json.code, 'TOO_MANY_STREAMS');
      assert.ok(Number(reply.headers.get('retry-after')) > 0);
    }
    model.behave({});
    assert.equal((await askWhole(bert, question)).status, 200, 'others may ask');
    await anna.post(`/api/chat/${running[0].id}/stop`);
    await running[0].end();
    assert.equal((await askWhole(anna, question)).status, 200, 'one has ended');
    await Promise.all(running.map(({ id }) => anna.post(`/api/chat/${id}/stop`)));
    await Promise.all(running.map((one) => one.end()));
  });

  test('are limited even when all are asked for at once', async (t) => {
    const other = await beside(lectern, { env: env() });
    t.after(() => other.stop());
    const anna = await reader(lectern);

    model.behave({ delayMs: 100 });
    for (let i = 0; i < 8; i++) model.script(words(100));
    const replies = await Promise.all(Array.from({ length: 24 }, (_, i) =>
      (i % 2 ? anna : at(anna, other)).open('POST', '/api/chat',
        { json: { message: question }, headers: { connection: 'close' } })));
    const taken = replies.filter(({ status }) => status === 200);
    const { conversations } = (await anna.get('/api/conversations')).json;
    await Promise.all(conversations.map(({ id }) => anna.post(`/api/chat/${id}/stop`)));
    await Promise.all(replies.map((reply) => reply.text()));
    model.behave({});
    model.forget();
    assert.ok(taken.length <= 8, `${taken.length} ran at once`);
    assert.ok(replies.every(({ status }) => status === 200 || status === 429));
  });

  test('are one in a conversation, however many tabs ask', async (t) => {
    const other = await beside(lectern, { env: env() });
    t.after(() => other.stop());
    const anna = await reader(lectern);

    model.behave({ delayMs: 50 });
    for (let i = 0; i < 6; i++) model.script(words(20));
    const replies = await Promise.all(Array.from({ length: 6 }, (_, i) =>
      (i % 2 ? anna : at(anna, other)).open('POST', '/api/chat',
        { json: tab('tabs', [said(`u${i}`, question)]), headers: { connection: 'close' } })));
    const texts = await Promise.all(replies.map((reply) => reply.text()));
    model.behave({});
    model.forget();
    assert.deepEqual(replies.map(({ status }) => status).sort(), [200, 409, 409, 409, 409, 409]);
    assert.ok(texts.filter((text) => text.includes('ANSWER_RUNNING')).length === 5);
    assert.equal((await conversation(anna, 'tabs')).messages.length, 2);
    assert.equal(await sql(lectern, `select questions from chat_usage
      where user_id = '${anna.user.id}'`), '1', 'what was refused is not counted');
  });
});

test('questions of a day are limited over instances, and tell when to come back', async (t) => {
  const daily = await startLectern({ env: env({ CHAT_DAILY: '3' }) });
  const other = await beside(daily, { env: env({ CHAT_DAILY: '3' }) });
  t.after(() => Promise.all([daily.stop(), other.stop()]));
  const [anna, bert] = [await reader(daily), await reader(daily)];

  for (const client of [anna, at(anna, other), anna]) {
    assert.equal((await askWhole(client, question)).status, 200);
  }
  for (const client of [anna, at(anna, other)]) {
    for (const reply of [await askWhole(client, question),
      await client.post('/api/chat', { message: question })]) {
      assert.equal(reply.status, 429, reply.text);
      assert.equal(reply.json.code, 'DAILY_LIMIT_REACHED');
      const seconds = Number(reply.headers.get('retry-after'));
      assert.ok(seconds > 0 && seconds <= 86400, `${seconds}`);
    }
  }
  assert.equal((await askWhole(bert, question)).status, 200);
  assert.equal(await sql(daily, `select questions from chat_usage
    where user_id = '${anna.user.id}'`), '3');
});
