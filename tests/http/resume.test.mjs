// Reading on: a running answer, from its start, wherever its reader comes back.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { holds, lastMessage, of, question, reader, textOf } from '../lib/asking.mjs';
import { at, begin, beside, eachWorker, follow, isQuiet, resume, said, sql, startPair, tab,
  words } from '../lib/running.mjs';
import { until } from '../lib/wait.mjs';

let pair, model, first, second;

before(async () => {
  pair = await startPair();
  ({ model, first, second } = pair);
});
after(() => pair?.stop());

const cited = [...words(15, 'before'), '. The warranty of the Zephyr lasts thirty months [1].',
  ...words(25, 'after')];

/** Both streams say the same, though cut into other pieces. */
function alike(one, other) {
  const essence = (list) => list.filter((part) => part.type !== 'text-delta' &&
    part.type !== 'data-status' && part.type !== 'source-document' &&
    part.type !== 'text-end');

  assert.equal(textOf(other), textOf(one));
  assert.deepEqual(essence(other), essence(one));
  assert.deepEqual(of(other, 'source-document'), of(one, 'source-document'));
  const types = other.map((part) => part.type ?? part);
  for (const [n, type] of types.entries()) {
    if (type === 'text-delta') {
      assert.ok(n > types.indexOf('text-start') && n < types.indexOf('text-end'));
    }
  }
}

test('on another worker or instance gives all of it, from its start', async () => {
  const anna = await reader(first);

  model.script(cited, { delayMs: 50 });
  const running = await begin(anna, tab('resume-1', [said('m1', question)]));
  await running.text(30);
  const readers = [];
  for (const send of (await eachWorker(first)).values()) {
    readers.push(await follow(await send(anna, 'GET', '/api/chat/resume-1/stream')));
  }
  assert.notEqual(readers[0].worker, readers[1].worker);
  for (const client of [anna, at(anna, second), at(anna, second)]) {
    readers.push(await resume(client, 'resume-1'));
  }
  readers.push(await resume(at(anna, second), running.id));
  await running.end();
  const kept = await lastMessage(anna, running.id);
  assert.equal(kept.status, 'complete');
  assert.equal(kept.citations.length, 1);
  await holds(anna, kept.citations);
  for (const other of readers) {
    await other.end();
    assert.equal(other.lost, undefined);
    alike(running.parts, other.parts);
  }
  for (const client of [anna, at(anna, second)]) {
    assert.equal((await client.get('/api/chat/resume-1/stream')).status, 204);
  }
  assert.ok(await until(() => isQuiet(first), 'nothing to be left'));
});

test('elsewhere comes as the answer goes on, not at its end', async () => {
  const anna = await reader(first);

  model.script(words(60), { delayMs: 50 });
  const running = await begin(anna, { message: question });
  await running.text();
  const other = await resume(at(anna, second), running.id);
  // Text that was said after it had come.
  const before = running.seen().length;
  await other.text(before + 20);
  assert.ok(!running.parts.includes('[DONE]'), 'the answer still ran');
  await Promise.all([running.end(), other.end()]);
  assert.equal(other.seen(), running.seen());
});

test('of a stopped answer elsewhere ends as stopped', async () => {
  const anna = await reader(first);

  model.script(words(80), { delayMs: 100 });
  const running = await begin(anna, { message: question });
  await running.text();
  const other = await resume(at(anna, second), running.id);
  await other.text();
  await anna.post(`/api/chat/${running.id}/stop`);
  await Promise.all([running.end(), other.end()]);
  assert.equal(other.of('abort').length, 1);
  assert.equal(other.parts.at(-1), '[DONE]');
  assert.equal(other.seen(), running.seen());
});

test('of a failing answer elsewhere tells the error and keeps the text', async () => {
  const anna = await reader(first);

  model.script(words(30), { delayMs: 60, cutAfter: 25 });
  const running = await begin(anna, { message: question });
  await running.text();
  const other = await resume(at(anna, second), running.id);
  await Promise.all([running.end(), other.end()]);
  assert.equal(running.of('error').length, 1);
  assert.deepEqual(other.of('error'), running.of('error'));
  assert.deepEqual(other.of('finish'), running.of('finish'));
  assert.equal(other.seen(), running.seen());
  const kept = await lastMessage(anna, running.id);
  assert.deepEqual([kept.status, kept.text], ['failed', running.seen()]);
  assert.equal(await sql(first, `select model || ' ' || error from messages
    where id = '${running.messageId}'`), 'double MODEL_CUT_OFF');
});

test('readers of it elsewhere who leave do not end it', async () => {
  const anna = await reader(first);

  model.script(words(30), { delayMs: 60 });
  const running = await begin(anna, { message: question });
  const control = new AbortController();
  const other = await resume(at(anna, second), running.id, { signal: control.signal });
  await other.text();
  control.abort();
  await running.end();
  assert.equal((await lastMessage(anna, running.id)).status, 'complete');
});

test('of another person\'s answer finds nothing', async () => {
  const [anna, bert] = [await reader(first), await reader(first)];

  model.script(words(20), { delayMs: 50 });
  const running = await begin(anna, tab('shared-name', [said('m1', question)]));
  for (const client of [bert, at(bert, second)]) {
    for (const id of [running.id, 'shared-name']) {
      assert.equal((await client.get(`/api/chat/${id}/stream`)).status, 204);
    }
  }
  await running.end();
});

test('an instance that is told to stop lets its readers go, and no answer ends', async () => {
  const third = await beside(first, { env: { LLM_URL: model.url, LLM_MODEL: 'double' } });
  const anna = await reader(first);

  model.script(words(140), { delayMs: 50 });
  const running = await begin(anna, { message: question });
  await running.text();
  const other = await resume(at(anna, third), running.id);
  await other.text();
  const { ms } = await third.stop();
  assert.ok(ms < 8000, `it took ${ms} ms`);
  await other.end();
  assert.equal(other.lost, undefined);
  assert.equal(other.parts.at(-1), '[DONE]');
  await running.end();
  assert.ok(running.seen().startsWith(other.seen()));
  const kept = await lastMessage(anna, running.id);
  assert.deepEqual([kept.status, kept.text], ['complete', words(140).join('')]);
});

test('an instance that is told to stop ends its answers, for readers elsewhere too', async () => {
  const third = await beside(first, { env: { LLM_URL: model.url, LLM_MODEL: 'double' } });
  const anna = await reader(first);

  model.script(words(300), { delayMs: 50 });
  const running = await begin(at(anna, third), { message: question });
  await running.text();
  const other = await resume(anna, running.id);
  const { ms } = await third.stop();
  assert.ok(ms < 8000, `it took ${ms} ms`);
  await Promise.all([running.end(), other.end()]);
  const kept = await lastMessage(anna, running.id);
  for (const one of [running, other]) {
    assert.equal(one.of('abort').length, 1);
    assert.equal(one.seen(), kept.text);
  }
  assert.equal(kept.status, 'stopped');
  assert.ok(await until(() => isQuiet(first), 'nothing to be left'));
});
