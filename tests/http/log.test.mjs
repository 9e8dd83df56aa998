// The log: a line for each request, more where something was slow, and one id
// from the client through to the language model.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { startModel } from '../doubles/model.mjs';
import { askWhole, question, reader } from '../lib/asking.mjs';
import { signedUp } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { until } from '../lib/wait.mjs';

let model, lectern;

before(async () => {
  model = await startModel();
  lectern = await startLectern({ env: { LLM_URL: model.url, LLM_MODEL: 'double' } });
});
after(async () => {
  await lectern.stop();
  await model.stop();
});

const line = (wanted) => until(() => lectern.logs().find((entry) =>
  Object.entries(wanted).every(([key, value]) => entry[key] === value)),
JSON.stringify(wanted));

/** Runs `work` while a table is locked, for so many seconds. */
async function locked(table, seconds, work) {
  const lock = lectern.postgres.psql(lectern.database,
    `begin; lock table ${table}; select pg_sleep(${seconds}); commit`);

  await until(async () => await lectern.postgres.psql(lectern.database,
    `select count(*) from pg_locks where mode = 'AccessExclusiveLock' and granted
     and relation = '${table}'::regclass`) !== '0', 'the lock');
  const result = await work();
  await lock;
  return result;
}

test('a slow statement is told by its name, with the request that asked', async () => {
  const anna = await signedUp(lectern.url, { email: 'slow@example.com' });
  const reply = await locked('sessions', 1, () => anna.get('/api/auth/get-session'));
  const id = reply.headers.get('x-request-id');
  const told = await line({ slow: 'statement', request: id });

  assert.equal(told.level, 'warn');
  assert.equal(told.statement, 'session_find');
  assert.ok(told.ms >= 500 && told.ms < 5000, `${told.ms}`);
  assert.ok(told.wait_ms < 500, `${told.wait_ms}`);
  assert.deepEqual(Object.keys(told), ['time', 'level', 'pid', 'request', 'slow', 'statement',
    'wait_ms', 'ms']);
  const request = await until(() => lectern.logs().find((entry) => entry.route &&
    entry.request === id), 'the line of the request');
  assert.equal(request.level, 'info');
  assert.equal(request.slow, undefined);
});

test('a slow request is a warning and marked; quick ones and streams are not', async () => {
  const anna = await reader(lectern);
  const reply = await locked('sessions', 2.5, () => anna.get('/api/documents'));
  const told = await until(() => lectern.logs().find((entry) => entry.route &&
    entry.request === reply.headers.get('x-request-id')), 'the line of the request');

  assert.equal(told.level, 'warn');
  assert.equal(told.slow, 'request');
  assert.ok(told.ms >= 2000);

  model.script(['slow', ' words', ' are', ' told'], { delayMs: 600 });
  const stream = await anna.open('POST', '/api/chat', { json: { message: question } });
  await stream.text();
  const streamed = await until(() => lectern.logs().find((entry) => entry.route &&
    entry.request === stream.headers.get('x-request-id')), 'the line of the stream');
  assert.ok(streamed.ms >= 2000, `${streamed.ms}`);
  assert.equal(streamed.level, 'info');
  assert.equal(streamed.slow, undefined);
});

test('the model gets the id that the client got', async () => {
  const anna = await reader(lectern);
  const reply = await askWhole(anna, question);

  assert.equal(reply.status, 200);
  assert.equal(model.requests.at(-1).headers['x-request-id'], reply.headers.get('x-request-id'));
});

test('LOG_LEVEL=warn keeps warnings alone', async (t) => {
  const quiet = await startLectern({ env: { LOG_LEVEL: 'warn' } });
  t.after(() => quiet.stop());
  const before = quiet.logs().length;

  for (let n = 0; n < 5; n++) await fetch(`${quiet.url}/health`);
  await quiet.stop();
  assert.deepEqual(quiet.logs().slice(before).filter(({ level }) => level === 'info'), []);
  await quiet.start();
});
