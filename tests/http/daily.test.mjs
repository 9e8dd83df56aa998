// CHAT_DAILY: as many questions a day as it says, over workers and forms of
// asking, and a refusal that says so.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { ask, askWhole, question, reader } from '../lib/asking.mjs';
import { Client, signedUp } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';

let lectern;

before(async () => { lectern = await startLectern({ env: { CHAT_DAILY: '5' }, workers: 3 }); });
after(async () => {
  assert.equal(lectern.restarts(), 0, lectern.tail());
  await lectern.stop();
});

const sql = async (text) => (await lectern.postgres.psql(lectern.database, text)).trim();

test('of many questions at once exactly as many are taken as a day has', async () => {
  const anna = await reader(lectern);
  const replies = await Promise.all(Array.from({ length: 20 }, (_, i) =>
    askWhole(anna, `${question} ${i}`, {}, { headers: { accept: 'application/json',
      connection: 'close' } })));
  // Who comes while the five are being written may hear of those first.
  const refused = replies.filter((reply) => reply.status === 429 &&
    ['DAILY_LIMIT_REACHED', 'TOO_MANY_STREAMS'].includes(reply.json.code));

  assert.equal(replies.filter((reply) => reply.status === 200).length, 5,
    replies.map((reply) => reply.status).join(' '));
  assert.equal(refused.length + 5, 20, replies.map((reply) => reply.text).join('\n'));
  assert.equal(await sql(`select count(*) from messages m join conversations c
    on c.id = m.conversation_id where c.user_id = '${anna.user.id}' and role = 'user'`), '5');
  assert.equal(await sql(`select count(*) from conversations where user_id = '${anna.user.id}'`), '5');
});

test('the refusal says how many and when the next day begins', async () => {
  const bob = await signedUp(lectern.url);

  for (let i = 0; i < 4; i++) await ask(bob, { message: 'Hello there' });
  assert.equal((await askWhole(bob, 'Hello there')).status, 200);
  const before = Math.ceil(86400 - (Date.now() / 1000) % 86400);
  const reply = await askWhole(bob, 'Hello there');
  const wait = Number(reply.headers.get('retry-after'));
  assert.equal(reply.status, 429);
  assert.equal(reply.json.code, 'DAILY_LIMIT_REACHED');
  assert.match(reply.json.message, /\b5 questions\b.*midnight UTC, in \d+ h \d+ min/);
  assert.ok(wait <= before && wait > before - 30, `${wait} of ${before}`);
  const streamed = await bob.open('POST', '/api/chat', { json: { message: 'Hello there' } });
  assert.equal(streamed.status, 429);
  await streamed.arrayBuffer();
});

test('questions by the OpenAI protocol count too, and are not tried again', async () => {
  const fritz = await signedUp(lectern.url);
  const { key } = (await fritz.post('/api/keys', { name: 'program' })).json;
  const program = new Client(lectern.url, { headers: { authorization: `Bearer ${key}` } });
  const complete = () => program.post('/v1/chat/completions', { model: 'lectern',
    messages: [{ role: 'user', content: 'Hello there' }] });

  for (let i = 0; i < 5; i++) assert.equal((await complete()).status, 200);
  const reply = await complete();
  assert.equal(reply.status, 429);
  assert.equal(reply.json.error.code, 'daily_limit_reached');
  assert.match(reply.json.error.message, /\b5 questions\b/);
  assert.ok(Number(reply.headers.get('retry-after')) > 0);
  assert.equal((await askWhole(fritz, 'Hello there')).status, 429);
});

test('each has a day of one’s own, and the next one begins at midnight UTC', async () => {
  const clara = await signedUp(lectern.url);

  await sql(`insert into chat_usage (user_id, day, questions) values
    ('${clara.user.id}', (now() at time zone 'utc')::date - 1, 5),
    ('${clara.user.id}', (now() at time zone 'utc')::date, 4)`);
  assert.equal((await askWhole(clara, 'Hello there')).status, 200);
  assert.equal((await askWhole(clara, 'Hello there')).status, 429);
});

test('a question that is refused for another reason costs none', async () => {
  const dora = await signedUp(lectern.url);

  for (const more of [{ conversationId: 'none' }, { collection: 'none' }]) {
    assert.equal((await askWhole(dora, 'Hello there', more)).status, 404);
  }
  assert.equal((await askWhole(dora, '')).status, 400);
  assert.equal(await sql(`select coalesce(sum(questions), 0) from chat_usage
    where user_id = '${dora.user.id}'`), '0');
});

test('without CHAT_DAILY there is no limit, but it is counted', async () => {
  const free = await startLectern();
  const emil = await signedUp(free.url);

  try {
    for (let i = 0; i < 7; i++) {
      assert.equal((await askWhole(emil, 'Hello there')).status, 200);
    }
    const counted = await free.postgres.psql(free.database,
      `select questions from chat_usage where user_id = '${emil.user.id}'`);
    assert.equal(counted.trim(), '7');
  } finally {
    await free.stop();
  }
});
