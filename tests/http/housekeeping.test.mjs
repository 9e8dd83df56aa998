// What has expired is removed, by one instance at a time, in batches, and
// only while somebody uses the server.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { startLectern } from '../lib/lectern.mjs';
import { until } from '../lib/wait.mjs';
import { exchange } from '../lib/wire.mjs';

const LOCK = '5431987120437';

let lectern;
let ann;

before(async () => {
  lectern = await startLectern({ env: { HOUSEKEEPING_SECONDS: '1',
    RETAIN_CHAT_DAYS: '30' } });
  const reply = await exchange(lectern.url, 'POST', '/api/auth/sign-up/email',
    { json: { name: 'Ann', email: 'ann@example.com', password: 'correct horse 1' } });
  ann = { id: reply.json.user.id, token: reply.json.token };
});
after(async () => {
  assert.equal(lectern.restarts(), 0, lectern.tail());
  await lectern.stop();
});

const sql = (text) => lectern.postgres.psql(lectern.database, text);
const count = async (table) => Number(await sql(`select count(*) from ${table}`));
/** A request that asks the database something; every worker gets some. */
const visit = () => Promise.all(Array.from({ length: 8 }, () => exchange(
  lectern.url, 'GET', '/api/auth/get-session',
  { headers: { authorization: `Bearer ${ann.token}` } })));
/** Visits until the condition holds. */
const visiting = (condition, what) => until(async () => {
  await visit();
  return condition();
}, what, { seconds: 20, everyMs: 200 });

/** One row of each kind that is due, and one that is not. */
function fill() {
  return sql(`
    insert into sessions (id, user_id, session_token, expires_at) values
      ('old', '${ann.id}', 'old', now() - interval '1 s'),
      ('new', '${ann.id}', 'new', now() + interval '1 min');
    insert into mail_tokens (hash, purpose, email, expires_at) values
      ('old', 'reset', 'a@example.com', now() - interval '25 h'),
      ('late', 'reset', 'a@example.com', now() - interval '23 h'),
      ('new', 'reset', 'a@example.com', now() + interval '1 min');
    insert into outbox (id, recipient, sealed, due_at, created_at) values
      ('old', 'a@example.com', '', null, now() - interval '25 h'),
      ('decoy', null, '', null, now() - interval '25 h'),
      ('sent', 'a@example.com', '', null, now() - interval '23 h'),
      ('waiting', 'a@example.com', '', now() + interval '1 h', now() - interval '25 h');
    insert into limits values ('old', now() - interval '1 s'),
      ('new', now() + interval '1 min');
    insert into attempts values ('old', 9, now() - interval '61 min'),
      ('new', 9, now());
    insert into audit (event, at) values ('old', now() - interval '366 days'),
      ('new', now() - interval '364 days');
    insert into devices values ('${ann.id}', 'old', now() - interval '366 days'),
      ('${ann.id}', 'new', now() - interval '364 days');
    insert into second_factor_tokens (hash, purpose, user_id, expires_at) values
      ('old', 'challenge', '${ann.id}', now() - interval '1 s'),
      ('trust', 'trust', '${ann.id}', now() - interval '1 s'),
      ('new', 'challenge', '${ann.id}', now() + interval '1 min');
    insert into api_keys (id, user_id, name, prefix, hash, expires_at)
      select repeat(n, 32), '${ann.id}', n, 'lk_12345', repeat(lpad(to_hex(at + 40), 2, '0'), 32),
        now() + at * interval '1 day'
      from (values ('o', -31), ('l', -20), ('n', 1)) as t (n, at) union all
      select repeat('e', 32), '${ann.id}', 'e', 'lk_12345', repeat('e', 64), null;
    insert into conversations (id, user_id, title, updated_at) values
      (repeat('o', 32), '${ann.id}', 'old', now() - interval '31 days'),
      (repeat('n', 32), '${ann.id}', 'new', now() - interval '29 days');
    insert into messages (id, conversation_id, role, text, status)
      select repeat(c, 32), repeat(c, 32), 'assistant', '', 'complete'
      from unnest(array['o', 'n']) c;
    insert into feedback (message_id, rating, comment) values
      (repeat('o', 32), 1, 'old'), (repeat('n', 32), 1, 'new');
    insert into chat_usage (user_id, day, questions) values
      ('${ann.id}', now()::date - 367, 1), ('${ann.id}', now()::date - 363, 2);
    insert into answer_workers values (repeat('o', 32), now() - interval '25 hours'),
      (repeat('n', 32), now() - interval '23 hours');`);
}

const left = () => sql(`
  select 'sessions', string_agg(id, ' ' order by id) from sessions
    where length(id) < 9 union all
  select 'tokens', string_agg(hash, ' ' order by hash) from mail_tokens
    where length(hash) < 9 union all
  select 'outbox', string_agg(id, ' ' order by id) from outbox
    where length(id) < 9 union all
  select 'limits', string_agg(key, ' ' order by key) from limits union all
  select 'attempts', string_agg(key, ' ' order by key) from attempts union all
  select 'audit', string_agg(event, ' ' order by event) from audit
    where event in ('old', 'new') union all
  select 'devices', string_agg(device, ' ' order by device) from devices
    where length(device) < 9 union all
  select 'factors', string_agg(hash, ' ' order by hash) from second_factor_tokens union all
  select 'keys', string_agg(name, ' ' order by name) from api_keys union all
  select 'conversations', string_agg(title, ' ' order by title) from conversations union all
  select 'feedback', string_agg(comment, ' ' order by comment) from feedback union all
  select 'usage', string_agg(questions::text, ' ' order by questions) from chat_usage union all
  select 'workers', string_agg(left(id, 1), ' ' order by id) from answer_workers`);

const kept = ['sessions\tnew', 'tokens\tlate new', 'outbox\tsent waiting',
  'limits\tnew', 'attempts\tnew', 'audit\tnew', 'devices\tnew', 'factors\tnew',
  'keys\te l n', 'conversations\tnew', 'feedback\tnew', 'usage\t2', 'workers\tn'].join('\n');
const clear = () => sql(`delete from sessions where id = 'new';
  truncate mail_tokens, outbox, limits, attempts;
  delete from audit where event in ('old', 'new');
  delete from devices where device in ('old', 'new')`);

test('what has expired goes and what has not stays', async () => {
  await fill();
  await visiting(async () => await left() === kept, 'the sweep');
  // The own session and its audit row are untouched.
  assert.equal(await sql(`select count(*) from sessions where user_id = '${ann.id}'`), '2');
  await clear();
  await until(() => lectern.logs().some(({ message }) =>
    /^housekeeping: \d+ rows removed$/.test(message)), 'the line in the log');
});

test('a large heap goes too, in batches', async () => {
  await sql(`insert into limits select 'k' || n, now() - interval '1 s'
    from generate_series(1, 2600) n`);
  assert.equal(await sql(`select removed from housekeeping(100, 365, 0)
    where kind = 'limits'`), '100');
  assert.ok(await count('limits') >= 100);
  await visiting(async () => await count('limits') === 0, 'an empty table');
});

test('whoever sweeps is alone', async () => {
  // The other instance has the lock before there is anything to remove.
  const result = await sql(`create extension if not exists dblink;
    select dblink_connect('other', 'dbname=${lectern.database} user=postgres host=${
      lectern.postgres.socket}');
    select dblink_exec('other', 'begin');
    select * from dblink('other', 'select pg_advisory_xact_lock(${LOCK})::text')
      as t (x text);
    insert into limits values ('old', now() - interval '1 s');
    select count(*) || ' kinds swept' from housekeeping(100, 365, 0);
    select dblink_exec('other', 'rollback');`);
  assert.match(result, /^0 kinds swept$/m);
  await visiting(async () => await count('limits') === 0, 'the sweep after it');
});

test('conversations stay for ever unless RETAIN_CHAT_DAYS says otherwise', async () => {
  assert.equal(await sql(`begin;
    select from pg_advisory_xact_lock(${LOCK});
    insert into conversations (id, user_id, title, updated_at) values
      (repeat('a', 32), '${ann.id}', 'aged', now() - interval '2000 days');
    ${[0, 3000, 1999].map((days) => `select from housekeeping(100, 365, ${days});
      select count(*) from conversations where title = 'aged';`).join('')}
    rollback;`).then((rows) => rows.match(/\d/g).join(' ')), '1 1 0');
});

test('RETAIN_AUDIT_DAYS decides how long events are kept, 0 is for ever', async () => {
  // In one transaction that has the lock, unseen by the server's own sweep.
  const kept = (days) => `select from housekeeping(100, ${days}, 0);
    select count(*) from audit where event = 'aged';`;

  assert.equal(await sql(`begin;
    select from pg_advisory_xact_lock(${LOCK});
    insert into audit (event, at) values ('aged', now() - interval '2000 days');
    ${[0, 3000, 1999].map(kept).join('')}
    rollback;`).then((rows) => rows.match(/\d/g).join(' ')), '1 1 0');
});

test('while nobody comes the database is left alone', async () => {
  await visiting(async () => await count('limits') === 0, 'the sweep before');
  const statements = () => sql(`select max(query_start) from pg_stat_activity
    where datname = '${lectern.database}' and query like '%housekeeping%'
    and pid <> pg_backend_pid()`);
  // Two looks that agree, further apart than two ticks of the timer.
  let seen = { at: performance.now(), last: await statements() };
  await until(async () => {
    const last = await statements();
    if (last !== seen.last) seen = { at: performance.now(), last };
    return performance.now() - seen.at > 3500;
  }, 'silence', { seconds: 20, everyMs: 250 });
  await sql(`insert into limits values ('old', now() - interval '1 s')`);
  await fetch(`${lectern.url}/health`);
  assert.equal(await count('limits'), 1);
  await visiting(async () => await count('limits') === 0, 'the sweep after');
});
