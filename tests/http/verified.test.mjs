// REQUIRE_VERIFIED_EMAIL: nobody signs in before the address is verified, and
// nobody learns who has an account.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { startLectern } from '../lib/lectern.mjs';
import { Letters } from '../lib/letters.mjs';
import { exchange } from '../lib/wire.mjs';

const password = 'correct horse 1';
const letters = new Letters();

let lectern;
let people = 0;

before(async () => {
  lectern = await startLectern({ env: { MAIL_URL: letters.url,
    REQUIRE_VERIFIED_EMAIL: 'yes' } });
});
after(async () => {
  assert.equal(lectern.restarts(), 0, lectern.tail());
  await lectern.stop();
});

const address = () => `verified-${++people}@example.com`;
const post = (path, json, headers) =>
  exchange(lectern.url, 'POST', `/api/auth/${path}`, { json, headers });
const signUp = (email, fields) =>
  post('sign-up/email', { name: 'Ann', email, password, ...fields });
const signIn = (email, fields) =>
  post('sign-in/email', { email, password, ...fields });
const sql = (text) => lectern.postgres.psql(lectern.database, text);

function isUnverified(reply) {
  assert.deepEqual([reply.status, reply.json], [403,
    { message: 'Email not verified', code: 'EMAIL_NOT_VERIFIED' }]);
  assert.deepEqual(reply.cookies, []);
  assert.equal(reply.headers['set-auth-token'], undefined);
}

test('sign-up answers the user without a token, a cookie or a session', async () => {
  const email = address();
  const reply = await signUp(email);

  assert.equal(reply.status, 200, reply.text);
  assert.equal(reply.json.token, null);
  assert.deepEqual([reply.json.user.email, reply.json.user.name,
    reply.json.user.emailVerified], [email, 'Ann', false]);
  assert.deepEqual(reply.cookies, []);
  assert.equal(reply.headers['set-auth-token'], undefined);
  assert.equal(await sql(`select count(*) from sessions s join users u
    on u.id = s.user_id where u.email = '${email}'`), '0');
  await letters.to(email);
});

test('a taken address is answered with an invented user, and nothing else', async () => {
  const email = address();
  const first = await signUp(email);
  await letters.to(email);
  const again = await signUp(email, { name: 'Eve', image: 'https://x.example/i' });

  assert.equal(again.status, 200, again.text);
  assert.equal(again.json.token, null);
  assert.deepEqual(again.cookies, []);
  assert.deepEqual(Object.keys(again.json.user).sort(),
    Object.keys(first.json.user).sort());
  assert.match(again.json.user.id, /^[A-Za-z0-9]{32}$/);
  assert.notEqual(again.json.user.id, first.json.user.id);
  assert.deepEqual([again.json.user.name, again.json.user.email,
    again.json.user.image, again.json.user.emailVerified],
  ['Eve', email, 'https://x.example/i', false]);
  assert.ok(Math.abs(Date.parse(again.json.user.createdAt) - Date.now()) < 60_000);
  assert.equal(again.json.user.createdAt, again.json.user.updatedAt);
  assert.equal(await sql(`select string_agg(name, ',') from users
    where email = '${email}'`), 'Ann');
  // A decoy is written for the taken address; it goes to nobody.
  assert.equal(await sql(`select count(*) from outbox where recipient = '${email}'`), '1');
});

test('the quickstart route does not tell a taken address either', async () => {
  const email = address();
  const [first, again] = [await post('register', { email, password }),
    await post('register', { email, password })];

  for (const reply of [first, again]) {
    assert.equal(reply.status, 200, reply.text);
    assert.equal(reply.json.message, 'Account created successfully');
  }
  assert.notEqual(first.json.user_id, again.json.user_id);
});

test('sign-in with the right password is 403 and sends a new letter', async () => {
  const email = address();
  await signUp(email);
  const first = await letters.to(email);

  isUnverified(await signIn(email, { callbackURL: '/welcome' }));
  const second = await letters.to(email, { count: 2, not: first });
  assert.match(second.url, /callbackURL=%2Fwelcome$/);

  const form = await exchange(lectern.url, 'POST', '/api/auth/sign-in',
    { form: { username: email, password } });
  assert.equal(form.status, 403);
  assert.equal(form.json.detail, 'Email not verified');
});

test('sign-in with a wrong password is 401 like for an unknown address', async () => {
  const email = address();
  await signUp(email);
  const replies = [await signIn(email, { password: 'wrong horse 1' }),
    await signIn(address(), { password: 'wrong horse 1' })];

  assert.deepEqual(replies.map(({ status }) => status), [401, 401]);
  assert.equal(replies[0].text, replies[1].text);
});

test('the link in the letter opens the door, without signing in', async () => {
  const email = address();
  await signUp(email, { callbackURL: '/welcome' });
  const { url } = await letters.to(email);
  const followed = await exchange(lectern.url, 'GET', url.slice(lectern.url.length));

  assert.deepEqual([followed.status, followed.headers.location], [302, '/welcome']);
  assert.deepEqual(followed.cookies, []);
  const reply = await signIn(email);
  assert.equal(reply.status, 200, reply.text);
  assert.equal(reply.json.user.emailVerified, true);
});

test('a repeated sign-in sends no more letters than an account may get', async () => {
  const strict = await startLectern({ postgres: lectern.postgres,
    database: lectern.database, env: { MAIL_URL: letters.url,
      REQUIRE_VERIFIED_EMAIL: 'yes', RATE_LIMIT: 'on' } });
  const email = address();

  try {
    await signUp(email);
    for (let n = 0; n < 8; n++) {
      // The password is right each time: this is no guessing.
      isUnverified(await exchange(strict.url, 'POST', '/api/auth/sign-in/email',
        { json: { email, password } }));
    }
    assert.equal(await sql(`select count(*) from outbox where recipient = '${email}'`), '4');
  } finally {
    await strict.stop();
  }
});

test('new and taken addresses take equally long', async () => {
  const taken = address();
  const times = { fresh: [], taken: [] };
  await signUp(taken);

  for (let n = 0; n < 15; n++) {
    for (const kind of ['fresh', 'taken']) {
      const email = kind === 'taken' ? taken : address();
      const began = performance.now();
      await signUp(email);
      times[kind].push(performance.now() - began);
    }
  }
  const median = (list) => list.sort((a, b) => a - b)[list.length >> 1];
  const [fresh, old] = [median(times.fresh), median(times.taken)];
  assert.ok(Math.abs(fresh - old) < 0.35 * Math.max(fresh, old),
    `median ${fresh} ms for a new address, ${old} ms for a taken one`);
});
