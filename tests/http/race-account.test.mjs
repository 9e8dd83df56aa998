// Accounts, sessions and keys under races: two tabs, two workers, two
// instances. What is asserted holds in whichever order things were served.

import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';

import { Client, signedUp } from '../lib/http.mjs';
import { Letters } from '../lib/letters.mjs';
import { calm, race, sql, startArena, tabOf, tally, winners } from '../lib/race.mjs';
import { at } from '../lib/running.mjs';
import { code } from '../lib/totp.mjs';

const letters = new Letters();
const many = 24;
const password = 'a-long-password-1';
const tokenOf = ({ url }) => /(?:token=|reset-password\/)([A-Za-z0-9]+)/.exec(url)[1];
let arena;

before(async () => { arena = await startArena({ env: { MAIL_URL: letters.url } }); });
afterEach(() => calm(arena));
after(() => arena?.stop());

const count = async (from) => Number(await sql(arena, `select count(*) from ${from}`));
const of = (client) => `user_id = '${client.user.id}'`;
const told = async (client) => (await client.get('/api/auth/get-session')).json;
const person = (options) => signedUp(arena.first.url, options);

async function signIn(email, secret = password, server = arena.second) {
  const client = new Client(server.url);

  client.reply = await client.post('/api/auth/sign-in/email', { email, password: secret });
  return client;
}

/** A browser with the cookies that a reply has set. */
function holding(reply, server = arena.first) {
  const client = new Client(server.url);

  for (const line of reply.cookies) {
    const pair = line.slice(0, line.indexOf(';'));
    client.cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
  }
  return client;
}

test('of many who sign up with one address one gets it', async () => {
  const email = 'one@example.com';
  const replies = await race(arena, many, (i) => (i % 3 === 0
    ? { op: 'POST /api/auth/register', json: { email, password } }
    : { op: 'POST /api/auth/sign-up/email', json: { email, password, name: `N${i}` } }));

  assert.equal(replies.filter(({ status }) => status === 200).length, 1);
  for (const [i, { status, json }] of replies.entries()) {
    if (status === 200) continue;
    assert.equal(status, i % 3 === 0 ? 409 : 422);
    if (i % 3) assert.equal(json.code, 'USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL');
  }
  assert.equal(await count(`users where email = '${email}'`), 1);
  assert.ok(await count(`sessions s join users u on u.id = s.user_id
    where email = '${email}'`) <= 1);
  assert.equal(await count(`outbox where recipient = '${email}'`) +
    letters.all().filter(({ to }) => to === email).length >= 1, true);
});

for (const round of [1, 2, 3]) {
  test(`no session of the old password outlives a change (${round})`, async () => {
    const anna = await person();
    const { email } = anna.user;
    const replies = await race(arena, many, (i) => (i === 9
      ? { op: 'POST /api/auth/change-password', who: anna, json: {
        currentPassword: password, newPassword: 'another-password-2',
        revokeOtherSessions: true } }
      : i % 2
        ? { op: 'POST /api/auth/sign-in/email', json: { email, password } }
        : { op: 'POST /api/auth/sign-in', form: { username: email, password } }));

    assert.equal(replies[9].status, 200, replies[9].text);
    for (const [i, reply] of replies.entries()) {
      if (i === 9) continue;
      assert.ok([200, 401].includes(reply.status), reply.text);
      if (reply.status === 200) assert.equal(await told(holding(reply)), null);
    }
    assert.equal(await count(`sessions where ${of(anna)}`), 1);
    assert.equal((await told(holding(replies[9]))).user.id, anna.user.id);
    assert.equal((await signIn(email)).reply.status, 401);
    assert.equal((await signIn(email, 'another-password-2')).reply.status, 200);
  });
}

test('of many changes of a password that know the old one, one counts', async () => {
  const anna = await person();
  const replies = await race(arena, 8, (i) => ({ op: 'POST /api/auth/change-password',
    who: anna, json: { currentPassword: password, newPassword: `new-password-${i}`,
      revokeOtherSessions: true } }));
  const won = replies.findIndex(({ status }) => status === 200);

  assert.deepEqual(tally(replies)[200], 1, JSON.stringify(tally(replies)));
  assert.equal(await count(`sessions where ${of(anna)}`), 1);
  for (const i of replies.keys()) {
    assert.equal((await signIn(anna.email, `new-password-${i}`)).reply.status,
      i === won ? 200 : 401);
  }
});

test('a session that is signed out anywhere is over everywhere', async () => {
  const anna = await person();
  const replies = await race(arena, many, (i) => (i % 4 === 1
    ? { op: 'POST /api/auth/sign-out', who: anna, json: {} }
    : i % 4 === 2
      ? { op: 'POST /api/auth/update-user', who: anna, json: { name: `N${i}` } }
      : i % 4 === 3
        ? { op: 'POST /api/auth/verify-password', who: anna, json: { password } }
        : { op: 'POST /api/auth/update-session', who: anna, json: {} }));

  for (const [i, { status, text }] of replies.entries()) {
    assert.ok(status === 200 || (i % 4 !== 1 && status === 401), `${i}: ${status} ${text}`);
  }
  for (const server of arena.servers) {
    const there = holding({ cookies: [] }, server);
    there.cookies = anna.cookies;
    assert.equal((await there.get('/api/documents')).status, 401);
  }
  assert.equal(await count(`sessions where ${of(anna)}`), 0);
  assert.equal(await count(`audit where ${of(anna)} and event = 'sign_out'`), 1);
});

test('revoked sessions are refused by the other instance from the reply on', async () => {
  const anna = await person();
  const [phone, desk, tablet] = await Promise.all([1, 2, 3].map(() => signIn(anna.email)));
  const { session: { token } } = await told(phone);
  const one = await race(arena, 12, (i) => (i % 3
    ? { op: 'POST /api/auth/update-user', who: phone, json: { name: 'Phone' } }
    : { op: 'POST /api/auth/revoke-session', who: anna, json: { token } }));

  for (const [i, { status, text }] of one.entries()) {
    assert.ok(status === 200 || (i % 3 && status === 401), text);
  }
  for (const server of arena.servers) assert.equal(await told(at(phone, server)), null);
  assert.equal(await count(`audit where ${of(anna)} and event = 'session_revoked'`), 1);

  await race(arena, 12, (i) => (i % 3
    ? { op: 'POST /api/search', who: i % 2 ? desk : tablet, json: { query: 'x' } }
    : { op: 'POST /api/auth/revoke-other-sessions', who: anna, json: {} }));
  for (const server of arena.servers) {
    for (const gone of [desk, tablet]) assert.equal(await told(at(gone, server)), null);
    assert.notEqual(await told(at(anna, server)), null);
  }

  await race(arena, 12, (i) => (i % 2
    ? { op: 'POST /api/auth/revoke-sessions', who: anna, json: {} }
    : { op: 'POST /api/auth/verify-password', who: anna, json: { password } }));
  assert.equal(await count(`sessions where ${of(anna)}`), 0);
});

test('two who others\' sessions end at once end both, or one', async () => {
  const anna = await person();
  const other = await signIn(anna.email);

  await race(arena, 8, (i) => ({ op: 'POST /api/auth/revoke-other-sessions',
    who: i % 2 ? anna : other, json: {} }));
  assert.ok(await count(`sessions where ${of(anna)}`) <= 1);
});

test('an address goes to one of those who ask for it at once', async () => {
  const email = 'wanted@example.com';
  const people = await Promise.all(Array.from({ length: 4 }, () => person()));
  const asked = await race(arena, 8, (i) => ({ op: 'POST /api/auth/change-email',
    who: people[i % 4], json: { newEmail: email } }));

  assert.deepEqual(tally(asked), { 200: 8 });
  await letters.to(email, { count: 8 });
  const links = letters.all().filter(({ to }) => to === email);
  const replies = await race(arena, 3 * 8, (i) => (i % 3 === 2
    ? { op: 'POST /api/auth/sign-up/email', json: { email, password, name: 'New' } }
    : { op: 'GET /api/auth/verify-email', query: `?token=${tokenOf(links[i % 8])}` }));
  assert.equal(await count(`users where email = '${email}'`), 1);
  assert.equal(replies.filter(({ status }) => status < 300).length, 1,
    JSON.stringify(tally(replies)));
  assert.equal(await count('users u where not exists (select from audit a '
    + "where a.user_id = u.id and a.event = 'sign_up')"), 0);
});

test('people who want each other\'s address both keep their own', async () => {
  const [anna, bert] = [await person(), await person()];

  await race(arena, 8, (i) => ({ op: 'POST /api/auth/change-email',
    who: [anna, bert][i % 2], json: { newEmail: [bert, anna][i % 2].email } }));
  assert.equal((await told(anna)).user.email, anna.email);
  assert.equal((await told(bert)).user.email, bert.email);
  assert.equal(await count(`mail_tokens where purpose = 'change'
    and user_id in ('${anna.user.id}', '${bert.user.id}')`), 0);
});

test('a reset token is worth one password, and ends every session', async () => {
  const anna = await person();
  const asked = await race(arena, 8, (i) => ({ json: { email: anna.email },
    op: i % 2 ? 'POST /api/auth/request-password-reset' : 'POST /api/auth/forget-password' }));

  assert.deepEqual(tally(asked), { 200: 8 });
  const token = tokenOf(await letters.to(anna.email, { about: /password/i }));
  const replies = await race(arena, many, (i) => (i % 3 === 1
    ? { op: 'POST /api/auth/sign-in/email', json: { email: anna.email, password } }
    : { op: 'POST /api/auth/reset-password', json: { token, newPassword: `reset-${i}-word` } }));
  const resets = replies.filter((_, i) => i % 3 !== 1);
  assert.equal(winners(resets, 400, 'INVALID_TOKEN').length, 1);
  const won = replies.findIndex(({ status }, i) => i % 3 !== 1 && status === 200);
  assert.equal(await count(`sessions where ${of(anna)}`), 0);
  assert.equal((await signIn(anna.email)).reply.status, 401);
  assert.equal((await signIn(anna.email, `reset-${won}-word`)).reply.status, 200);
  assert.equal(await count(`mail_tokens where purpose = 'reset' and ${of(anna)}`), 0);
});

test('an address is verified once, by however many clicks', async () => {
  const anna = await person();
  const token = tokenOf(await letters.to(anna.email, { about: /confirm|verif/i }));
  const replies = await race(arena, many, (i) => (i % 4
    ? { op: 'GET /api/auth/verify-email', query: `?token=${token}` }
    : { op: 'POST /api/auth/send-verification-email', who: anna,
      json: { email: anna.email } }));

  for (const { status, text } of replies) assert.ok([200, 302, 400].includes(status), text);
  assert.equal((await told(anna)).user.emailVerified, true);
  assert.equal(await count(`audit where ${of(anna)} and event = 'email_verified'`), 1);
});

const factor = (action) => `POST /api/auth/two-factor/${action}`;

/** A person with a second factor. */
async function protectedPerson() {
  const anna = await person();
  const { json } = await anna.post('/api/auth/two-factor/enable', { password });

  anna.uri = json.totpURI;
  anna.codes = json.backupCodes;
  const reply = await anna.post('/api/auth/two-factor/verify-totp', { code: code(anna.uri) });
  assert.equal(reply.status, 200, reply.text);
  return anna;
}

test('the codes that many set-ups hand out are those of one', async () => {
  const anna = await person();
  const replies = await race(arena, 8, () => ({ op: factor('enable'), who: anna,
    json: { password } }));

  assert.deepEqual(tally(replies), { 200: 8 });
  assert.equal(await count(`backup_codes where ${of(anna)}`), 10);
  const good = [];
  for (const { json } of replies) {
    const { status } = await anna.post('/api/auth/two-factor/verify-totp',
      { code: code(json.totpURI) });
    if (status !== 200) continue;
    good.push(json);
    break;
  }
  assert.equal(good.length, 1);
  const browser = await signIn(anna.email);
  const used = await browser.post('/api/auth/two-factor/verify-backup-code',
    { code: good[0].backupCodes[0] });
  assert.equal(used.status, 200, used.text);
});

test('one confirmation turns the second factor on, with one new session', async () => {
  const anna = await person();
  const { json } = await anna.post('/api/auth/two-factor/enable', { password });

  await race(arena, many, () => ({ op: factor('verify-totp'), who: anna,
    json: { code: code(json.totpURI) } }));
  assert.equal((await signIn(anna.email)).reply.json.twoFactorRedirect, true);
  assert.equal(await count(`sessions where ${of(anna)}`), 1);
  assert.equal(await count(`audit where ${of(anna)} and event = 'two_factor_enabled'`), 1);
});

test('a code of the app, and a backup code, let one in', async () => {
  const anna = await protectedPerson();
  const kinds = [['verify-totp', () => code(anna.uri)],
    ['verify-backup-code', () => anna.codes[0]]];

  for (const [action, show] of kinds) {
    await sql(arena, `update second_factors set last_step = 0, failures = 0,
      locked_until = null where ${of(anna)}`);
    const before = await count(`sessions where ${of(anna)}`);
    // As many browsers as tries do not lock the account, each with a tab beside.
    const browsers = await Promise.all(Array.from({ length: 5 }, () => signIn(anna.email)));
    const shown = show();
    const replies = await race(arena, 10, (i) => ({ op: factor(action),
      who: browsers[i % 5], json: { code: shown } }));

    assert.equal(replies.filter(({ status }) => status === 200).length, 1,
      replies.map(({ text }) => text).join('\n'));
    assert.equal(await count(`sessions where ${of(anna)}`), before + 1);
  }
  assert.equal(await count(`backup_codes where ${of(anna)}`), 9);
});

test('of many sets of backup codes one counts', async () => {
  const anna = await protectedPerson();
  const replies = await race(arena, 8, (i) => (i % 4 === 3
    ? { op: factor('get-totp-uri'), who: anna, json: { password } }
    : { op: factor('generate-backup-codes'), who: anna, json: { password } }));

  assert.deepEqual(tally(replies), { 200: 8 });
  assert.equal(await count(`backup_codes where ${of(anna)}`), 10);
});

test('giving the second factor up many times leaves one session and no code', async () => {
  const anna = await protectedPerson();
  const replies = await race(arena, 12, () => ({ op: factor('disable'), who: anna,
    json: { password } }));

  assert.ok(tally(replies)[200] >= 1);
  assert.equal(await count(`sessions where ${of(anna)}`), 1);
  for (const table of ['second_factors', 'backup_codes', 'second_factor_tokens']) {
    assert.equal(await count(`${table} where ${of(anna)}`), 0);
  }
  assert.equal(await count(`audit where ${of(anna)} and event = 'two_factor_disabled'`), 1);
});

test('turning it on and off at once ends in one of the two', async () => {
  const anna = await protectedPerson();

  await race(arena, 12, (i) => ({ op: factor(i % 2 ? 'enable' : 'disable'), who: anna,
    json: { password } }));
  const [isOn, has] = (await sql(arena, `select two_factor_at is not null,
    exists (select from second_factors where ${of(anna)})
    from users where id = '${anna.user.id}'`)).split('\t');
  assert.ok(isOn === 'f' || has === 't', 'on without a secret nobody gets in');
});

test('keys made at once never pass the limit, and a deleted one is used no more', async () => {
  const anna = await person();

  await sql(arena, `insert into api_keys (id, user_id, name, prefix, hash)
    select md5('key' || n), '${anna.user.id}', 'k' || n, 'x', encode(sha256(n::text::bytea), 'hex')
    from generate_series(1, 90) n`);
  const replies = await race(arena, many, (i) => ({ op: 'POST /api/keys', who: anna,
    json: { name: `key ${i}` } }));
  const made = winners(replies, 409).map(({ json }) => json);
  assert.equal(made.length, 10);
  assert.equal(await count(`api_keys where ${of(anna)}`), 100);

  const { key, apiKey: { id } } = made[0];
  const headers = { authorization: `Bearer ${key}` };
  const used = await race(arena, many, (i) => (i % 4
    ? { op: 'POST /api/search', headers, json: { query: 'x' } }
    : { op: 'DELETE /api/keys/{id}', at: { id }, who: anna }));
  assert.equal(winners(used.filter((_, i) => i % 4 === 0), 404).length, 1);
  for (const [i, { status }] of used.entries()) {
    if (i % 4) assert.ok(status === 200 || status === 401);
  }
  for (const server of arena.servers) {
    assert.equal((await new Client(server.url).get('/api/documents', { headers })).status, 401);
  }
});

test('an account is deleted once, and its sign-ins are over', async () => {
  const anna = await person();
  const replies = await race(arena, many, (i) => (i % 3
    ? { op: 'POST /api/auth/sign-in/email', json: { email: anna.email, password } }
    : { op: 'POST /api/auth/delete-user', who: tabOf(anna), json: { password } }));

  assert.ok(replies.some(({ status }, i) => i % 3 === 0 && status === 200));
  for (const { status, text } of replies) assert.ok([200, 400, 401].includes(status), text);
  assert.equal(await count(`users where id = '${anna.user.id}'`), 0);
  assert.equal(await count(`audit where event = 'user_deleted'`), 1);
});
