// `lectern user`: what an operator does with accounts.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Client, signedUp } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { Letters } from '../lib/letters.mjs';

const password = 'correct horse 1';

let lectern;

before(async () => {
  lectern = await startLectern({ env: { SIGN_UP: 'closed',
    ADMIN_EMAIL: 'Boss@example.com' } });
});
after(async () => {
  assert.equal(lectern.restarts(), 0, lectern.tail());
  await lectern.stop();
});

const user = (...args) => lectern.run('user', ...args);

async function done(...args) {
  const { code, stdout, stderr } = await user(...args);

  assert.equal(code, 0, stderr);
  return stdout.trim();
}

/** Follows a link as its reader would, and chooses the password. */
async function choose(link, typed = password) {
  const client = new Client(lectern.url);
  const followed = await client.get(link.slice(new URL(link).origin.length));

  assert.equal(followed.status, 302, followed.text);
  const place = new URL(followed.headers.get('location'));
  assert.equal(place.pathname, '/reset-password');
  const token = place.searchParams.get('token');
  if (token === null) return place.searchParams.get('error');
  const reply = await client.post('/api/auth/reset-password',
    { newPassword: typed, token });
  assert.equal(reply.status, 200, reply.text);
  return null;
}

async function signIn(email, typed = password) {
  const client = new Client(lectern.url);

  client.reply = await client.post('/api/auth/sign-in/email',
    { email, password: typed });
  return client;
}

/** The columns of somebody's line. */
async function line(email) {
  const found = (await done('list')).split('\n')
    .find((text) => text.startsWith(`${email} `));

  return found?.split(/ {2,}/);
}

const isAdmin = async (client) => (await client.post('/api/documents',
  { title: 'T', text: `A text of ${Math.random()}.`, shared: true })).status;

test('add prints one link, with which somebody joins though sign-up is closed',
  async () => {
    const link = await done('add', 'Ann@example.com');

    assert.match(link, /^http:\/\/[^\s]+\/api\/auth\/reset-password\/\w{32}\?/);
    assert.equal((await signIn('ann@example.com', '')).reply.status, 401);
    assert.equal((await line('ann@example.com'))[2], 'no-password');
    assert.equal(await choose(link), null);
    assert.equal(await choose(link), 'INVALID_TOKEN');

    const ann = await signIn('ann@example.com');
    assert.equal(ann.reply.status, 200, ann.reply.text);
    assert.equal(ann.reply.json.user.emailVerified, true);
    assert.deepEqual((await line('ann@example.com')).slice(1, 3),
      ['user', 'verified']);
    const stranger = await new Client(lectern.url).post('/api/auth/sign-up/email',
      { name: 'X', email: 'x@example.com', password });
    assert.notEqual(stranger.status, 200);
  });

test('add refuses an address that is taken, or none', async () => {
  await done('add', 'twice@example.com');
  for (const [email, words] of [['TWICE@example.com', /has an account already/],
    ['nonsense', /no e-mail address/], ['a b@example.com', /no e-mail address/],
    ['a@localhost', /no e-mail address/]]) {
    const { code, stdout, stderr } = await user('add', email);

    assert.equal(code, 1);
    assert.equal(stdout, '');
    assert.match(stderr, words);
    assert.equal(stderr.trim().split('\n').length, 1);
  }
});

test('reset-link lets somebody choose a new password, which ends sessions',
  async () => {
    await choose(await done('add', 'forgetful@example.com'), 'the former one');
    const client = await signIn('forgetful@example.com', 'the former one');

    assert.equal(await choose(await done('reset-link', 'forgetful@example.com')), null);
    assert.equal((await client.get('/api/auth/get-session')).json, null);
    assert.equal((await signIn('forgetful@example.com', 'the former one')).reply.status,
      401);
    assert.equal((await signIn('forgetful@example.com')).reply.status, 200);
  });

test('no link lies in the database in clear', async () => {
  const link = await done('add', 'sealed@example.com');
  const token = /reset-password\/(\w{32})/.exec(link)[1];

  assert.equal(await lectern.postgres.psql(lectern.database,
    `select count(*) from mail_tokens t where t::text like '%${token}%'`), '0');
});

test('disable signs somebody out everywhere and keeps them out, until enable',
  async () => {
    await choose(await done('add', 'out@example.com'));
    const client = await signIn('out@example.com');
    const link = await done('reset-link', 'out@example.com');

    await done('disable', 'out@example.com');
    assert.equal((await client.get('/api/auth/get-session')).json, null);
    assert.equal((await signIn('out@example.com')).reply.status, 401);
    assert.equal(await choose(link), 'INVALID_TOKEN');
    assert.equal((await user('reset-link', 'out@example.com')).code, 1);
    assert.equal((await line('out@example.com'))[2], 'disabled');

    await done('enable', 'out@example.com');
    assert.equal((await signIn('out@example.com')).reply.status, 200);
  });

test('admin makes an administrator, at once', async () => {
  await choose(await done('add', 'chief@example.com'));
  const chief = await signIn('chief@example.com');

  assert.equal(await isAdmin(chief), 403);
  await done('admin', 'chief@example.com');
  assert.equal(await isAdmin(chief), 201);
  assert.equal((await line('chief@example.com'))[1], 'admin');
});

test('ADMIN_EMAIL is an administrator as soon as the address is verified',
  async () => {
    await choose(await done('add', 'boss@example.com'));
    const boss = await signIn('boss@example.com');

    await lectern.postgres.psql(lectern.database, `update users
      set email_verified = false where email = 'boss@example.com'`);
    assert.equal(await isAdmin(boss), 403);
    assert.equal((await line('boss@example.com'))[1], 'user');
    await lectern.postgres.psql(lectern.database, `update users
      set email_verified = true where email = 'boss@example.com'`);
    assert.equal(await isAdmin(boss), 201);
    assert.equal((await line('boss@example.com'))[1], 'admin');
  });

test('who has no account is named, and the exit code tells', async () => {
  for (const command of ['admin', 'disable', 'enable', 'reset-link']) {
    const { code, stderr } = await user(command, 'nobody@example.com');

    assert.equal(code, 1, command);
    assert.match(stderr, /nobody@example\.com/);
  }
});

test('a wrong call is answered with the usage and exit code 2', async () => {
  for (const args of [[], ['shout'], ['add'], ['list', 'x'], ['add', 'a', 'b']]) {
    const { code, stdout, stderr } = await user(...args);

    assert.equal(code, 2);
    assert.equal(stdout, '');
    assert.match(stderr, /lectern user import URI/);
  }
});

test('every command leaves a line in the audit', async () => {
  const events = await lectern.postgres.psql(lectern.database,
    'select string_agg(distinct event, \' \' order by event) from audit');

  for (const event of ['invited', 'disabled', 'enabled', 'made_admin']) {
    assert.match(events, new RegExp(`\\b${event}\\b`));
  }
});

test('with mail on, links go by mail and are not printed', async () => {
  const letters = new Letters();
  const mailing = await startLectern({ env: { MAIL_URL: letters.url } });

  try {
    const { code, stdout, stderr } = await mailing.run('user', 'add', 'far@example.com');
    assert.equal(code, 0, stderr);
    assert.doesNotMatch(stdout, /http/);
    const letter = await letters.to('far@example.com');
    assert.match(letter.url, /\/api\/auth\/reset-password\/\w{32}\?/);

    const dan = await signedUp(mailing.url, { email: 'dan@example.com' });
    await mailing.run('user', 'reset-link', dan.email);
    const reset = await letters.to(dan.email, { about: /new password/ });
    assert.match(reset.url, /\/api\/auth\/reset-password\/\w{32}\?/);
  } finally {
    await mailing.stop();
  }
});
