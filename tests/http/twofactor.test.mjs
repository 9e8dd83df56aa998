// The second factor: set-up, challenges, codes that work once, trusted
// devices. Time passes by SQL.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Client, signedUp } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { code, wrongCode } from '../lib/totp.mjs';
import { until } from '../lib/wait.mjs';
import { exchange } from '../lib/wire.mjs';

const session = 'better-auth.session_token';
const twoFactor = 'better-auth.two_factor';
const trusted = 'better-auth.trust_device';

let lectern;

before(async () => { lectern = await startLectern(); });
after(async () => {
  assert.equal(lectern.restarts(), 0, lectern.tail());
  await lectern.stop();
});

const sql = (text) => lectern.postgres.psql(lectern.database, text);
const about = (client, table) => sql(`select count(*) from ${table}
  where user_id = '${client.user.id}'`).then(Number);

/** Codes that were used may be used again. */
const forget = ({ user }) => sql(`update second_factors set last_step = 0
  where user_id = '${user.id}'`);

const ask = (client, action, fields, options) =>
  client.post(`/api/auth/two-factor/${action}`, fields, options);
const told = async (client) => (await client.get('/api/auth/get-session')).json;

function isError(reply, status, text) {
  assert.equal(reply.status, status, reply.text);
  assert.equal(reply.json.code, text);
}

/** A person whose set-up is begun: `uri` and `codes` are known. */
async function setUp() {
  const ann = await signedUp(lectern.url);
  const reply = await ask(ann, 'enable', { password: ann.password });

  assert.equal(reply.status, 200, reply.text);
  ann.uri = reply.json.totpURI;
  ann.codes = reply.json.backupCodes;
  return ann;
}

/** A person with a second factor, still signed in. */
async function protectedPerson() {
  const ann = await setUp();
  const reply = await ask(ann, 'verify-totp', { code: code(ann.uri) });

  assert.equal(reply.status, 200, reply.text);
  return ann;
}

/** Another browser of that person, whose password was right. */
async function challenged(ann, fields = {}, cookies = []) {
  const browser = Object.assign(new Client(lectern.url), { user: ann.user });

  browser.cookies = new Map(cookies);
  browser.reply = await browser.post('/api/auth/sign-in/email',
    { email: ann.email, password: ann.password, ...fields });
  assert.equal(browser.reply.status, 200, browser.reply.text);
  return browser;
}

/** The same, and the device is trusted from now on. */
async function trustedDevice(ann) {
  const browser = await challenged(ann);
  const reply = await ask(browser, 'verify-totp',
    { code: code(ann.uri), trustDevice: true });

  assert.equal(reply.status, 200, reply.text);
  return [...browser.cookies].filter(([name]) => name === trusted);
}

const isChallenge = ({ reply, cookies }) => {
  assert.deepEqual(reply.json,
    { twoFactorRedirect: true, twoFactorMethods: ['totp'] });
  assert.deepEqual([...cookies.keys()], [twoFactor]);
};

test('setting up gives what an app needs and ten codes, and asks for nothing yet', async () => {
  const ann = await setUp();
  const uri = new URL(ann.uri);

  assert.equal(ann.user.twoFactorEnabled, false);
  assert.equal(`${uri.protocol}//${uri.host}${uri.pathname}`,
    `otpauth://totp/Lectern:${encodeURIComponent(ann.email)}`);
  assert.deepEqual([...uri.searchParams.keys()], ['secret', 'issuer', 'digits', 'period']);
  assert.match(uri.searchParams.get('secret'), /^[A-Z2-7]{52}$/);
  assert.equal(new Set(ann.codes).size, 10);
  for (const text of ann.codes) assert.match(text, /^[A-Za-z0-9]{5}-[A-Za-z0-9]{5}$/);
  assert.equal((await told(ann)).user.twoFactorEnabled, false);
  assert.equal((await challenged(ann)).reply.json.user.id, ann.user.id);
});

test('another issuer is told to the app; starting over draws everything anew', async () => {
  const ann = await setUp();
  const { json } = await ask(ann, 'enable',
    { password: ann.password, method: 'totp', issuer: 'My App & Co' });

  assert.ok(json.totpURI.startsWith('otpauth://totp/My%20App%20%26%20Co:'));
  assert.notEqual(new URL(json.totpURI).searchParams.get('secret'),
    new URL(ann.uri).searchParams.get('secret'));
  isError(await ask(ann, 'verify-totp', { code: code(ann.uri) }), 401, 'INVALID_CODE');
  isError(await ask(ann, 'verify-backup-code', { code: ann.codes[0] }), 401,
    'INVALID_BACKUP_CODE');
  assert.equal((await ask(ann, 'verify-totp', { code: code(json.totpURI) })).status, 200);
});

test('a code of the app turns it on and replaces the session', async () => {
  const ann = await setUp();
  const old = await told(ann);
  const copy = new Client(lectern.url);
  copy.cookies = new Map(ann.cookies);
  isError(await ask(ann, 'verify-totp', { code: wrongCode(ann.uri) }), 401, 'INVALID_CODE');
  const reply = await ask(ann, 'verify-totp', { code: code(ann.uri) });

  assert.equal(reply.json.user.twoFactorEnabled, true);
  assert.ok(reply.json.user.updatedAt > old.user.updatedAt);
  const now = await told(ann);
  assert.equal(now.session.token, reply.json.token);
  assert.notEqual(now.session.id, old.session.id);
  assert.deepEqual(now.user, reply.json.user);
  assert.equal(await told(copy), null);
  isError(await ask(ann, 'enable', { password: ann.password }), 400,
    'TOTP_ALREADY_ENABLED');
});

test('signing in gives a challenge instead of a session', async () => {
  const ann = await protectedPerson();
  const reply = await exchange(lectern.url, 'POST', '/api/auth/sign-in/email',
    { json: { email: ann.email, password: ann.password, callbackURL: '/chat' } });

  assert.deepEqual(reply.json,
    { twoFactorRedirect: true, twoFactorMethods: ['totp'] });
  assert.equal(reply.headers['set-auth-token'], undefined);
  assert.match(reply.cookies.find((line) => line.startsWith(twoFactor)),
    /^better-auth\.two_factor=[^;]{60,}; Max-Age=600; Path=\/; HttpOnly; SameSite=Lax$/);
  assert.ok(reply.cookies.includes(
    `${session}=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax`));
  const browser = await challenged(ann);
  isChallenge(browser);
  assert.equal(await told(browser), null);
  assert.equal((await browser.get('/api/documents')).status, 401);
  isError(await ask(browser, 'disable', { password: ann.password }), 401, 'UNAUTHORIZED');
  assert.equal(await about(ann, 'sessions'), 1);
});

test('an earlier session of the browser is forgotten by a challenge', async () => {
  const [ann, bob] = [await protectedPerson(), await signedUp(lectern.url)];
  const browser = await challenged(ann, {}, bob.cookies);

  isChallenge(browser);
  const reply = await ask(browser, 'verify-totp', { code: code(ann.uri) });
  assert.equal(reply.json.user.id, ann.user.id);
});

test('a code opens the session, and the challenge works once', async () => {
  const ann = await protectedPerson();
  const browser = await challenged(ann);
  const copy = new Client(lectern.url);
  copy.cookies = new Map(browser.cookies);
  isError(await ask(browser, 'verify-totp', { code: wrongCode(ann.uri) }), 401,
    'INVALID_CODE');
  const reply = await ask(browser, 'verify-totp', { code: code(ann.uri) });

  assert.deepEqual([...browser.cookies.keys()], [session]);
  assert.ok(reply.headers.get('set-auth-token').startsWith(reply.json.token));
  const now = await told(browser);
  assert.equal(now.session.token, reply.json.token);
  assert.deepEqual(now.user, reply.json.user);
  const days = (Date.parse(now.session.expiresAt) - Date.now()) / 86_400_000;
  assert.ok(days > 6.9 && days <= 7, `${days} days`);
  await forget(ann);
  isError(await ask(copy, 'verify-totp', { code: code(ann.uri) }), 401,
    'INVALID_TWO_FACTOR_COOKIE');
});

test('blanks in a typed code do not matter', async () => {
  const ann = await protectedPerson();
  const typed = code(ann.uri).replace(/^(...)/, ' $1 ');

  assert.equal((await ask(await challenged(ann), 'verify-totp', { code: typed })).status, 200);
});

test('a code works once, whoever shows it again', async () => {
  const ann = await protectedPerson();
  const right = code(ann.uri);
  const browser = await challenged(ann);
  const other = await challenged(ann);

  assert.equal((await ask(browser, 'verify-totp', { code: right })).status, 200);
  for (const client of [other, browser, ann]) {
    isError(await ask(client, 'verify-totp', { code: right }), 401, 'INVALID_CODE');
  }
  assert.equal(await told(other), null);
  // The verification, the notice of the second factor, and that of the code.
  await until(async () => (await sql(`select count(*) from outbox
    where recipient = '${ann.email}'`)) === '3', 'a notice of the code');
});

test('of many who show one code at once, one is let in', async () => {
  const ann = await protectedPerson();
  const browsers = await Promise.all(Array.from({ length: 4 }, () => challenged(ann)));
  const right = code(ann.uri);
  const replies = await Promise.all(browsers.map((browser) =>
    ask(browser, 'verify-totp', { code: right })));

  assert.deepEqual(replies.map(({ status }) => status).sort(), [200, 401, 401, 401]);
});

test('the codes just before and after are good, older ones are not', async () => {
  const ann = await protectedPerson();
  const early = await challenged(ann);
  const late = await challenged(ann);

  isError(await ask(late, 'verify-totp', { code: code(ann.uri, -3) }), 401, 'INVALID_CODE');
  isError(await ask(late, 'verify-totp', { code: code(ann.uri, 3) }), 401, 'INVALID_CODE');
  // A half minute may end between here and there: then they are -1 and 0.
  assert.equal((await ask(early, 'verify-totp', { code: code(ann.uri, 0) })).status, 200);
  assert.equal((await ask(late, 'verify-totp', { code: code(ann.uri, 1) })).status, 200);
});

test('five wrong codes spend a challenge', async () => {
  const ann = await protectedPerson();
  const browser = await challenged(ann);

  for (let n = 0; n < 5; n++) {
    isError(await ask(browser, 'verify-totp', { code: wrongCode(ann.uri) }), 401,
      'INVALID_CODE');
  }
  isError(await ask(browser, 'verify-totp', { code: code(ann.uri) }), 400,
    'TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE');
  assert.equal(browser.cookies.size, 0);
  assert.equal((await ask(await challenged(ann), 'verify-totp',
    { code: code(ann.uri) })).status, 200);
});

test('wrong codes that come all at once are all counted', async () => {
  const ann = await protectedPerson();
  const browser = await challenged(ann);
  const replies = await Promise.all(Array.from({ length: 8 }, () =>
    ask(browser, 'verify-totp', { code: wrongCode(ann.uri) })));

  assert.equal(replies.filter(({ json }) => json.code === 'INVALID_CODE').length, 5);
});

test('ten wrong codes in a row lock the second factor for a quarter of an hour', async () => {
  const ann = await protectedPerson();
  for (const browser of [await challenged(ann), await challenged(ann)]) {
    for (let n = 0; n < 5; n++) {
      isError(await ask(browser, 'verify-backup-code', { code: 'aaaaa-bbbbb' }), 401,
        'INVALID_BACKUP_CODE');
    }
  }
  const browser = await challenged(ann);

  isChallenge(browser);
  const reply = await ask(browser, 'verify-totp', { code: code(ann.uri) });
  isError(reply, 429, 'ACCOUNT_TEMPORARILY_LOCKED');
  const wait = Number(reply.headers.get('retry-after'));
  assert.ok(wait > 800 && wait <= 900, `${wait} s`);
  assert.equal(reply.headers.get('x-retry-after'), String(wait));
  assert.equal((await told(ann)).user.id, ann.user.id);
  await sql(`update second_factors set locked_until = now()
    where user_id = '${ann.user.id}'`);
  assert.equal((await ask(browser, 'verify-totp', { code: code(ann.uri) })).status, 200);
  assert.equal(await sql(`select failures || ' ' || (locked_until is null)
    from second_factors where user_id = '${ann.user.id}'`), '0 true');
});

test('a challenge is good for ten minutes', async () => {
  const ann = await protectedPerson();
  const browser = await challenged(ann);

  assert.match(await sql(`select extract(epoch from expires_at - created_at)
    from second_factor_tokens where user_id = '${ann.user.id}'`), /^600/);
  await sql(`update second_factor_tokens set expires_at = now()
    where user_id = '${ann.user.id}'`);
  isError(await ask(browser, 'verify-totp', { code: code(ann.uri) }), 401,
    'INVALID_TWO_FACTOR_COOKIE');
  await challenged(ann);
  assert.equal(await about(ann, 'second_factor_tokens'), 1);
});

test('a cookie that is not signed by the server is no challenge', async () => {
  const ann = await protectedPerson();
  const browser = await challenged(ann);
  const value = decodeURIComponent(browser.cookies.get(twoFactor));

  browser.cookies.set(twoFactor, encodeURIComponent(
    (value[0] === 'A' ? 'B' : 'A') + value.slice(1)));
  isError(await ask(browser, 'verify-totp', { code: code(ann.uri) }), 401,
    'INVALID_TWO_FACTOR_COOKIE');
});

test('who is disabled meanwhile is not let in', async () => {
  const ann = await protectedPerson();
  const browser = await challenged(ann);

  await sql(`update users set disabled_at = now() where id = '${ann.user.id}'`);
  isError(await ask(browser, 'verify-totp', { code: code(ann.uri) }), 401,
    'INVALID_TWO_FACTOR_COOKIE');
});

test('a backup code opens the session once, with or without its dash', async () => {
  const ann = await protectedPerson();
  const browser = await challenged(ann);
  isError(await ask(browser, 'verify-backup-code', { code: 'aaaaa-bbbbb' }), 401,
    'INVALID_BACKUP_CODE');
  const reply = await ask(browser, 'verify-backup-code', { code: ann.codes[3] });

  assert.equal((await told(browser)).session.token, reply.json.token);
  const again = await challenged(ann);
  isError(await ask(again, 'verify-backup-code', { code: ann.codes[3] }), 401,
    'INVALID_BACKUP_CODE');
  assert.equal((await ask(again, 'verify-backup-code',
    { code: ann.codes[9].replace('-', '') })).status, 200);
  assert.equal(await about(ann, 'backup_codes'), 8);
});

test('another person\'s backup code is worth nothing', async () => {
  const [ann, bob] = [await protectedPerson(), await protectedPerson()];

  isError(await ask(await challenged(ann), 'verify-backup-code', { code: bob.codes[0] }),
    401, 'INVALID_BACKUP_CODE');
});

test('with disableSession a code is used up and nobody is signed in', async () => {
  const ann = await protectedPerson();
  const browser = await challenged(ann);
  const reply = await ask(browser, 'verify-backup-code',
    { code: ann.codes[0], disableSession: true });

  assert.deepEqual(reply.json, { user: (await told(ann)).user });
  assert.equal(await told(browser), null);
  const mine = await ask(ann, 'verify-backup-code',
    { code: ann.codes[1], disableSession: true });
  assert.equal(mine.json.token, (await told(ann)).session.token);
  assert.equal(await about(ann, 'backup_codes'), 8);
});

test('new backup codes replace the old ones', async () => {
  const ann = await protectedPerson();
  isError(await ask(ann, 'generate-backup-codes', { password: 'wrong horse 1' }), 400,
    'INVALID_PASSWORD');
  const { json } = await ask(ann, 'generate-backup-codes', { password: ann.password });

  assert.equal(json.status, true);
  assert.equal(new Set([...json.backupCodes, ...ann.codes]).size, 20);
  const browser = await challenged(ann);
  isError(await ask(browser, 'verify-backup-code', { code: ann.codes[0] }), 401,
    'INVALID_BACKUP_CODE');
  assert.equal((await ask(browser, 'verify-backup-code',
    { code: json.backupCodes[0] })).status, 200);
});

test('the app\'s URI is shown again for the password', async () => {
  const ann = await protectedPerson();

  isError(await ask(ann, 'get-totp-uri', { password: 'wrong horse 1' }), 400,
    'INVALID_PASSWORD');
  const reply = await ask(ann, 'get-totp-uri', { password: ann.password });
  assert.deepEqual(reply.json, { totpURI: ann.uri });
  assert.equal(reply.headers.get('cache-control'), 'no-store');
});

test('who is not to be remembered is not, after the code either', async () => {
  const ann = await protectedPerson();
  const browser = await challenged(ann, { rememberMe: false });
  const reply = await ask(browser, 'verify-totp', { code: code(ann.uri) });

  const lines = reply.headers.getSetCookie();
  assert.match(lines.find((line) => line.startsWith(session)),
    /^[^;]*; Path=\/; HttpOnly; SameSite=Lax$/);
  assert.deepEqual([...browser.cookies.keys()].sort(),
    ['better-auth.dont_remember', session]);
  const { expiresAt } = (await told(browser)).session;
  const hours = (Date.parse(expiresAt) - Date.now()) / 3_600_000;
  assert.ok(hours > 23.9 && hours <= 24, `${hours} hours`);
});

test('a trusted device is asked for no code, and gets a new token each time', async () => {
  const ann = await protectedPerson();
  const device = await trustedDevice(ann);
  const browser = await challenged(ann, {}, device);

  assert.equal(browser.reply.json.user.id, ann.user.id);
  assert.equal((await told(browser)).user.id, ann.user.id);
  assert.match(browser.reply.headers.getSetCookie()
    .find((line) => line.startsWith(trusted)),
  /; Max-Age=2592000; Path=\/; HttpOnly; SameSite=Lax$/);
  assert.notEqual(browser.cookies.get(trusted), device[0][1]);
  const copy = await challenged(ann, {}, device);
  isChallenge(copy);
  assert.equal((await challenged(ann, {}, [...browser.cookies])).reply.json.user.id,
    ann.user.id);
});

test('trust is one person\'s, and ends after thirty days', async () => {
  const [ann, bob] = [await protectedPerson(), await protectedPerson()];
  const device = await trustedDevice(ann);

  isChallenge(await challenged(bob, {}, device));
  assert.equal(await sql(`select round(extract(epoch from expires_at - now()) / 86400)
    from second_factor_tokens where user_id = '${ann.user.id}' and purpose = 'trust'`),
  '30');
  await sql(`update second_factor_tokens set expires_at = now()
    where user_id = '${ann.user.id}'`);
  isChallenge(await challenged(ann, {}, device));
});

test('giving it up asks for the password, and takes secret, codes and trust away', async () => {
  const ann = await protectedPerson();
  const device = await trustedDevice(ann);
  const pending = await challenged(ann);
  const old = await told(ann);
  ann.cookies.set(...device[0]);

  isError(await ask(ann, 'disable', { password: 'wrong horse 1' }), 400,
    'INVALID_PASSWORD');
  assert.deepEqual((await ask(ann, 'disable', { password: ann.password })).json,
    { status: true });
  assert.deepEqual([...ann.cookies.keys()], [session]);
  const now = await told(ann);
  assert.equal(now.user.twoFactorEnabled, false);
  assert.notEqual(now.session.id, old.session.id);
  for (const table of ['second_factors', 'backup_codes', 'second_factor_tokens']) {
    assert.equal(await about(ann, table), 0, table);
  }
  isError(await ask(pending, 'verify-totp', { code: code(ann.uri) }), 401,
    'INVALID_TWO_FACTOR_COOKIE');
  assert.equal((await challenged(ann)).reply.json.user.id, ann.user.id);
});

test('a new password by mail ends trust and challenges, not the second factor', async () => {
  const ann = await protectedPerson();
  await trustedDevice(ann);
  const [token, hash] = ['reset-token-of-this-test', `encode(sha256('reset-token-of-this-test'), 'hex')`];
  await sql(`insert into mail_tokens (hash, purpose, user_id, email)
    values (${hash}, 'reset', '${ann.user.id}', '${ann.email}')`);
  const reply = await new Client(lectern.url).post('/api/auth/reset-password',
    { token, newPassword: 'another horse 1' });

  assert.equal(reply.status, 200, reply.text);
  assert.equal(await about(ann, 'second_factor_tokens'), 0);
  isChallenge(await challenged(ann, { password: 'another horse 1' }));
});

test('deleting the account takes all of it', async () => {
  const ann = await protectedPerson();
  await trustedDevice(ann);

  assert.equal((await ann.post('/api/auth/delete-user',
    { password: ann.password })).status, 200);
  for (const table of ['second_factors', 'backup_codes', 'second_factor_tokens']) {
    assert.equal(await about(ann, table), 0, table);
  }
});

test('the database holds no secret, code or token in clear', async () => {
  const ann = await protectedPerson();
  const device = await trustedDevice(ann);
  const browser = await challenged(ann);
  const rows = await sql(`select string_agg(t::text, ' ') from (
    select to_json(f) #>> '{}' as t from second_factors f union all
    select to_json(b) #>> '{}' from backup_codes b union all
    select to_json(k) #>> '{}' from second_factor_tokens k) as all_rows(t)`);
  const secret = Buffer.from(keyText(ann.uri)).toString('hex');

  assert.ok(rows.includes(ann.user.id));
  for (const text of [keyText(ann.uri), secret, ann.codes[0], ann.codes[0].replace('-', ''),
    device[0][1].slice(0, 32), browser.cookies.get(twoFactor).slice(0, 32)]) {
    assert.ok(!rows.includes(text), text);
  }
});

/** The secret as text: it is 32 letters and digits. */
function keyText(uri) {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...new URL(uri).searchParams.get('secret')]
    .map((letter) => letters.indexOf(letter).toString(2).padStart(5, '0')).join('');

  return bits.match(/.{8}/g).map((byte) => String.fromCharCode(parseInt(byte, 2))).join('');
}

test('codes still work under a new SECRET_KEY while the old one is known', async () => {
  const ann = await protectedPerson();
  const next = await startLectern({ postgres: lectern.postgres,
    database: lectern.database, migrate: false,
    env: { SECRET_KEY: 'the-next-one-0123456789abcdefghijklm',
      SECRET_KEY_OLD: lectern.env.SECRET_KEY } });

  try {
    for (const [action, fields] of [['verify-totp', { code: code(ann.uri) }],
      ['verify-backup-code', { code: ann.codes[0] }]]) {
      const browser = new Client(next.url);
      isChallenge(Object.assign(browser, { reply: await browser.post(
        '/api/auth/sign-in/email', { email: ann.email, password: ann.password }) }));
      assert.equal((await ask(browser, action, fields)).status, 200);
    }
  } finally {
    await next.stop();
  }
});

test('what happens leaves audit rows', async () => {
  const ann = await protectedPerson();
  await ask(await challenged(ann), 'verify-backup-code', { code: ann.codes[0] });
  await ask(await challenged(ann), 'verify-backup-code', { code: ann.codes[0] });
  await ask(await challenged(ann), 'verify-totp', { code: 'not it' });
  await ask(ann, 'generate-backup-codes', { password: ann.password });
  await ask(ann, 'disable', { password: ann.password });

  assert.equal(await sql(`select string_agg(event, ' ' order by id) from audit
    where user_id = '${ann.user.id}' and event <> 'sign_up'`),
  'two_factor_set_up two_factor_enabled backup_code_used sign_in ' +
  'two_factor_failed two_factor_failed backup_codes_renewed two_factor_disabled');
});

test('without a second factor its routes say so', async () => {
  const ann = await signedUp(lectern.url);

  for (const [action, fields, status, text] of [
    ['get-totp-uri', { password: 'wrong horse 1' }, 400, 'TOTP_NOT_ENABLED'],
    ['generate-backup-codes', { password: 'wrong' }, 400, 'TWO_FACTOR_NOT_ENABLED'],
    ['verify-totp', { code: '000000' }, 400, 'TOTP_NOT_ENABLED'],
    ['verify-backup-code', { code: 'a' }, 400, 'BACKUP_CODES_NOT_ENABLED'],
    ['send-otp', {}, 400, 'OTP_NOT_CONFIGURED'],
    ['enable', { password: ann.password, method: 'otp' }, 400, 'OTP_NOT_CONFIGURED'],
    ['enable', { password: ann.password, method: 'sms' }, 400, 'VALIDATION_ERROR'],
    ['enable', { password: '' }, 400, 'INVALID_PASSWORD'],
    ['enable', { password: 'x'.repeat(129) }, 400, 'PASSWORD_TOO_LONG'],
    ['view-backup-codes', { userId: ann.user.id }, 404, 'NOT_FOUND'],
  ]) {
    isError(await ask(ann, action, fields), status, text);
  }
  assert.deepEqual((await ask(ann, 'disable', { password: ann.password })).json,
    { status: true });
});

test('a broken body is told before a missing session, a wrong Origin before both', async () => {
  const nobody = new Client(lectern.url);
  const evil = { origin: 'https://evil.example' };

  for (const action of ['enable', 'disable', 'get-totp-uri', 'generate-backup-codes']) {
    isError(await ask(nobody, action, {}), 400, 'VALIDATION_ERROR');
    isError(await ask(nobody, action, { password: 'x' }), 401, 'UNAUTHORIZED');
  }
  for (const action of ['verify-totp', 'verify-backup-code']) {
    isError(await ask(nobody, action, {}), 400, 'VALIDATION_ERROR');
    isError(await ask(nobody, action, { code: 1 }), 400, 'VALIDATION_ERROR');
    isError(await ask(nobody, action, { code: '1', trustDevice: null }), 400,
      'VALIDATION_ERROR');
    isError(await ask(nobody, action, { code: '1' }), 401, 'INVALID_TWO_FACTOR_COOKIE');
  }
  const browser = await challenged(await protectedPerson());
  isError(await ask(browser, 'verify-totp', {}, evil), 403, 'INVALID_ORIGIN');
  assert.equal((await ask(browser, 'verify-totp', undefined,
    { form: { code: '1' } })).status, 415);
});

test('the quickstart\'s sign-in refuses, and the code may follow', async () => {
  const ann = await protectedPerson();
  const browser = new Client(lectern.url);
  const reply = await browser.post('/api/auth/sign-in', undefined,
    { form: { username: ann.email, password: ann.password } });

  isError(reply, 401, 'TWO_FACTOR_REQUIRED');
  assert.equal(reply.json.detail, reply.json.message);
  assert.deepEqual([...browser.cookies.keys()], [twoFactor]);
  assert.equal((await ask(browser, 'verify-totp', { code: code(ann.uri) })).status, 200);
  assert.equal((await told(browser)).user.id, ann.user.id);
});

test('the owner is told by mail when it is turned on and off', async () => {
  const ann = await protectedPerson();
  await ask(ann, 'disable', { password: ann.password });

  await until(async () => (await sql(`select count(*) from outbox
    where recipient = '${ann.email}'`)) >= '3', 'verification and two notices');
});
