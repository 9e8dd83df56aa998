// What becomes of an answer when the model, its reader, the database or the
// program itself does not last. All that a model's end point can do wrong is in
// upstream.test.mjs.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { startModel } from '../doubles/model.mjs';
import { ask, askWhole, holds, lastMessage, of, parts, question, reader, textOf }
  from '../lib/asking.mjs';
import { readEvents } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { startPrivatePostgres } from '../lib/postgres.mjs';
import { until, within } from '../lib/wait.mjs';

let model, lectern;

const modelled = () => ({ LLM_URL: model.url, LLM_MODEL: 'double' });

before(async () => {
  model = await startModel();
  lectern = await startLectern({ env: modelled() });
});
after(async () => {
  if (lectern) {
    assert.equal(lectern.restarts(), 0, lectern.tail());
    await lectern.stop();
  }
  await model?.stop();
});

describe('the model', () => {
  test('that ran out of room says so', async () => {
    const anna = await reader(lectern);

    model.script(null, { finishReason: 'length' });
    const list = await ask(anna, { message: question });
    assert.equal(of(list, 'finish')[0].finishReason, 'length');
  });

  test('that falls silent is given up, and the text is kept', async () => {
    const anna = await reader(lectern);
    const before = model.requests.length;

    model.script(null, { stallAfter: 3 });
    const response = await anna.open('POST', '/api/chat', { json: { message: question } });
    const list = [];
    let comments = 0;
    await within((async () => {
      for await (const { comment, data } of readEvents(response)) {
        if (comment !== undefined) comments++;
        else list.push(data === '[DONE]' ? data : JSON.parse(data));
      }
    })(), 'the end', 40);
    const kept = await lastMessage(anna, list[0].messageMetadata.conversationId);

    assert.ok(comments >= 1, 'a comment shows that the stream lives');
    assert.equal(of(list, 'error')[0].errorText, 'The language model took too long');
    assert.equal(kept.status, 'failed');
    assert.equal(kept.text, textOf(list));
    assert.ok(kept.text.length > 0);
    await until(() => model.requests[before].aborted !== null, 'the socket to be closed');
  });
});

describe('a reader that leaves', () => {
  test('in the middle finds the whole answer later', async () => {
    const anna = await reader(lectern);

    model.script(null, { delayMs: 60 });
    const control = new AbortController();
    const response = await anna.open('POST', '/api/chat',
      { json: { message: question }, signal: control.signal });
    let id;
    for await (const event of readEvents(response)) {
      const part = JSON.parse(event.data);
      id ??= part.messageMetadata.conversationId;
      if (part.type === 'text-delta') break;
    }
    control.abort();
    const kept = await lastMessage(anna, id);

    assert.equal(kept.status, 'complete');
    assert.ok(kept.text.endsWith('[1]'), kept.text);
    await holds(anna, kept.citations);
    assert.equal(model.requests.at(-1).aborted, null);
  });

  test('and wanted JSON ends the call to the model', async () => {
    const anna = await reader(lectern);
    const control = new AbortController();

    model.script(null, { delayMs: 200 });
    const before = model.requests.length;
    const reply = anna.open('POST', '/api/chat', { json: { message: question },
      headers: { accept: 'application/json' }, signal: control.signal });
    await until(() => model.requests[before]?.tokens > 0, 'the first token');
    control.abort();
    await assert.rejects(reply);
    await until(() => model.requests[before].aborted !== null, 'the socket to be closed',
      { seconds: 2 });
    const { conversations } = (await anna.get('/api/conversations')).json;
    assert.equal((await lastMessage(anna, conversations[0].id)).status, 'stopped');
  });

  test('at any moment, while the model is being called, costs no worker', async () => {
    const readers = await Promise.all(Array.from({ length: 6 }, () => reader(lectern)));

    model.behave({ delayMs: 30 });
    for (let ms = 4; ms < 64; ms++) {
      await Promise.allSettled(readers.map((anna, i) => askWhole(anna, question, {},
        { signal: AbortSignal.timeout(ms + i) })));
    }
    model.behave({});
    assert.equal(lectern.restarts(), 0, lectern.tail());
    assert.equal((await askWhole(readers[0], question)).status, 200);
  });

  test('and comes back gets the running answer from its start', async (t) => {
    const single = await startLectern({ workers: 1, env: modelled() });
    t.after(() => single.stop());
    const anna = await reader(single);

    model.script(null, { delayMs: 60 });
    const response = await anna.open('POST', '/api/chat',
      { json: { id: 'tab-1', trigger: 'submit-message',
        messages: [{ id: 'm', role: 'user', parts: [{ type: 'text', text: question }] }] } });
    const events = readEvents(response);
    const first = (await events.next()).value.data;
    const resumed = parts(await anna.open('GET', '/api/chat/tab-1/stream'));
    const list = [JSON.parse(first)];
    for await (const { data } of events) {
      list.push(data === '[DONE]' ? data : JSON.parse(data));
    }
    assert.deepEqual(await resumed, list);
    assert.equal((await anna.get('/api/chat/tab-1/stream')).status, 204);
    assert.equal((await anna.get('/api/chat/nothing/stream')).status, 204);
  });
});

/** Asks, and calls `act` with the conversation's id at the first text. */
async function interrupted(client, act) {
  const response = await client.open('POST', '/api/chat', { json: { message: question } });
  const list = [];

  for await (const { data } of readEvents(response)) {
    list.push(data === '[DONE]' ? data : JSON.parse(data));
    if (list.at(-1).type === 'text-delta' && of(list, 'text-delta').length === 1) {
      await act(list[0].messageMetadata.conversationId);
    }
  }
  return { list, id: list[0].messageMetadata.conversationId };
}

test('stop ends the call at once and keeps what there is, whoever hears it', async () => {
  const anna = await reader(lectern);

  // Each call opens a connection, which either worker may get.
  for (let round = 0; round < 6; round++) {
    const before = model.requests.length;

    model.script(null, { delayMs: 100 });
    const { list, id } = await interrupted(anna, async (conversationId) => {
      const reply = await anna.post(`/api/chat/${conversationId}/stop`, undefined,
        { headers: { connection: 'close' } });
      assert.deepEqual([reply.status, reply.json], [200, { stopped: true }]);
    });
    const kept = await lastMessage(anna, id);

    assert.equal(of(list, 'abort').length, 1);
    assert.equal(list.at(-1), '[DONE]');
    assert.equal(kept.status, 'stopped');
    assert.equal(kept.text, textOf(list));
    assert.ok(model.requests[before].tokens < 5, 'the model was not heard out');
    await until(() => model.requests[before].aborted !== null, 'the socket to be closed');
    assert.deepEqual((await anna.post(`/api/chat/${id}/stop`)).json, { stopped: false });
  }
});

test('an answer is kept though the database was away when it ended', async (t) => {
  const postgres = await startPrivatePostgres();
  const frail = await startLectern({ postgres, env: modelled() });
  t.after(async () => {
    assert.equal(frail.restarts(), 0, frail.tail());
    await frail.stop();
    await postgres.stop();
  });
  const anna = await reader(frail);

  model.script(null, { delayMs: 100 });
  const { list, id } = await interrupted(anna, () => postgres.stop('fast'));
  assert.equal(list.at(-1), '[DONE]');
  await postgres.start();
  await frail.answers('/ready');
  const kept = await lastMessage(anna, id);

  assert.equal(kept.text, textOf(list));
  assert.equal(kept.status, 'complete');
});

test('a question is refused with 503 while the database is away', async (t) => {
  const postgres = await startPrivatePostgres();
  const frail = await startLectern({ postgres, env: modelled() });
  t.after(async () => {
    await frail.stop();
    await postgres.stop();
  });
  const anna = await reader(frail);

  await postgres.stop('immediate');
  const reply = await anna.post('/api/chat', { message: question });
  assert.equal(reply.status, 503);
  assert.ok(reply.headers.get('retry-after'));
});

test('an answer that runs when the program is told to stop ends well and is kept', async () => {
  const ending = await startLectern({ env: modelled() });
  const { postgres, database } = ending;
  const anna = await reader(ending);
  const tokens = Array.from({ length: 200 }, (_, i) => ` word${i}`);
  let stopped;

  model.script(tokens, { delayMs: 100 });
  const { list, id } = await interrupted(anna, () => { stopped = ending.stop(); });
  const { ms } = await stopped;

  assert.ok(ms < 8000, `it took ${ms} ms`);
  assert.equal(list.at(-1), '[DONE]');
  assert.equal(await postgres.psql(database, `select status || ':' || text from messages
    where conversation_id = '${id}' and role = 'assistant'`), `stopped:${textOf(list)}`);
});
