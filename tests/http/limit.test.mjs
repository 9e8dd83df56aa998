// Limits per address and per account. Addresses come by X-Forwarded-For from
// a proxy that is trusted; time passes by SQL.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { startLectern } from '../lib/lectern.mjs';
import { exchange } from '../lib/wire.mjs';

const password = 'correct horse 1';
const env = { RATE_LIMIT: 'on', TRUSTED_HOPS: '1' };
const message = 'Too many requests. Please try again later.';

let lectern;
let others = 0;

before(async () => { lectern = await startLectern({ env }); });
after(async () => {
  assert.equal(lectern.restarts(), 0, lectern.tail());
  await lectern.stop();
});

/** An IPv4 address that no other test uses. */
const fresh = () => `198.51.${100 + Math.floor(others / 200)}.${++others % 200}`;
const email = () => `limit-${++others}@example.com`;
const sql = (text) => lectern.postgres.psql(lectern.database, text);

function post(path, from, json, { server = lectern, agent = 'probe/1.0',
  headers, ...rest } = {}) {
  return exchange(server.url, 'POST', `/api/auth/${path}`, { json, ...rest,
    headers: { 'user-agent': agent, ...(from && { 'x-forwarded-for': from }),
      ...headers } });
}

const signIn = (from, address, secret, options) =>
  post('sign-in/email', from, { email: address, password: secret }, options);

async function signedUp(from = fresh(), options = {}) {
  const address = email();
  const reply = await post('sign-up/email', from,
    { name: 'Ann', email: address, password }, options);

  assert.equal(reply.status, 200, reply.text);
  return { email: address, from, cookie: reply.cookie('better-auth.session_token') };
}

/** A sign-in that is refused before any hashing, so that many take no time. */
const knock = (from, options) => post('sign-in/email', from, {}, options);

/** Uses up an account's free attempts: all at once, before a pause can end. */
async function exhaust(address, options, from = fresh) {
  const replies = await Promise.all(Array.from({ length: 8 }, () =>
    signIn(from(), address, 'wrong horse 1', options)));

  assert.deepEqual(replies.map(({ status }) => status).sort(),
    [401, 401, 401, 401, 401, 429, 429, 429]);
  await sql('update attempts set last_at = now()');
  return replies.find(({ status }) => status === 429);
}

/** Sends requests until one is refused with 429; how many were let through. */
async function until429(send, most = 60) {
  for (let n = 0; n < most; n++) {
    const reply = await send(n);
    if (reply.status === 429) return { n, reply };
  }
  throw new Error(`${most} requests in a row were let through`);
}

function isRefused(reply) {
  assert.equal(reply.status, 429, reply.text);
  assert.equal(reply.text, JSON.stringify({ message }));
  assert.equal(reply.headers['content-type'], 'application/json');
  assert.match(reply.headers['retry-after'], /^[1-9]\d*$/);
  assert.equal(reply.headers['x-retry-after'], reply.headers['retry-after']);
  return Number(reply.headers['retry-after']);
}

test('the twenty-first sign-in of a minute from one address is refused', async () => {
  const from = fresh();
  const { n, reply } = await until429(() => knock(from));

  assert.equal(n, 20);
  assert.ok(isRefused(reply) <= 3);
  assert.equal((await signIn(fresh(), email(), 'whatever 1')).status, 401);
});

test('a refused request does not prolong the wait', async () => {
  const from = fresh();
  const key = `sign-in ${from}`;
  await until429(() => knock(from));
  const before429 = await sql(`select full_at from limits where key = '${key}'`);

  for (let n = 0; n < 3; n++) isRefused(await knock(from));
  assert.equal(await sql(`select full_at from limits where key = '${key}'`), before429);
  await sql(`update limits set full_at = full_at - interval '3 s' where key = '${key}'`);
  assert.equal((await signIn(from, email(), 'whatever 1')).status, 401);
});

test('the limit comes before the body and the Origin are looked at', async () => {
  const from = fresh();
  await until429(() => knock(from));

  isRefused(await post('sign-in/email', from, undefined, { body: '{"broken',
    headers: { 'content-type': 'application/json', cookie: 'a=b',
      origin: 'https://evil.example' } }));
  const broken = await post('sign-in/email', fresh(), undefined,
    { body: '{"broken', headers: { 'content-type': 'application/json' } });
  assert.equal(broken.json.code, 'BAD_REQUEST');
});

test('requests with a broken body count as well', async () => {
  const from = fresh();

  assert.equal((await until429(() => post('sign-up/email', from, {}))).n, 20);
});

test('both names of a route share an allowance, other routes do not', async () => {
  const from = fresh();
  const quickstart = () => exchange(lectern.url, 'POST', '/api/auth/sign-in',
    { form: { username: 'nobody' }, headers: { 'x-forwarded-for': from } });

  assert.equal((await until429(quickstart)).n, 20);
  isRefused(await knock(from));
  const { reply } = await until429(() => post('register', from,
    { email: email(), password: 'short' }));
  assert.equal(reply.json.detail, message);
  isRefused(await post('sign-up/email', from, {}));
  assert.equal((await exchange(lectern.url, 'GET', '/api/auth/get-session',
    { headers: { 'x-forwarded-for': from } })).status, 200);
});

test('what a client writes into X-Forwarded-For does not help it', async () => {
  const from = fresh();
  const { n } = await until429((i) => knock(`10.0.0.${i}, ${from}`));

  assert.equal(n, 20);
  isRefused(await knock(from));
});

test('without trusted proxies X-Forwarded-For is not looked at', async () => {
  const direct = await startLectern({ env: { RATE_LIMIT: 'on' },
    postgres: lectern.postgres });

  try {
    const { n } = await until429((i) => knock(`10.0.0.${i}`, { server: direct }));
    assert.equal(n, 20);
  } finally {
    await direct.stop();
  }
});

test('an IPv6 client is its /64, in every spelling', async () => {
  const { n } = await until429((i) => knock(i % 2 ? `2001:db8:7:1::${i.toString(16)}`
    : `2001:0DB8:0007:0001:ffff:0:0:${i.toString(16)}`));

  assert.equal(n, 20);
  assert.equal((await signIn('2001:db8:7:2::1', email(), 'whatever 1')).status, 401);
});

test('an IPv4 address in IPv6 dress is the IPv4 address', async () => {
  const from = fresh();
  const { n } = await until429((i) => knock(i % 2 ? from : `::ffff:${from}`));

  assert.equal(n, 20);
});

test('clients that the proxy does not name share a much larger allowance', async () => {
  const unnamed = [undefined, 'unknown', '', 'a, b'];

  for (let n = 0; n < 60; n++) {
    const reply = await post('sign-up/email', unnamed[n % 4], {});
    assert.equal(reply.status, 400, reply.text);
  }
  assert.equal(await sql(`select string_agg(key, ',') from limits
    where key like 'sign-up %' and key !~ '[0-9]'`), 'sign-up shared');
});

test('the count holds over workers, instances and a restart', async () => {
  const from = fresh();
  const second = await startLectern({ env,
    postgres: lectern.postgres, database: lectern.database });

  try {
    for (let n = 0; n < 10; n++) {
      for (const server of [lectern, second]) {
        assert.equal((await knock(from, { server })).status, 400);
      }
    }
    isRefused(await knock(from));
    isRefused(await knock(from, { server: second }));
    await second.stop();
    await second.start();
    isRefused(await knock(from, { server: second }));
  } finally {
    await second.stop();
  }
});

test('of many requests at once no more than the allowance pass', async () => {
  const from = fresh();
  const replies = await Promise.all(Array.from({ length: 40 },
    () => post('sign-up/email', from, {})));

  assert.equal(replies.filter(({ status }) => status === 400).length, 20);
  assert.equal(replies.filter(({ status }) => status === 429).length, 20);
});

test('mails on demand: three an account, five an address, known or not', async () => {
  const ann = await signedUp();

  for (const path of ['request-password-reset', 'forget-password']) {
    await sql('delete from limits');
    for (const address of [ann.email, email()]) {
      const { n, reply } = await until429(() => post(path, fresh(), { email: address }));
      assert.equal(n, 3, address);
      assert.ok(isRefused(reply) > 100);
    }
    const from = fresh();
    assert.equal((await until429(() => post(path, from, { email: email() }))).n, 5);
  }
  for (const address of [ann.email, email()]) {
    assert.equal((await until429(() => post('send-verification-email', fresh(),
      { email: address }))).n, 3);
  }
  assert.equal((await until429((n) => post('change-email', fresh(),
    { newEmail: 'wanted@example.com' },
    { headers: { cookie: ann.cookie, origin: lectern.url } }))).n, 3);
});

test('asking for the current password is counted by person', async () => {
  const ann = await signedUp();
  const { n, reply } = await until429(() => post('verify-password', fresh(), {}, { headers: { cookie: ann.cookie, origin: lectern.url } }));

  assert.equal(n, 20);
  // A hundred an hour: one in 36 seconds.
  assert.ok(isRefused(reply) > 30);
});

test('failures slow the account down, from wherever they come', async () => {
  const ann = await signedUp();
  const guess = () => signIn(fresh(), ann.email, 'wrong horse 1', { agent: 'guesser/1' });
  const waits = [];

  await exhaust(ann.email, { agent: 'guesser/1' });
  for (let n = 0; n < 10; n++) {
    await sql('update attempts set last_at = now()');
    waits.push(isRefused(await guess()));
    await sql(`update attempts set last_at = last_at - ${waits.at(-1)} * interval '1 s'`);
    assert.equal((await guess()).status, 401);
  }
  assert.deepEqual(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]);
  isRefused(await signIn(fresh(), ann.email, password, { agent: 'guesser/1' }));
});

test('an address without an account is slowed down alike', async () => {
  isRefused(await exhaust(email()));
  assert.equal(await sql(`select count(*) from attempts where key like '%@%'`), '0');
});

test('the owner still signs in from a device that the account knows', async () => {
  const ann = await signedUp();
  const bob = await signedUp();
  const other = (cookie) => signIn(fresh(), ann.email, password, {
    agent: `other/${++others}`, headers: cookie && { cookie, origin: lectern.url } });
  await exhaust(ann.email, { agent: 'guesser/1' });
  await sql(`update attempts set failures = 20`);

  // The address and agent of the sign-up; then others, with a session's cookie.
  assert.equal((await signIn(ann.from, ann.email, password)).status, 200);
  assert.equal((await other(ann.cookie)).status, 200);
  isRefused(await other());
  isRefused(await other(bob.cookie));
  isRefused(await other(ann.cookie.replace(/.$/, '')));
  isRefused(await signIn(fresh(), ann.email, password, { agent: 'guesser/1' }));
});

test('a known device is slowed down by failures of its own', async () => {
  const ann = await signedUp();

  isRefused(await exhaust(ann.email, {}, () => ann.from));
});

test('a success forgets the failures before it', async () => {
  const ann = await signedUp();

  for (let round = 0; round < 3; round++) {
    for (let n = 0; n < 4; n++) {
      assert.equal((await signIn(fresh(), ann.email, 'wrong horse 1')).status, 401);
    }
    assert.equal((await signIn(fresh(), ann.email, password)).status, 200);
  }
});

test('an hour without attempts forgets the failures', async () => {
  const ann = await signedUp();

  await exhaust(ann.email, { agent: 'guesser/1' });
  await sql(`update attempts set last_at = last_at - interval '61 min'`);
  await exhaust(ann.email, { agent: 'guesser/1' });
});

test('RATE_LIMIT=off counts nothing', async () => {
  const free = await startLectern({ postgres: lectern.postgres });

  try {
    const address = email();
    for (let n = 0; n < 24; n++) {
      assert.equal((await signIn(undefined, address, 'wrong horse 1',
        { server: free })).status, 401);
    }
    assert.equal(await free.postgres.psql(free.database,
      'select (select count(*) from limits) + (select count(*) from attempts)'), '0');
  } finally {
    await free.stop();
  }
});
