// Password hashing is slow on purpose. It must neither block what needs none
// nor pile up without a bound, and nobody's leaving may hurt the others.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { startLectern } from '../lib/lectern.mjs';
import { until } from '../lib/wait.mjs';
import { exchange } from '../lib/wire.mjs';

const password = 'correct horse 1';
const email = 'job@example.com';

let lectern;

before(async () => {
  lectern = await startLectern({ workers: 1 });
  const reply = await exchange(lectern.url, 'POST', '/api/auth/sign-up/email',
    { json: { name: 'Job', email, password } });
  assert.equal(reply.status, 200, reply.text);
});
after(async () => {
  assert.equal(lectern.restarts(), 0, lectern.tail());
  await lectern.stop();
});

const signIn = (options) => exchange(lectern.url, 'POST', '/api/auth/sign-in/email',
  { json: { email, password }, ...options });

/** What those who left have begun may fill the line for a moment, no longer. */
const signedInAgain = () => until(async () => {
  const reply = await signIn();
  assert.ok([200, 503].includes(reply.status), reply.text);
  return reply.status === 200;
}, 'a sign-in after those who left', { seconds: 5, everyMs: 100 });

test('beyond a bounded queue sign-ins are told to come back, the others succeed', async () => {
  const replies = await Promise.all(Array.from({ length: 250 }, () => signIn()));
  const busy = replies.filter((reply) => reply.status === 503);
  const good = replies.filter((reply) => reply.status === 200);

  assert.equal(busy.length + good.length, 250);
  assert.ok(busy.length > 0, 'the queue has no bound');
  assert.ok(good.length >= 30, `only ${good.length} got in`);
  for (const reply of busy) {
    assert.match(reply.headers['retry-after'], /^\d+$/);
    assert.deepEqual(Object.keys(reply.json).sort(), ['code', 'message']);
    assert.deepEqual(reply.cookies, []);
  }
  assert.equal(new Set(good.map((reply) => reply.json.token)).size, good.length);
  assert.equal((await signIn()).status, 200);
});

test('health and sessions answer while passwords are hashed', async () => {
  const { token } = (await signIn()).json;
  let isOver = false;
  const storm = Promise.all(Array.from({ length: 60 }, () => signIn()))
    .finally(() => { isOver = true; });
  const times = [];

  while (!isOver || times.length === 0) {
    for (const path of ['/health', '/api/auth/get-session']) {
      const began = performance.now();
      const reply = await exchange(lectern.url, 'GET', path,
        { headers: { authorization: `Bearer ${token}` } });
      times.push(performance.now() - began);
      assert.equal(reply.status, 200, path);
    }
  }
  await storm;
  times.sort((a, b) => a - b);
  assert.ok(times.length > 10, `only ${times.length} answers during the storm`);
  assert.ok(times[Math.floor(times.length * 0.99)] < 1000, `p99 of ${times.at(-1)} ms`);
});

test('clients that leave while their password is hashed harm nobody', async () => {
  for (let round = 0; round < 3; round++) {
    const left = Array.from({ length: 40 }, (_, n) =>
      signIn({ signal: AbortSignal.timeout(1 + (n * 7 + round * 3) % 60) })
        .then((reply) => reply.status, (error) => error.name));
    const outcomes = await Promise.all(left);

    assert.ok(outcomes.includes('AbortError'), String(outcomes));
    assert.deepEqual(outcomes.filter((o) => ![200, 503, 'AbortError'].includes(o)), []);
    assert.equal((await exchange(lectern.url, 'GET', '/health')).status, 200);
  }
  await signedInAgain();
});

test('a sign-up whose client has left makes a whole account or none', async () => {
  const emails = Array.from({ length: 30 }, (_, n) => `leaver-${n}@example.com`);

  await Promise.allSettled(emails.map((address, n) =>
    exchange(lectern.url, 'POST', '/api/auth/sign-up/email', {
      json: { name: 'L', email: address, password },
      signal: AbortSignal.timeout(1 + (n * 11) % 50) })));
  // Signing in waits behind all of their jobs.
  await signedInAgain();
  for (const address of emails) {
    const reply = await exchange(lectern.url, 'POST', '/api/auth/sign-up/email',
      { json: { name: 'L', email: address, password } });
    assert.ok(reply.status === 200 || reply.status === 422, reply.text);
    assert.equal((await exchange(lectern.url, 'POST', '/api/auth/sign-in/email',
      { json: { email: address, password } })).status, 200);
  }
  assert.equal(await lectern.postgres.psql(lectern.database, `select count(*)
    from users where email like 'leaver-%' and password_hash is null`), '0');
});
