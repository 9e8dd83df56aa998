// Administration and limits under races over two instances; and that every
// operation that changes something is raced somewhere.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { after, afterEach, before, describe, test } from 'node:test';

import { askWhole, question, reader } from '../lib/asking.mjs';
import { Client, signedUp } from '../lib/http.mjs';
import { calm, race, sql, startArena, tally, winners } from '../lib/race.mjs';

const many = 24;
const password = 'a-long-password-1';

/** Operations that are raced by no test, and why. */
const notRaced = {
  'POST /api/auth/get-session': 'answers 405, whatever is sent',
  'POST /api/auth/two-factor/send-otp': 'there are no codes by mail',
  'POST /api/auth/two-factor/verify-otp': 'there are no codes by mail',
};

const count = async (arena, from) =>
  Number(await sql(arena, `select count(*) from ${from}`));

describe('administrators', () => {
  let arena;
  const one = 'PATCH /api/admin/users/{id}';

  before(async () => { arena = await startArena(); });
  afterEach(() => calm(arena));
  after(() => arena?.stop());

  const person = () => signedUp(arena.first.url);
  async function administrators(number) {
    const list = [];

    await sql(arena, "update users set role = 'user'");
    for (let i = 0; i < number; i++) {
      list.push(await person());
      assert.equal((await arena.first.run('user', 'admin', list[i].email)).code, 0);
    }
    return list;
  }
  const left = () => count(arena, "users where role = 'admin' and disabled_at is null");

  test('who demote each other leave one', async () => {
    const bosses = await administrators(2);
    const replies = await race(arena, 8, (i) => ({ op: one, who: bosses[i % 2],
      at: { id: bosses[1 - i % 2].user.id }, json: { role: 'user' } }));

    for (const { status, text } of replies) assert.ok([200, 403].includes(status), text);
    assert.equal(await left(), 1);
  });

  test('who disable, delete and demote each other leave one', async () => {
    const bosses = await administrators(3);
    const acts = [{ op: one, json: { disabled: true } },
      { op: 'DELETE /api/admin/users/{id}' }, { op: one, json: { role: 'user' } },
      { op: 'DELETE /api/admin/users/{id}/sessions' }];
    const replies = await race(arena, 24, (i) => ({ ...acts[i % 4], who: bosses[i % 3],
      at: { id: bosses[(i + 1 + (i >> 2) % 2) % 3].user.id } }));

    for (const { status, text } of replies) {
      assert.ok([200, 204, 401, 403, 404].includes(status), `${status} ${text}`);
    }
    assert.ok(await left() >= 1);
  });

  test('add one account of an address', async () => {
    const bosses = await administrators(2);
    const replies = await race(arena, many, (i) => ({ op: 'POST /api/admin/users',
      who: bosses[i % 2], json: { email: 'new@example.com' } }));

    assert.equal(winners(replies, replies.find(({ status }) => status >= 400).status).length, 1);
    assert.equal(await count(arena, "users where email = 'new@example.com'"), 1);
  });

  test('who disable somebody leave no session, sign-in, key or link', async () => {
    const [boss] = await administrators(1);
    for (let round = 0; round < 2; round++) {
      const anna = await person();
      const id = anna.user.id;
      const replies = await race(arena, many, (i) => (i === 9
        ? { op: one, who: boss, at: { id }, json: { disabled: true } }
        : [{ op: 'POST /api/auth/sign-in/email', json: { email: anna.email, password } },
          { op: 'POST /api/keys', who: anna, json: { name: `k${i}` } },
          { op: 'POST /api/admin/users/{id}/reset-link', at: { id }, who: boss, json: {} }][i % 3]));

      assert.equal(replies[9].status, 200, replies[9].text);
      for (const table of ['sessions', 'api_keys']) {
        assert.equal(await count(arena, `${table} where user_id = '${id}'`), 0, table);
      }
      assert.equal((await new Client(arena.second.url).post('/api/auth/sign-in/email',
        { email: anna.email, password })).status, 401);
      assert.equal(await count(arena, `mail_tokens where user_id = '${id}'
        and purpose = 'reset'`), 0);
    }
  });

  test('who delete somebody twice delete once', async () => {
    const bosses = await administrators(2);
    const anna = await person();
    const replies = await race(arena, 8, (i) => ({ op: 'DELETE /api/admin/users/{id}',
      who: bosses[i % 2], at: { id: anna.user.id } }));

    assert.equal(winners(replies, 404).length, 1);
    assert.equal(await count(arena, "audit where event = 'user_deleted' "
      + `and detail = '${anna.user.id}'`), 1);
  });
});

describe('limits over two instances', () => {
  let arena;

  before(async () => {
    arena = await startArena({ env: { RATE_LIMIT: 'on', CHAT_DAILY: '3' } });
  });
  afterEach(() => calm(arena));
  after(() => arena?.stop());

  test('let no more than a day\'s questions through', async () => {
    const anna = await reader(arena.first);
    for (let round = 0; round < 3; round++) {
      const replies = await race(arena, many, (i) => (i % 3
        ? { op: 'POST /api/chat', who: anna, headers: { accept: 'application/json' },
          json: { message: question } }
        : { op: 'POST /v1/chat/completions', who: anna, json: { model: 'lectern',
          messages: [{ role: 'user', content: question }] } }));
      assert.equal(winners(replies, 429).length, round === 0 ? 3 : 0, JSON.stringify(tally(replies)));
    }
    assert.equal((await askWhole(anna, question)).status, 429);
    assert.equal(await sql(arena, `select questions from chat_usage
      where user_id = '${anna.user.id}'`), '3');
  });

  // One allowance: 20 a minute, given back one by one each three seconds.
  const within = (passed, seconds) => {
    assert.ok(passed >= 20 && passed <= 20 + Math.ceil(seconds / 3), `${passed} passed`);
  };

  test('let no more attempts to sign in through than they say', async () => {
    const began = performance.now();
    const replies = await race(arena, 100, (i) => ({ op: 'POST /api/auth/sign-in/email',
      json: { email: `n${i}@example.com`, password } }));
    const passed = replies.filter(({ status }) => status !== 429);

    within(passed.length, (performance.now() - began) / 1000);
    for (const { status } of passed) assert.equal(status, 401);
  });

  test('let no more guesses at one password through than they say', async () => {
    const anna = await signedUp(arena.first.url);
    const began = performance.now();
    const replies = await race(arena, 100, () => ({ op: 'POST /api/auth/verify-password',
      who: anna, json: { password: 'a-wrong-password' } }));
    const passed = replies.filter(({ status }) => status !== 429);

    within(passed.length, (performance.now() - began) / 1000);
    for (const { status } of passed) assert.equal(status, 400);
  });
});

test('every operation that changes something is raced', () => {
  const folder = new URL('.', import.meta.url);
  const source = readdirSync(folder).filter((name) => /^race-.*\.test\.mjs$/.test(name))
    .map((name) => readFileSync(new URL(name, folder), 'utf8')).join('\n');
  const { paths } = JSON.parse(readFileSync(
    new URL('../../assets/openapi.json', folder), 'utf8'));
  const all = Object.entries(paths).flatMap(([path, methods]) => Object.keys(methods)
    .filter((method) => ['post', 'put', 'patch', 'delete'].includes(method))
    .map((method) => `${method.toUpperCase()} ${path}`));
  // The codes' operations are named by their last part, factor('enable').
  const isRaced = (op) => source.split(`'${op}'`).length > (op in notRaced ? 2 : 1) ||
    (op.startsWith('POST /api/auth/two-factor/') &&
      source.includes(`factor('${op.split('/').at(-1)}')`));

  assert.deepEqual(all.filter((op) => !isRaced(op)).sort(), Object.keys(notRaced).sort());
});
