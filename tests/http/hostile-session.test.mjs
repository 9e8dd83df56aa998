// Whose session it is when somebody else has a hand in the cookies: a session
// that an attacker has chosen is never taken on at a sign-in, and of cookies
// tossed into a browser the outcome is always one person, the same one on every
// route, never a mix.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { startLectern } from '../lib/lectern.mjs';
import { exchange, rawExchange } from '../lib/wire.mjs';

const name = 'better-auth.session_token';
const password = 'correct horse 1';
const publicUrl = 'https://lectern.example.org';
const planted = 'P'.repeat(32);

let lectern, secure, anna, mallory;
let people = 0;

before(async () => {
  lectern = await startLectern();
  // The same people and the same key behind a proxy that speaks https.
  secure = await startLectern({ postgres: lectern.postgres, database: lectern.database,
    env: { PUBLIC_URL: publicUrl } });
  anna = await person('Anna');
  mallory = await person('Mallory');
});
after(async () => {
  for (const server of [lectern, secure]) {
    assert.equal(server.restarts(), 0, server.tail());
    await server.stop();
  }
});

const send = (method, path, headers = {}, options = {}, url = lectern.url) =>
  exchange(url, method, path, { headers: { origin: url === lectern.url ? url : publicUrl,
    ...headers }, ...options });
const who = async (headers, url) =>
  (await send('GET', '/api/auth/get-session', headers, {}, url)).json?.user.email ?? null;

async function person(called) {
  const email = `session-${++people}@example.com`;
  const reply = await send('POST', '/api/auth/sign-up/email', {},
    { json: { name: called, email, password } });

  assert.equal(reply.status, 200, reply.text);
  return { email, ...reply.json, ...signedBy(reply) };
}

function signedBy(reply) {
  const cookie = reply.cookie(name);

  return { cookie, value: cookie.slice(name.length + 1), token: decodeURIComponent(cookie)
    .slice(name.length + 1).split('.')[0] };
}

describe('a session that an attacker has chosen', () => {
  const ways = {
    'sign-in/email': (email) => ['/api/auth/sign-in/email', { json: { email, password } }],
    'the quickstart’s sign-in': (email) => ['/api/auth/sign-in',
      { form: { username: email, password } }],
    'the page’s form': (email) => ['/form/sign-in', { form: { email, password } }],
    'sign-up/email': () => ['/api/auth/sign-up/email',
      { json: { email: `session-${++people}@example.com`, password, name: 'New' } }],
  };

  for (const [way, make] of Object.entries(ways)) {
    test(`is not taken on by ${way}`, async () => {
      const signature = mallory.value.slice(32);
      const session = { token: planted, sessionToken: planted, session_token: planted };
      // The quickstart's refuses credentials in an address as such.
      const query = way.includes('quickstart') ? '' : new URLSearchParams(session);

      for (const cookie of [`${name}=${planted}`, `${name}=${planted}${signature}`,
        mallory.cookie, `${name}=${mallory.token}`, `__Secure-${mallory.cookie}`,
        `${mallory.cookie}; ${anna.cookie}`, `${anna.cookie}; ${mallory.cookie}`]) {
        const [path, options] = make(anna.email);
        const [kind, body] = Object.entries(options)[0];
        const reply = await send('POST', `${path}?${query}`,
          { cookie, 'set-auth-token': mallory.token },
          { [kind]: { ...body, ...session } });

        assert.ok(reply.status === 200 || reply.status === 303 || reply.status === 302, reply.text);
        const { token, cookie: fresh } = signedBy(reply);
        assert.match(token, /^[A-Za-z0-9]{32}$/);
        assert.ok(![planted, mallory.token, anna.token].includes(token), cookie);
        const expected = way === 'sign-up/email' ? reply.json.user.email : anna.email;
        assert.equal(await who({ cookie: fresh }), expected);
      }
      assert.equal(await who({ cookie: mallory.cookie }), mallory.email, 'as it was');
      assert.equal(await who({ authorization: `Bearer ${planted}` }), null);
      assert.equal(await lectern.postgres.psql(lectern.database,
        `select count(*) from sessions where id = '${planted}'`), '0');
    });
  }

  test('is not that of whoever signed in before in the same browser', async () => {
    const reply = await send('POST', '/api/auth/sign-in/email', { cookie: mallory.cookie },
      { json: { email: anna.email, password } });
    const fresh = signedBy(reply);

    // Leaving ends the new one alone, for good, wherever it was copied to.
    await send('POST', '/api/auth/sign-out', { cookie: fresh.cookie });
    for (const headers of [{ cookie: fresh.cookie }, { authorization: `Bearer ${fresh.token}` }]) {
      assert.equal(await who(headers), null);
    }
    assert.equal(await who({ cookie: mallory.cookie }), mallory.email);
    assert.equal(await who({ cookie: anna.cookie }), anna.email);
  });
});

// A cookie header, and whom it stands for; `anna` is the victim.
const tossed = {
  'hers, then an attacker’s': [({ a, m }) => `${a}; ${m}`, 'anna'],
  'an attacker’s, then hers': [({ a, m }) => `${m}; ${a}`, 'mallory'],
  'an attacker’s in quotes, then hers': [({ a, m, q }) => `${q(m)}; ${a}`, 'mallory'],
  'hers in quotes, then an attacker’s': [({ a, m, q }) => `${q(a)}; ${m}`, 'anna'],
  'an ill-signed one, then hers': [({ a, n, m }) =>
    `${n}=${m.slice(n.length + 1, n.length + 33)}.${'A'.repeat(43)}%3D; ${a}`, null],
  'hers with an attacker’s signature': [({ a, m, n }) =>
    `${a.slice(0, n.length + 33)}${m.slice(n.length + 33)}`, null],
  'an attacker’s with her signature, then hers': [({ a, m, n }) =>
    `${m.slice(0, n.length + 33)}${a.slice(n.length + 33)}; ${a}`, null],
  'an empty one, then hers': [({ a, n }) => `${n}=; ${a}`, null],
  'names in other letters': [({ a, m, n }) => `${n.toUpperCase()}=${m.slice(n.length + 1)}; ${a}`, 'anna'],
  'a name with a blank before "="': [({ a, m, n }) => `${n} =${m.slice(n.length + 1)}; ${a}`, 'anna'],
  'a name that ends like hers': [({ a, m }) => `x${m}; ${a}`, 'anna'],
  'a name that begins like hers': [({ a, m, n }) => `${n}2=${m.slice(n.length + 1)}; ${a}`, 'anna'],
  'an attacker’s within the value of another': [({ a, m }) => `theme=${m}; ${a}`, 'anna'],
  'an attacker’s within quotes of another': [({ a, m }) => `theme="x ${m}"; ${a}`, 'anna'],
  'with __Host-': [({ a, m }) => `__Host-${m.replace('__Secure-', '')}; ${a}`, 'anna'],
  'with another __Secure-': [({ a, m }) => `__Secure-__Secure-${m.replace('__Secure-', '')}; ${a}`, 'anna'],
  'with a comma': [({ a, m }) => `theme=dark,${m}; ${a}`, 'anna'],
};

describe('cookies tossed into a browser:', () => {
  for (const [what, [make, expected]] of Object.entries(tossed)) {
    test(`${what}: ${expected ?? 'nobody'}, on every route`, async () => {
      for (const [server, prefix] of [[lectern, ''], [secure, '__Secure-']]) {
        const cookie = make({ a: prefix + anna.cookie, m: prefix + mallory.cookie,
          n: prefix + name, q: (pair) => pair.replace(/=(.*)$/, '="$1"') });
        const owner = { anna, mallory }[expected];

        assert.equal(await who({ cookie }, server.url), owner?.email ?? null, cookie);
        const listed = await send('GET', '/api/auth/list-accounts', { cookie }, {}, server.url);
        assert.deepEqual([listed.status, listed.json[0]?.userId],
          owner ? [200, owner.user.id] : [401, undefined]);
        const renamed = await send('POST', '/api/auth/update-user', { cookie },
          { json: { name: `Renamed by ${what}` } }, server.url);
        assert.equal(renamed.status, owner ? 200 : 401);
        const made = await send('POST', '/api/collections', { cookie },
          { json: { name: `${prefix}${what}` } }, server.url);
        assert.equal(made.status, owner ? 201 : 401);
        assert.equal(await lectern.postgres.psql(lectern.database, `select string_agg(user_id, ',')
          from collections where name = '${prefix}${what}'`), owner?.user.id ?? '');
        // Whoever it is gets no cookie of the other one.
        for (const line of [...renamed.cookies, ...made.cookies]) {
          assert.ok(line.includes(owner.token), line);
        }
      }
    });
  }

  test('without the prefix of https they are nothing to a server of https, and the other way', async () => {
    assert.equal(await who({ cookie: `${mallory.cookie}; __Secure-${anna.cookie}` }, secure.url), anna.email);
    assert.equal(await who({ cookie: mallory.cookie }, secure.url), null);
    assert.equal(await who({ cookie: `__Secure-${mallory.cookie}; ${anna.cookie}` }), anna.email);
    assert.equal(await who({ cookie: `__Secure-${mallory.cookie}` }), null);
  });

  test('in two header lines they are read as in one, or refused', async () => {
    for (const [first, second, expected] of [[anna, mallory, anna], [mallory, anna, mallory]]) {
      const reply = await rawExchange(lectern.url, 'GET /api/auth/get-session HTTP/1.1\r\n' +
        `Host: localhost\r\nCookie: ${first.cookie}\r\nCookie: ${second.cookie}\r\n\r\n`);

      assert.ok(reply.status === 400 || JSON.parse(reply.text).user.email === expected.email);
    }
  });

  test('of two people signing out ends the session of one alone', async () => {
    const [one, two] = [await person('One'), await person('Two')];

    await send('POST', '/api/auth/sign-out', { cookie: `${one.cookie}; ${two.cookie}` });
    assert.equal(await who({ cookie: one.cookie }), null);
    assert.equal(await who({ cookie: two.cookie }), two.email);
  });

  test('a forged dont_remember or session_data changes nothing', async () => {
    for (const more of ['better-auth.dont_remember=true', 'better-auth.dont_remember=true.AAAA',
      `better-auth.session_data=${encodeURIComponent(JSON.stringify({ session: { user:
        { id: mallory.user.id } } }))}`, `better-auth.session_data=${Buffer.from(JSON.stringify(
        { user: mallory.user })).toString('base64')}`]) {
      assert.equal(await who({ cookie: `${more}; ${anna.cookie}` }), anna.email, more);
      assert.equal(await who({ cookie: more }), null, more);
    }
  });
});
