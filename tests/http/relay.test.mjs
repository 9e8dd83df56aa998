// Mails on their way: by SMTP to a relay that is good, bad or away, and to an
// API over HTTP. Nothing is lost, and a mail sent twice is recognised.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';

import { startMailApi } from '../doubles/mailapi.mjs';
import { startRelay } from '../doubles/smtp.mjs';
import { signedUp } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { startPostgres } from '../lib/postgres.mjs';
import { until } from '../lib/wait.mjs';
import { exchange } from '../lib/wire.mjs';

const password = 'correct horse 1';
const from = 'Lectern <noreply@lectern.example>';

let postgres;
let people = 0;

before(async () => { postgres = await startPostgres(); });

/** A relay and a server that sends through it, stopped after the test. */
async function pair(t, { relayOptions, env } = {}) {
  const relay = await startRelay(relayOptions);
  const lectern = await startLectern({ postgres, env: { MAIL_URL: relay.url,
    MAIL_FROM: from, ...env } });

  t.after(async () => {
    await lectern.stop();
    await relay.stop();
    assert.equal(lectern.restarts(), 0, lectern.tail());
  });
  return { relay, lectern,
    sql: (text) => postgres.psql(lectern.database, text) };
}

async function signUp(lectern) {
  const email = `relay-${++people}@example.com`;
  const began = performance.now();
  const reply = await exchange(lectern.url, 'POST', '/api/auth/sign-up/email',
    { json: { name: 'Ann', email, password } });

  assert.equal(reply.status, 200, reply.text);
  return { email, ms: performance.now() - began };
}

const settled = (sql, email) => until(async () => {
  const row = await sql(`select due_at is null, sent_at is not null,
    coalesce(reason, ''), attempts, length(sealed) from outbox
    where recipient = '${email}'`);
  const [isDone, isSent, reason, attempts, length] = row.split('\t');
  return isDone === 't' && { isSent: isSent === 't', reason,
    attempts: Number(attempts), length: Number(length) };
}, 'the mail to be settled', { seconds: 20 });
/** Lets the next attempt be due; another sign-up wakes the mailer. */
const hurry = (sql) => sql('update outbox set due_at = now() where due_at is not null');

test('a mail has both parts, the link, and the headers of an automatic one', async (t) => {
  const { relay, lectern, sql } = await pair(t);
  const { email } = await signUp(lectern);
  const mail = await relay.mail(1);

  assert.deepEqual([mail.from, mail.to], ['noreply@lectern.example', [email]]);
  assert.equal(mail.headers.from, from);
  assert.equal(mail.headers.to, email);
  assert.equal(mail.headers.subject, 'Confirm your e-mail address');
  assert.match(mail.headers['message-id'], /^<[A-Za-z0-9]{32}@[a-z0-9.-]+>$/);
  assert.equal(mail.headers['auto-submitted'], 'auto-generated');
  assert.equal(mail.headers['mime-version'], '1.0');
  assert.ok(Math.abs(Date.parse(mail.headers.date) - Date.now()) < 60_000);
  const [url] = /http:\S+verify-email\S+/.exec(mail.parts['text/plain']);
  assert.ok(mail.parts['text/html'].includes(url.replaceAll('&', '&amp;')));
  assert.equal((await exchange(lectern.url, 'GET', url.slice(lectern.url.length))).status, 302);
  assert.deepEqual(await settled(sql, email),
    { isSent: true, reason: '', attempts: 1, length: 0 });
});

test('no line of a mail is longer than SMTP carries', async (t) => {
  const { relay, lectern } = await pair(t);
  await signUp(lectern);

  for (const line of (await relay.mail(1)).raw.split('\r\n')) {
    assert.ok(line.length <= 998, `${line.length}`);
    assert.match(line, /^[\t\x20-\x7e]*$/);
  }
});

test('a relay that asks for a password gets it', async (t) => {
  const { relay, lectern } = await pair(t,
    { relayOptions: { user: 'me@x', secret: 'p@ss/word' } });
  const { email } = await signUp(lectern);

  assert.deepEqual((await relay.mail(1)).to, [email]);
});

test('a wrong password for the relay keeps the mail until it is right', async (t) => {
  const { relay, lectern, sql } = await pair(t, { relayOptions: { user: 'me',
    secret: 'right' }, env: {} });
  await lectern.stop();
  lectern.env.MAIL_URL = relay.url.replace('right', 'wrong');
  await lectern.start();
  const { email } = await signUp(lectern);
  await until(async () => await sql(`select reason from outbox where recipient
    = '${email}'`) !== '', 'a reason');
  await lectern.stop();
  assert.equal(relay.mails.length, 0);
  assert.ok(lectern.lines().every((line) => !/wrong|right/.test(line)));

  lectern.env.MAIL_URL = relay.url;
  await hurry(sql);
  await lectern.start();
  assert.deepEqual((await relay.mail(1)).to, [email]);
});

test('what a relay refuses for good is not sent again', async (t) => {
  const { relay, lectern, sql } = await pair(t);
  relay.behave('refuse', 'accept');
  const refused = await signUp(lectern);
  const { isSent, reason, attempts, length } = await settled(sql, refused.email);

  assert.deepEqual([isSent, attempts, length], [false, 1, 0]);
  assert.match(reason, /550/);
  assert.ok(!reason.includes(refused.email));
  const { email } = await signUp(lectern);
  assert.deepEqual((await relay.mail(1)).to, [email]);
});

test('what a relay puts off is tried again under the same Message-ID', async (t) => {
  const { relay, lectern, sql } = await pair(t);
  relay.behave('later', 'busy', 'drop', 'accept');
  const { email } = await signUp(lectern);
  const twice = await relay.mail(2, 30);

  assert.deepEqual(twice.to, [email]);
  assert.equal(twice.headers['message-id'], relay.mails[0].headers['message-id']);
  assert.deepEqual(twice.parts, relay.mails[0].parts);
  assert.equal((await settled(sql, email)).attempts, 4);
});

test('attempts lie further and further apart and end after two days', async (t) => {
  const { relay, lectern, sql } = await pair(t);
  const wait = async () => Number(await sql(
    'select extract(epoch from due_at - now()) from outbox'));
  relay.behave('later');
  const { email } = await signUp(lectern);
  const tried = (n) => until(async () => Number(await sql(`select attempts from outbox
    where reason is not null`)) >= n && await wait() < 7201, `attempt ${n}`, { seconds: 20 });

  await tried(1);
  await tried(2);
  await lectern.stop();
  await sql(`update outbox set attempts = 12, due_at = now(), reason = null`);
  await lectern.start();
  await tried(13);
  assert.ok(await wait() > 3600);
  await lectern.stop();
  await sql(`update outbox set created_at = now() - interval '49 h', due_at = now()`);
  await lectern.start();
  const { isSent, length } = await settled(sql, email);
  assert.deepEqual([isSent, length], [false, 0]);
});

test('a relay that is away costs the sign-up nothing', async (t) => {
  const { relay, lectern, sql } = await pair(t);
  await relay.stop();
  const { email } = await signUp(lectern);
  await until(async () => await sql(`select reason from outbox where recipient
    = '${email}'`) !== '', 'a failed attempt');

  await relay.start();
  assert.deepEqual((await relay.mail(1)).to, [email]);
});

test('a relay that falls silent holds up no request, and mails for half a minute', async (t) => {
  const { relay, lectern, sql } = await pair(t);
  relay.behave('stall', 'accept');
  const first = await signUp(lectern);
  await relay.mail(1);
  let slowest = 0;
  const second = await signUp(lectern);

  for (let n = 0; n < 20; n++) {
    const began = performance.now();
    await exchange(lectern.url, 'GET', '/health');
    slowest = Math.max(slowest, performance.now() - began);
  }
  assert.ok(slowest < 1000, `${slowest} ms`);
  // The silent connection is given up after half a minute.
  const mails = await until(() => {
    const to = (email) => relay.mails.filter((mail) => mail.to[0] === email);
    return to(first.email).length === 2 && to(second.email).length === 1 && relay.mails;
  }, 'both mails', { seconds: 50 });
  const ids = mails.filter(({ to }) => to[0] === first.email)
    .map(({ headers }) => headers['message-id']);
  assert.equal(ids[0], ids[1]);
  assert.equal((await settled(sql, first.email)).isSent, true);
});

test('a relay that falls silent does not keep documents from being read', async (t) => {
  const { relay, lectern, sql } = await pair(t, { env: { WORKERS: '1' } });
  relay.behave('stall', 'accept');
  await signUp(lectern);
  const anna = await signedUp(lectern.url);
  await relay.mail(1);

  // The relay is silent for half a minute; nobody waits for it.
  const { document } = (await anna.post('/api/documents',
    { title: 'Lamp', text: 'The lamp is lit at dusk.' })).json;
  const reading = async () => {
    const reply = await anna.get(`/api/documents/${document.id}`);
    return reply.json.document.status === 'ready';
  };
  await until(reading, 'the document to be read', { seconds: 10 });
  assert.equal(await sql('select count(*) from outbox where sent_at is not null'), '0');
  assert.equal(relay.mails.length, 1);
});

test('killed while sending, it sends again under the same Message-ID', async (t) => {
  const { relay, lectern, sql } = await pair(t);
  relay.behave('stall');
  const { email } = await signUp(lectern);
  const { headers } = await relay.mail(1);
  await lectern.kill();
  relay.behave('accept');
  await hurry(sql);
  await lectern.start();

  const again = await relay.mail(2);
  assert.deepEqual([again.to, again.headers['message-id']],
    [[email], headers['message-id']]);
  await settled(sql, email);
  assert.equal(relay.mails.length, 2);
});

test('what waits when the server stops is sent after the next start', async (t) => {
  const { relay, lectern, sql } = await pair(t);
  relay.behave('later');
  const emails = [];
  for (let n = 0; n < 3; n++) emails.push((await signUp(lectern)).email);
  await lectern.stop();
  relay.behave('accept');
  await hurry(sql);
  await lectern.start();

  await relay.mail(3);
  assert.deepEqual(relay.mails.map(({ to }) => to[0]).sort(), emails.sort());
});

test('two instances send each mail once', async (t) => {
  const { relay, lectern, sql } = await pair(t);
  const second = await startLectern({ postgres, database: lectern.database,
    env: { MAIL_URL: relay.url, MAIL_FROM: from } });
  t.after(() => second.stop());
  const emails = [];

  for (let n = 0; n < 6; n++) emails.push((await signUp([lectern, second][n % 2])).email);
  for (const email of emails) await settled(sql, email);
  assert.deepEqual(relay.mails.map(({ to }) => to[0]).sort(), emails.sort());
});

test('a mail sealed under another key is given up, and the others go', async (t) => {
  const { relay, lectern, sql } = await pair(t);
  relay.behave('later');
  const lost = await signUp(lectern);
  await lectern.stop();
  relay.behave('accept');
  await hurry(sql);
  lectern.env.SECRET_KEY = 'another-key-for-tests-0123456789abcdef';
  await lectern.start();

  assert.equal((await settled(sql, lost.email)).isSent, false);
  const { email } = await signUp(lectern);
  assert.deepEqual((await relay.mail(1)).to, [email]);
});

test('an API gets the mail as JSON, with the key and an id that stays', async (t) => {
  const api = await startMailApi({ key: 're_secret' });
  const lectern = await startLectern({ postgres, env: { MAIL_URL: api.url,
    MAIL_API_KEY: 're_secret', MAIL_FROM: from } });
  t.after(async () => {
    await lectern.stop();
    await api.stop();
  });
  api.statuses = [500, 429, 200];
  const { email } = await signUp(lectern);
  const last = await api.request(3, 30);

  assert.deepEqual([last.method, last.path, last.headers['content-type']],
    ['POST', '/emails', 'application/json']);
  assert.deepEqual([last.json.from, last.json.to, last.json.subject],
    [from, [email], 'Confirm your e-mail address']);
  assert.match(last.json.text, /verify-email\?token=/);
  assert.match(last.json.html, /verify-email\?token=/);
  assert.equal(new Set(api.requests.map(({ headers }) =>
    headers['idempotency-key'])).size, 1);
  const { isSent, attempts } = await settled((text) =>
    postgres.psql(lectern.database, text), email);
  assert.deepEqual([isSent, attempts], [true, 3]);
  assert.ok(lectern.lines().every((line) => !line.includes('re_secret')));
});

test('an API that refuses a mail is not asked again, one that refuses us is', async (t) => {
  const api = await startMailApi({ key: 'right' });
  const lectern = await startLectern({ postgres, env: { MAIL_URL: api.url,
    MAIL_API_KEY: 'right', MAIL_FROM: from } });
  const sql = (text) => postgres.psql(lectern.database, text);
  t.after(async () => {
    await lectern.stop();
    await api.stop();
  });
  api.statuses = [422, 200];
  const { isSent, attempts } = await settled(sql, (await signUp(lectern)).email);
  assert.deepEqual([isSent, attempts], [false, 1]);

  api.statuses = [401, 200];
  const second = await settled(sql, (await signUp(lectern)).email);
  assert.deepEqual([second.isSent, second.attempts], [true, 2]);
});
