// SQL in every place where somebody may write: each parameter of each
// operation of /openapi.json, in path, query, JSON and form, and the headers
// that are read. The server never fails, never repeats what a database says,
// never sleeps for them, and nobody else's rows move; and a document that IS
// such a text is kept byte for byte.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { add } from '../lib/asking.mjs';
import { signedUp } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { Letters } from '../lib/letters.mjs';
import { addressOf, goodBody, idsOf, operations, rowsOf, worldOf }
  from '../lib/operations.mjs';
import { exchange } from '../lib/wire.mjs';

const payloads = ["'", "''", '"', '\\', "\\'", "' or 1=1--", "' OR ''='", "') or (1=1", '" or ""="',
  "'; drop table users;--", "x'; update users set role = 'admin'; --",
  "' union select password_hash, email from users--", '1;select pg_sleep(5)',
  "'||pg_sleep(5)||'", "' and 1 = (select 1 from pg_sleep(5))--", '$1', '%27', '%2527', '"x"',
  '\u02bc or 1=1', '\uff07; drop table users;--', 'E\'\\047\'', '$$;drop table users;$$',
  '{1,"a}', '(1,2)', "'::int", '0x27', '1e309', '99999999999999999999', '-1', '%', '_', '\u0000',
  "a\u0000'; drop table users;--", `'${'x'.repeat(3000)}`];
// Headers are read by the same code on every route: these are enough.
const forHeaders = new Set(["'", '\\', "'; drop table users;--", "'||pg_sleep(5)||'", '$1']);
// What Postgres, libpq or psql says when a text has reached it as a statement
// or as a value of the wrong kind. None of these stands in a payload.
const leak = /syntax error|at or near|SQLSTATE|unterminated|invalid (?:input syntax|byte sequence)|out of range for type|relation "|column "|violates|duplicate key|LINE \d+:|ERROR:|libpq|PGRES|server closed|\$argon2/i;
const tooLong = 4000;	// ms; a statement that sleeps takes five seconds

let lectern, victim, rowsBefore, schemaBefore;

const sql = (text) => lectern.postgres.psql(lectern.database, text);
/** All columns, functions, and how many accounts there are of which role. */
const schema = () => sql(`select md5(string_agg(t, ',' order by t)) from (
  select table_name || '.' || column_name || ' ' || data_type as t
  from information_schema.columns where table_schema = 'public' union all
  select proname || md5(prosrc) from pg_proc
  where pronamespace = 'public'::regnamespace) x`);
const cookieOf = (client) => [...client.cookies].map((pair) => pair.join('=')).join('; ');

before(async () => {
  // Else the letters would be shown in the log.
  lectern = await startLectern({ env: { MAIL_URL: new Letters().url } });
  victim = await signedUp(lectern.url, { email: "o'hara@example.com", name: "Anna O'Hara" });
  await worldOf(victim);
  rowsBefore = await rowsOf(lectern, victim.user.id);
  schemaBefore = await schema();
});
after(async () => {
  assert.equal(lectern.restarts(), 0, lectern.tail());
  await lectern.stop();
});

/** Sends many, a few at a time, so that one that sleeps is told from a queue. */
async function sendAll(requests) {
  const waiting = [...requests];
  const lane = async () => {
    for (let next; (next = waiting.shift());) {
      const { method, address, what, ...options } = next;
      const began = performance.now();
      const reply = await exchange(lectern.url, method, address, options);
      const took = performance.now() - began;

      assert.ok(reply.status < 500, `${what}: ${reply.status} ${reply.text.slice(0, 300)}`);
      assert.doesNotMatch(reply.text, leak, what);
      assert.ok(took < tooLong, `${what} took ${Math.round(took)} ms`);
    }
  };

  await Promise.all([lane(), lane(), lane(), lane()]);
}

/** Every request that has one payload in one place of the operation. */
function* attacks(operation, world, headers) {
  const { method, inPath, inQuery, inJson, inForm, takesJson, name } = operation;
  const at = idsOf(operation, world);
  const json = goodBody(operation);
  const plain = { method, headers };
  const body = takesJson ? { json } : {};

  for (const payload of payloads) {
    const told = (place) => `${name} with ${JSON.stringify(payload.slice(0, 40))} in ${place}`;

    for (const one of inPath) {
      yield { ...plain, ...body, what: told(`the path's ${one}`),
        address: addressOf(operation, { ...at, [one]: payload }) };
    }
    for (const one of inQuery) {
      yield { ...plain, ...body, what: told(`the query's ${one}`),
        address: addressOf(operation, at, { [one]: payload }) };
    }
    for (const one of inJson) {
      for (const value of [payload, [payload]]) {
        yield { ...plain, what: told(`the field ${one}`), address: addressOf(operation, at),
          json: { ...json, [one]: value } };
      }
    }
    for (const one of inForm) {
      yield { ...plain, what: told(`the form's ${one}`), address: addressOf(operation, at),
        form: { username: 'nobody@example.com', password: 'a-long-password-1', [one]: payload } };
    }
    if (forHeaders.has(payload)) {
      yield* inHeaders(payload, { ...plain, ...body, address: addressOf(operation, at) }, told);
    }
  }
}

/** The same in the headers that are read; some bytes no header can have. */
function* inHeaders(payload, request, told) {
  const value = payload.replaceAll('\u0000', '').replaceAll(/[^\x20-\x7e]/g, encodeURIComponent);
  const own = request.headers;
  const session = 'better-auth.session_token';

  for (const headers of [{ cookie: `${session}=${value}` },
    { cookie: `${session}=${'A'.repeat(32)}.${encodeURIComponent(payload)}` },
    { ...own, cookie: `${own.cookie}; better-auth.dont_remember=${value}` },
    { authorization: `Bearer ${value}` }, { authorization: `Bearer lk_${value.padEnd(32, 'A').slice(0, 32)}` },
    { ...own, 'x-forwarded-for': value }, { ...own, 'user-agent': value },
    { ...own, origin: value }, { ...own, referer: `${lectern.url}/${value}` },
    { ...own, 'if-none-match': value }, { ...own, range: `bytes=${value}` },
    { ...own, 'x-filename': value }, { ...own, 'accept-language': value },
    { ...own, 'last-event-id': value }, { ...own, 'idempotency-key': value }]) {
    yield { ...request, headers, what: told(Object.keys(headers).at(-1)) };
  }
}

describe('SQL in every parameter of', () => {
  for (const operation of operations()) {
    test(operation.name, async () => {
      const attacker = await signedUp(lectern.url);
      const world = await worldOf(attacker);
      if (operation.route.startsWith('/api/admin/')) {
        await sql(`update users set role = 'admin' where id = '${attacker.user.id}'`);
      }
      await sendAll(attacks(operation, world,
        { cookie: cookieOf(attacker), origin: lectern.url }));

      assert.equal(await rowsOf(lectern, victim.user.id), rowsBefore, 'the rows of somebody else');
      assert.equal(await schema(), schemaBefore, 'tables and functions');
      await sql(`update users set role = 'user' where id = '${attacker.user.id}'`);
      assert.equal(await sql("select count(*) from users where role = 'admin'"), '0');
    });
  }
});

describe('a document that is SQL', () => {
  let anna;

  before(async () => { anna = await signedUp(lectern.url); });

  for (const payload of payloads.filter((text) => !text.includes('\u0000'))) {
    test(`has ${JSON.stringify(payload.slice(0, 40))} as title and text, byte for byte`, async () => {
      const text = `${payload} and a lamp\n${payload}`;
      const title = payload.slice(0, 200);
      const id = await add(anna, { title, text });

      assert.equal((await anna.get(`/api/documents/${id}`)).json.document.title, title);
      assert.equal((await anna.get(`/api/documents/${id}/text`)).text, text);
      assert.equal((await anna.get(`/api/documents/${id}/original`)).text, text);
      const found = await anna.get(`/api/documents?q=${encodeURIComponent(title)}`);
      assert.ok(found.json.documents.some((document) => document.id === id), found.text);
      const { results } = (await anna.post('/api/search',
        { query: `lamp ${payload}`.slice(0, 300), documentIds: [id] })).json;
      assert.ok(text.includes(results[0].text), results[0].text);
    });
  }

  test('has it as file name, and is found and replaced by it', async () => {
    for (const payload of payloads.filter((text) => !/[\u0000\\/]/.test(text) && text.length < 200)) {
      const put = (body) => anna.request('POST',
        `/api/documents?filename=${encodeURIComponent(`${payload}.txt`)}`,
        { body, headers: { 'content-type': 'text/plain' } });
      const first = await put(`First of ${payload}`);

      assert.equal(first.status, 201, first.text);
      assert.equal(first.json.document.filename, `${payload}.txt`);
      assert.equal((await put(`Second of ${payload}`)).json.document.id, first.json.document.id);
      assert.equal((await anna.get(`/api/documents/${first.json.document.id}/original`)).text,
        `Second of ${payload}`);
    }
  });
});
