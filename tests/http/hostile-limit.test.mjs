// One client or account in many spellings is one for the limits: addresses in
// X-Forwarded-For as a proxy or an attacker may write them, and e-mail
// addresses in capitals, blanks and letters that only look alike.
// limit.test.mjs has the limits themselves.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { startLectern } from '../lib/lectern.mjs';
import { exchange, rawExchange } from '../lib/wire.mjs';

const password = 'correct horse 1';
const allowance = 20;

let lectern;
let others = 0;

before(async () => {
  lectern = await startLectern({ env: { RATE_LIMIT: 'on', TRUSTED_HOPS: '1' } });
});
after(async () => {
  assert.equal(lectern.restarts(), 0, lectern.tail());
  await lectern.stop();
});

const sql = (text) => lectern.postgres.psql(lectern.database, text);
const fresh = () => `203.0.${100 + Math.floor(++others / 200)}.${others % 200}`;

/** A sign-in that is refused before any hashing; `lines` are header lines. */
const knock = (lines) => rawExchange(lectern.url, 'POST /api/auth/sign-in/email HTTP/1.1\r\n' +
  `Host: localhost\r\nContent-Type: application/json\r\n${lines.map((line) =>
    `X-Forwarded-For: ${line}\r\n`).join('')}Content-Length: 2\r\n\r\n{}`);

/** How many of three rounds over all spellings are let through. */
async function passed(spellings) {
  let count = 0;

  for (let n = 0; n < 3 * allowance; n++) {
    const { status } = await knock(spellings[n % spellings.length]);
    assert.ok(status === 400 || status === 429, String(status));
    if (status === 400) count++;
  }
  return count;
}

const hex = (address) => address.split('.').map((part) =>
  Number(part).toString(16).padStart(2, '0')).join('').replace(/^(.{4})/, '$1:');

// Each is a list of header lines.
const spellings = {
  'an IPv4 address, plain and as IPv6': (a) => [[a], [`::ffff:${a}`], [`::FFFF:${a}`],
    [`::ffff:${hex(a)}`], [`::FFFF:${hex(a).toUpperCase()}`], [`0:0:0:0:0:ffff:${a}`],
    [`0000:0000:0000:0000:0000:FFFF:${a}`]],
  'an IPv4 address behind what the client invented': (a) => [[a], [`10.1.2.3, ${a}`], [`${a}, ${a}`],
    [`10.1.2.4,${a}`], [`unknown, ${a}`], [`, , ${a}`], [`"x, y", ${a}`], [`${'1.1.1.1, '.repeat(50)}${a}`]],
  'an IPv4 address among blanks': (a) => [[a], [`   ${a}   `], [`\t${a}\t`], [`10.0.0.1 ,\t ${a} `]],
  'an address with the port that some proxies append': (a) => [[a], [`${a}:1`], [`${a}:65535`],
    [`[::ffff:${a}]`], [`[::ffff:${a}]:443`]],
  'an IPv4 address in several lines': (a) => [[a], ['10.9.8.7', a], ['10.9.8.6', '10.9.8.5', a],
    ['', a], ['10.9.8.4, 10.9.8.3', `10.9.8.2, ${a}`]],
  'an IPv6 network in every spelling': (_, n) => [[`2001:db8:${n}:1::1`], [`2001:DB8:${n}:1::1`],
    [`2001:0db8:${n.padStart(4, '0')}:0001:0000:0000:0000:0001`], [`2001:db8:${n}:1:0:0:0:1`],
    [`2001:db8:${n}:1::0.0.0.1`]],
  'neighbours in one IPv6 network': (_, n) => Array.from({ length: 3 * allowance },
    (_unused, i) => [`2001:db8:${n}:2:${i}:aaaa:${i}:${i * 7}`]),
};

describe('counts as one:', () => {
  for (const [what, make] of Object.entries(spellings)) {
    test(what, async () => {
      const address = fresh();
      // A few come back while they are sent: one in three seconds.
      const count = await passed(make(address, (++others + 0x1000).toString(16)));
      assert.ok(count >= allowance && count <= allowance + 2, String(count));
    });
  }
});

// No proxy that we count on writes these; whoever can is not known by them.
const odd = (a) => [`${a}:`, `${a}:x`, '[2001:db8::1', '[2001:db8::1]x', 'fe80::1%eth0',
  '2001:db8::1%25x', a.replace(/\.(\d)/, '.0$1'), a.split('.').map((part) => part.padStart(4, '0')).join('.'),
  `0x${Number(a.split('.')[0]).toString(16)}.${a.split('.').slice(1).join('.')}`, a.split('.').slice(1).join('.'),
  String(a.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)), `${a}/32`, `${a}.`, `${a},`,
  `for=${a}`, `"${a}"`, `<${a}>`, `${a} x`, 'unknown', '_hidden', '::ffff:1.2.3.4.5', '1::2::3', '٢٠٣.٠.١.١',
  '１.２.３.４', 'x'.repeat(300), `${a}'; drop table limits;--`];

test('what is no address makes no client of its own: all of these share one allowance', async () => {
  const clients = () => sql("select string_agg(key, ',' order by key) from limits where key like 'sign-in %'");

  await sql('delete from limits');
  for (let n = 0; n < 3; n++) {
    for (const spelling of odd(fresh())) {
      assert.equal((await knock([Buffer.from(spelling).toString('latin1')])).status, 400, spelling);
    }
  }
  assert.equal(await clients(), 'sign-in shared');
});

test('no other header names a client', async () => {
  const address = fresh();
  let count = 0;

  for (let n = 0; n < 2 * allowance; n++) {
    const { status } = await exchange(lectern.url, 'POST', '/api/auth/sign-in/email',
      { json: {}, headers: { 'x-forwarded-for': address, 'x-real-ip': fresh(), forwarded: `for=${fresh()}`,
        'x-client-ip': fresh(), 'true-client-ip': fresh(), 'cf-connecting-ip': fresh(),
        'x-originating-ip': fresh(), 'x-forwarded': fresh(), 'user-agent': `probe/${n}` } });
    if (status === 400) count++;
  }
  assert.ok(count <= allowance + 2, String(count));
});

describe('an account is one:', () => {
  const signIn = (fields, way = 'json', path = 'sign-in/email') => exchange(lectern.url, 'POST',
    `/api/auth/${path}`, { [way]: { password: 'wrong horse 1', ...fields },
      headers: { 'x-forwarded-for': fresh() } });
  const capitals = (text, n) => [...text].map((letter, i) => ((n >> (i % 5)) & 1 ? letter.toUpperCase()
    : letter)).join('');

  test('in capitals, by whatever way it comes', async () => {
    const email = `kim.smith-${++others}@example.com`;
    const ways = [(as) => signIn({ email: as }), (as) => signIn({ email: as }, 'form'),
      (as) => signIn({ email: as }, 'json', 'sign-in'),
      (as) => signIn({ username: as }, 'form', 'sign-in')];
    // All at once, before a pause can end.
    const statuses = (await Promise.all(Array.from({ length: 16 }, (_, n) =>
      ways[n % 4](capitals(email, n))))).map(({ status }) => status);

    assert.equal(statuses.filter((status) => status === 401).length, 5, String(statuses));
    assert.equal(statuses.filter((status) => status === 429).length, 11, String(statuses));
  });

  test('in letters that only look alike it is no address at all', async () => {
    const email = `kim.smith-${++others}@example.com`;
    const forms = [` ${email}`, `${email} `, `\t${email}`, `${email}\n`, email.replace('@', ' @'),
      email.replace('k', '\u212a'), email.replace('i', '\u0131'), email.replace('s', '\u017f'),
      email.replace('e', '\u0435'), email.replace('k', '\uff4b'), email.replace('@', '\uff20'),
      email.replace('.com', '\u3002com'), email.replace('k', 'k\u0301'), email.replace('k', 'k\u200b'),
      email.replace('k', '\u200bk'), `\ufeff${email}`, `${email}.`, `<${email}>`, `Kim <${email}>`,
      `"${email.split('@')[0]}"@example.com`, `${email}\u0000`, `${email}%20`, email.replace('@', '%40'),
      `${email},x@example.com`, email.replace('example', 'ex\u00adample')];

    for (const form of forms) {
      const { status, text } = await signIn({ email: form });
      assert.equal(status, 400, `${JSON.stringify(form)}: ${text}`);
    }
    // None of them was an attempt, and none made room for more.
    const statuses = (await Promise.all(Array.from({ length: 8 }, () => signIn({ email }))))
      .map(({ status }) => status);
    assert.equal(statuses.filter((status) => status === 401).length, 5, String(statuses));
  });

  test('when letters are asked for', async () => {
    const email = `kim.letters-${++others}@example.com`;
    const asked = [];

    for (let n = 0; n < 8; n++) {
      asked.push((await exchange(lectern.url, 'POST', '/api/auth/request-password-reset',
        { json: { email: capitals(email, n) }, headers: { 'x-forwarded-for': fresh() } })).status);
    }
    assert.deepEqual(asked, [200, 200, 200, 429, 429, 429, 429, 429]);
  });

  test('when it is made', async () => {
    const email = `kim.twice-${++others}@example.com`;
    const signUp = (as) => exchange(lectern.url, 'POST', '/api/auth/sign-up/email',
      { json: { name: 'K', email: as, password }, headers: { 'x-forwarded-for': fresh() } });

    assert.equal((await signUp(email)).status, 200);
    for (let n = 1; n < 5; n++) assert.equal((await signUp(capitals(email, n))).status, 422);
  });
});
