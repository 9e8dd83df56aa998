// Links by mail: verifying an address, a forgotten password, a new address.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { after, before, test } from 'node:test';

import { startLectern } from '../lib/lectern.mjs';
import { Letters } from '../lib/letters.mjs';
import { giveToOwner } from '../lib/process.mjs';
import { until } from '../lib/wait.mjs';
import { exchange } from '../lib/wire.mjs';

const password = 'correct horse 1';
const front = 'https://app.example';
const letters = new Letters();
const sent = 'If this email exists in our system, check your email for the reset link';

let lectern;
let people = 0;

before(async () => {
  lectern = await startLectern({ env: { MAIL_URL: letters.url, FRONTEND_URL: front } });
});
after(async () => {
  assert.equal(lectern.restarts(), 0, lectern.tail());
  await lectern.stop();
});

const address = () => `mail-${++people}@example.com`;
const sql = (text) => lectern.postgres.psql(lectern.database, text);
const post = (path, json, cookie) => exchange(lectern.url, 'POST', `/api/auth/${path}`,
  { json, headers: cookie && { cookie, origin: lectern.url } });
const follow = (url, cookie) => exchange(lectern.url, 'GET',
  url.replace(lectern.url, ''), { headers: cookie && { cookie } });
const tokenOf = (url) => /(?:token=|reset-password\/)([A-Za-z0-9]+)/.exec(url)[1];
const expire = (email) => sql(`update mail_tokens set expires_at = now() - interval '1 s'
  where email = '${email}'`);
const signIn = (email, secret = password) =>
  post('sign-in/email', { email, password: secret });

async function person(fields) {
  const email = address();
  const reply = await post('sign-up/email', { name: 'Ann', email, password, ...fields });

  assert.equal(reply.status, 200, reply.text);
  return { email, user: reply.json.user, token: reply.json.token,
    cookie: reply.cookie('better-auth.session_token'),
    verify: await letters.to(email, { about: /^Confirm your e-mail/ }) };
}

const sessionUser = async ({ cookie }) =>
  (await exchange(lectern.url, 'GET', '/api/auth/get-session', { headers: { cookie } }))
    .json?.user;

function refused(reply, status, code, message) {
  assert.deepEqual([reply.status, reply.json],
    [status, { message, ...(code && { code }) }]);
}

function leadsTo(reply, location) {
  assert.deepEqual([reply.status, reply.headers.location, reply.text],
    [302, location, '']);
}

const askedAgain = (path, json, letter) => post(path, json).then((reply) => {
  assert.equal(reply.status, 200, reply.text);
  return letters.to(json.email, { count: letter ? 2 : 1, not: letter });
});

// ---- verifying an address

test('sign-up sends a link that verifies, within a second or so', async () => {
  const began = performance.now();
  const ann = await person();

  assert.ok(performance.now() - began < 5000);
  assert.match(ann.verify.url, new RegExp(
    `^${lectern.url}/api/auth/verify-email\\?token=[A-Za-z0-9]{32}&callbackURL=%2F$`));
  assert.ok(ann.verify.text.includes(ann.verify.url));
  leadsTo(await follow(ann.verify.url), '/');
  assert.equal((await sessionUser(ann)).emailVerified, true);
  leadsTo(await follow(ann.verify.url), '/');
});

test('verifying signs nobody in', async () => {
  const { verify } = await person();
  const reply = await follow(verify.url);

  assert.deepEqual(reply.cookies, []);
  assert.equal(reply.headers['set-auth-token'], undefined);
});

test('the callback URL comes back as it was given, query and fragment kept', async () => {
  const expected = { '/done': ['/done', '/done?error=INVALID_TOKEN'],
    '/done?a=b%20c#end': ['/done?a=b%20c#end', '/done?a=b%20c&error=INVALID_TOKEN#end'],
    [`${front}/in?x=1`]: [`${front}/in?x=1`, `${front}/in?x=1&error=INVALID_TOKEN`] };

  for (const [callbackURL, [good, bad]] of Object.entries(expected)) {
    const { verify } = await person({ callbackURL });
    leadsTo(await follow(verify.url), good);
    leadsTo(await follow(verify.url.replace(/token=.{4}/, 'token=AAAA')), bad);
  }
});

test('verify-email without a callback answers JSON', async () => {
  const ann = await person();
  const bare = ann.verify.url.replace(/&.*/, '');
  const reply = await follow(bare);

  assert.deepEqual([reply.status, reply.json], [200, { status: true, user: null }]);
  refused(await follow(bare.replace(/token=.{4}/, 'token=AAAA')), 401, 'INVALID_TOKEN',
    'Invalid token');
  assert.equal((await follow('/api/auth/verify-email')).json.code, 'VALIDATION_ERROR');
  refused(await follow(`${bare}&callbackURL=https%3A%2F%2Fevil.example`), 403,
    'INVALID_CALLBACK_URL', 'Invalid callbackURL');
});

test('a link that is an hour old says so', async () => {
  const ann = await person();
  assert.equal(await sql(`select expires_at - created_at from mail_tokens
    where email = '${ann.email}'`), '01:00:00');
  await expire(ann.email);

  leadsTo(await follow(ann.verify.url), '/?error=TOKEN_EXPIRED');
  refused(await follow(ann.verify.url.replace(/&.*/, '')), 401, 'TOKEN_EXPIRED',
    'Token expired');
  assert.equal((await sessionUser(ann)).emailVerified, false);
});

test('send-verification-email answers alike for every address', async () => {
  const ann = await person();
  const nobody = address();
  const replies = [await post('send-verification-email', { email: ann.email }),
    await post('send-verification-email', { email: nobody })];

  for (const reply of replies) {
    assert.deepEqual([reply.status, reply.json], [200, { status: true }]);
  }
  const second = await letters.to(ann.email, { count: 2, not: ann.verify });
  leadsTo(await follow(second.url), '/');
  await post('send-verification-email', { email: ann.email });
  // Verified: nothing more. Somebody else's letter shows that time has passed.
  const bob = await person();
  await askedAgain('send-verification-email', { email: bob.email }, bob.verify);
  assert.equal(letters.all().filter(({ to }) => to === ann.email).length, 2);
  assert.equal(letters.all().filter(({ to }) => to === nobody).length, 0);
});

test('send-verification-email with a session is about its own address', async () => {
  const ann = await person();

  refused(await post('send-verification-email', { email: address() }, ann.cookie), 400,
    'EMAIL_MISMATCH', 'Email mismatch');
  assert.equal((await post('send-verification-email', { email: ann.email.toUpperCase() },
    ann.cookie)).status, 200);
  await follow(ann.verify.url);
  refused(await post('send-verification-email', { email: ann.email }, ann.cookie), 400,
    'EMAIL_ALREADY_VERIFIED', 'Email is already verified');
});

// ---- a forgotten password

async function forgotten(ann, redirectTo, path = 'request-password-reset') {
  const reply = await post(path, { email: ann.email, redirectTo });

  assert.deepEqual([reply.status, reply.json], [200, { status: true, message: sent }]);
  return letters.to(ann.email, { about: /^Choose/ });
}

test('a reset link leads to the page with a token, as often as it is opened', async () => {
  const expected = { '/reset': `${lectern.url}/reset?token=T`,
    '/reset?a=b': `${lectern.url}/reset?a=b&token=T`,
    '/reset?token=old&a=b': `${lectern.url}/reset?a=b&token=T`,
    '/a b?c=d e': `${lectern.url}/a%20b?c=d%20e&token=T`,
    [`${front}/reset#x`]: `${front}/reset?token=T#x` };

  for (const [redirectTo, location] of Object.entries(expected)) {
    const letter = await forgotten(await person(), redirectTo);
    assert.match(letter.url, new RegExp(
      `^${lectern.url}/api/auth/reset-password/[A-Za-z0-9]+\\?callbackURL=`));
    assert.ok(letter.url.endsWith(`=${encodeURIComponent(redirectTo)}`));
    for (let n = 0; n < 2; n++) {
      leadsTo(await follow(letter.url), location.replace('T', tokenOf(letter.url)));
    }
  }
});

test('a bad reset link says so, and a foreign target is refused', async () => {
  const { url } = await forgotten(await person(), '/reset');
  const broken = url.replace(/password\/.{4}/, 'password/AAAA');

  leadsTo(await follow(broken), `${lectern.url}/reset?error=INVALID_TOKEN`);
  leadsTo(await follow(url.replace(/=.*/, '=')),
    `${lectern.url}/api/auth/error?error=INVALID_TOKEN`);
  assert.equal((await follow(url.replace(/\?.*/, ''))).json.code, 'VALIDATION_ERROR');
  assert.equal((await follow(url.replace(/=.*/, '=https%3A%2F%2Fevil.example'))).status, 403);
  refused(await post('request-password-reset', { email: address(),
    redirectTo: 'https://evil.example/' }), 403, 'INVALID_REDIRECT_URL',
  'Invalid redirectURL');
});

test('a new password is set once, ends all sessions and is told to the owner', async () => {
  const ann = await person();
  const token = tokenOf((await forgotten(ann, '/reset')).url);
  const reset = (newPassword) => post('reset-password', { newPassword, token });

  refused(await reset('short'), 400, 'PASSWORD_TOO_SHORT', 'Password too short');
  const reply = await reset('another horse 2');
  assert.deepEqual([reply.status, reply.json, reply.cookies], [200, { status: true }, []]);
  refused(await reset('a third horse 3'), 400, 'INVALID_TOKEN', 'Invalid token');
  assert.equal(await sessionUser(ann), undefined);
  assert.equal((await signIn(ann.email)).status, 401);
  assert.equal((await signIn(ann.email, 'another horse 2')).status, 200);
  await letters.to(ann.email, { about: /password was changed/ });
});

test('the token may stand in the query, and of two posts one wins', async () => {
  const ann = await person();
  const token = tokenOf((await forgotten(ann, '/reset', 'forget-password')).url);
  const replies = await Promise.all(['second horse 2', 'third horse 33'].map(
    (newPassword) => post(`reset-password?token=${token}`, { newPassword })));

  assert.deepEqual(replies.map(({ status }) => status).sort(), [200, 400]);
});

test('a reset token of more than an hour ago is none', async () => {
  const ann = await person();
  const { url } = await forgotten(ann, '/reset');
  await expire(ann.email);

  leadsTo(await follow(url), `${lectern.url}/reset?error=INVALID_TOKEN`);
  refused(await post('reset-password', { newPassword: 'another horse 2',
    token: tokenOf(url) }), 400, 'INVALID_TOKEN', 'Invalid token');
  refused(await post('reset-password', { newPassword: 'x' }), 400, 'INVALID_TOKEN',
    'Invalid token');
});

test('one kind of link does not do the work of another', async () => {
  const ann = await person();
  const reset = tokenOf((await forgotten(ann, '/reset')).url);

  refused(await post('reset-password', { newPassword: 'another horse 2',
    token: tokenOf(ann.verify.url) }), 400, 'INVALID_TOKEN', 'Invalid token');
  leadsTo(await follow(`/api/auth/verify-email?token=${reset}&callbackURL=%2F`),
    '/?error=INVALID_TOKEN');
});

test('a reset for nobody is answered and written alike', async () => {
  const before = await sql('select count(*) from outbox');
  const nobody = address();
  const reply = await post('request-password-reset', { email: nobody });

  assert.deepEqual([reply.status, reply.json], [200, { status: true, message: sent }]);
  assert.equal(Number(await sql('select count(*) from outbox')), Number(before) + 1);
  await person();
  assert.equal(letters.all().filter(({ to }) => to === nobody).length, 0);
});

// ---- a new address

async function moving(ann, newEmail, callbackURL) {
  const reply = await post('change-email', { newEmail, callbackURL }, ann.cookie);

  assert.deepEqual([reply.status, reply.json], [200, { status: true }]);
  return letters.to(newEmail.toLowerCase(), { about: /^Confirm your new/ });
}

test('change-email asks the new address, and tells both when it is done', async () => {
  const ann = await person();
  await follow(ann.verify.url);
  const wanted = address();
  const { url } = await moving(ann, wanted.toUpperCase(), '/settings');

  assert.equal((await sessionUser(ann)).email, ann.email);
  leadsTo(await follow(url), '/settings');
  const user = await sessionUser(ann);
  assert.deepEqual([user.email, user.emailVerified], [wanted, true]);
  leadsTo(await follow(url), '/settings?error=INVALID_TOKEN');
  for (const email of [ann.email, wanted]) {
    await letters.to(email, { about: /address was changed/ });
  }
  assert.equal((await signIn(wanted)).status, 200);
  assert.equal((await signIn(ann.email)).status, 401);
});

test('an address that was not verified is not verified after the change', async () => {
  const ann = await person();
  const { url } = await moving(ann, address());
  const reply = await follow(url.replace(/&.*/, ''));

  assert.equal(reply.status, 200, reply.text);
  assert.equal(reply.json.status, true);
  assert.equal(reply.json.user.emailVerified, false);
});

test('change-email refuses one\'s own address and hides a taken one', async () => {
  const ann = await person();
  const bob = await person();

  refused(await post('change-email', { newEmail: ann.email.toUpperCase() }, ann.cookie),
    400, undefined, 'Email is the same');
  assert.equal((await post('change-email', { newEmail: 'nonsense' }, ann.cookie)).json.code,
    'VALIDATION_ERROR');
  const reply = await post('change-email', { newEmail: bob.email }, ann.cookie);
  assert.deepEqual([reply.status, reply.json], [200, { status: true }]);
  await moving(ann, address());
  assert.equal(letters.all().filter(({ to }) => to === bob.email).length, 1);
});

test('an address taken meanwhile stays its owner\'s', async () => {
  const ann = await person();
  const wanted = address();
  const { url } = await moving(ann, wanted, '/settings');
  assert.equal((await post('sign-up/email', { name: 'B', email: wanted, password })).status, 200);

  leadsTo(await follow(url), '/settings?error=INVALID_TOKEN');
  assert.equal((await sessionUser(ann)).email, ann.email);
});

test('a change of address is not made in somebody else\'s session', async () => {
  const ann = await person();
  const bob = await person();
  const { url } = await moving(ann, address(), '/settings');

  leadsTo(await follow(url, bob.cookie), '/settings?error=INVALID_USER');
  leadsTo(await follow(url, ann.cookie), '/settings');
});

// ---- what the database holds

test('no live token stands in a dump of the database', async () => {
  const ann = await person();
  const live = [ann.token, tokenOf(ann.verify.url),
    tokenOf((await forgotten(ann, '/reset')).url),
    tokenOf((await moving(ann, address())).url), password];
  const tables = (await sql(`select relname from pg_class where relkind = 'r'
    and relnamespace = 'public'::regnamespace`)).split('\n');
  const dump = (await Promise.all(tables.map((table) =>
    sql(`select string_agg(t::text, ' ') from "${table}" t`)))).join('\n');

  assert.ok(dump.includes(ann.email));
  for (const secret of live) {
    for (const coding of ['utf8', 'hex', 'base64']) {
      assert.ok(!dump.includes(Buffer.from(secret).toString(coding).replace(/=+$/, '')),
        `${secret} as ${coding}`);
    }
  }
});

test('without a way to send mail the routes say that they are off', async () => {
  const mute = await startLectern({ postgres: lectern.postgres,
    database: lectern.database, env: { PUBLIC_URL: 'https://lectern.example' } });
  const off = async (path, json, headers) => (await exchange(mute.url, 'POST',
    `/api/auth/${path}`, { json, headers })).json.code;

  try {
    assert.equal(await off('request-password-reset', { email: address() }),
      'RESET_PASSWORD_DISABLED');
    assert.equal(await off('send-verification-email', { email: address() }),
      'VERIFICATION_EMAIL_NOT_ENABLED');
    const before = await sql('select count(*) from outbox');
    const { token } = (await exchange(mute.url, 'POST', '/api/auth/sign-up/email',
      { json: { name: 'A', email: address(), password } })).json;
    assert.equal(await off('change-email', { newEmail: address() },
      { authorization: `Bearer ${token}` }), 'CHANGE_EMAIL_DISABLED');
    assert.equal(await sql('select count(*) from outbox'), before);
  } finally {
    await mute.stop();
  }
});

test('a folder that cannot be written is tried again', async () => {
  const other = new Letters();
  other.folder += '/later';
  const server = await startLectern({ postgres: lectern.postgres,
    env: { MAIL_URL: other.url } });
  const email = address();

  try {
    await exchange(server.url, 'POST', '/api/auth/sign-up/email',
      { json: { name: 'A', email, password } });
    await until(() => server.logs().some(({ message }) =>
      /^mail \w+: later/.test(message)), 'a failure in the log');
    assert.ok(server.lines().every((line) => !line.includes(email)));
    mkdirSync(other.folder);
    giveToOwner(other.folder);
    await other.to(email);
  } finally {
    await server.stop();
  }
});
