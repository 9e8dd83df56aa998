// Stopping an answer: on the worker that writes it, on another worker of the
// same instance, on another instance; and its conversation's end.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { lastMessage, of, question, reader } from '../lib/asking.mjs';
import { at, begin, drained, eachWorker, isQuiet, said, sql, startPair, tab, words }
  from '../lib/running.mjs';
import { until } from '../lib/wait.mjs';

let pair, model, first, second;

before(async () => {
  pair = await startPair();
  ({ model, first, second } = pair);
});
after(() => pair?.stop());

/** An answer of fifty slow words that has begun, and the call to the model. */
async function slow(anna, json = { message: question }) {
  const before = model.requests.length;

  model.script(words(50), { delayMs: 100 });
  const running = await begin(anna, json);
  await running.text();
  return { running, call: model.requests[before] };
}

/** Stops it and says after how many milliseconds the model's socket closed. */
async function stopped(id, call, send) {
  const began = performance.now();
  const reply = await send(`/api/chat/${id}/stop`);

  assert.deepEqual([reply.status, JSON.parse(await drained(reply))], [200, { stopped: true }]);
  await until(() => call.aborted !== null, 'the socket to be closed', { everyMs: 2 });
  return call.at + call.aborted - began;
}

const by = (client) => (path) => client.open('POST', path);

test('by any worker of the instance closes the socket to the model within 100 ms', async () => {
  const anna = await reader(first);
  const workers = await eachWorker(first);
  const took = { same: [], other: [] };

  for (let round = 0; round < 10; round++) {
    const { running, call } = await slow(anna);
    const other = [...workers.keys()].find((worker) => worker !== running.worker);
    const worker = round % 2 ? running.worker : other;
    took[round % 2 ? 'same' : 'other'].push(await stopped(running.id, call,
      (path) => workers.get(worker)(anna, 'POST', path)));
    await running.end();
    const kept = await lastMessage(anna, running.id);

    assert.equal(running.of('abort').length, 1);
    assert.equal(running.parts.at(-1), '[DONE]');
    assert.deepEqual([kept.status, kept.text], ['stopped', running.seen()]);
  }
  for (const [which, times] of Object.entries(took)) {
    times.sort((a, b) => a - b);
    // The middle: this machine may pause for a moment.
    assert.ok(times[2] < 100, `the ${which} worker took ${times.map(Math.round)} ms`);
  }
});

test('by another instance closes it within two seconds', async () => {
  const anna = await reader(first);
  const { running, call } = await slow(anna);
  const ms = await stopped(running.id, call, by(at(anna, second)));

  assert.ok(ms < 2000, `it took ${ms} ms`);
  await running.end();
  const kept = await lastMessage(anna, running.id);
  assert.deepEqual([kept.status, kept.text], ['stopped', running.seen()]);
  assert.equal(running.of('abort').length, 1);
  assert.ok(await until(() => isQuiet(first), 'nothing to be left'));
});

test('by the id that useChat chose works on any instance', async () => {
  const anna = await reader(first);
  const { running, call } = await slow(anna, tab('stop-1', [said('m1', question)]));

  await stopped('stop-1', call, by(at(anna, second)));
  await running.end();
  assert.equal((await lastMessage(anna, 'stop-1')).status, 'stopped');
});

test('of what does not run says so, and of another person\'s finds nothing', async () => {
  const [anna, bert] = [await reader(first), await reader(first)];
  const { running, call } = await slow(anna);

  for (const client of [bert, at(bert, second)]) {
    assert.equal((await client.post(`/api/chat/${running.id}/stop`)).status, 404);
  }
  assert.equal(call.aborted, null);
  await stopped(running.id, call, by(anna));
  await running.end();
  assert.deepEqual((await anna.post(`/api/chat/${running.id}/stop`)).json,
    { stopped: false });
  assert.deepEqual((await at(anna, second).post(`/api/chat/${running.id}/stop`)).json,
    { stopped: false });
});

test('is what the deletion of a conversation does, and no row is left', async () => {
  const anna = await reader(first);

  for (const client of [anna, at(anna, second)]) {
    const { running, call } = await slow(anna);
    const reply = await client.delete(`/api/conversations/${running.id}`);

    assert.ok([200, 204].includes(reply.status), reply.text);
    await until(() => call.aborted !== null, 'the socket to be closed', { seconds: 3 });
    await running.end();
    assert.equal(running.parts.at(-1), '[DONE]');
    assert.equal(of(running.parts, 'error').length, 0);
    assert.equal((await anna.get(`/api/conversations/${running.id}`)).status, 404);
    assert.ok(await until(() => isQuiet(first), 'nothing to be left'));
    assert.equal(await sql(first, `select count(*) from messages
      where id = '${running.messageId}'`), '0');
  }
});
