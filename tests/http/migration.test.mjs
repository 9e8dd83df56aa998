// The schema: made by whoever comes first when several start together, only
// ever forward, and refused in words when it is not what this program knows.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { signedUp } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { startPostgres } from '../lib/postgres.mjs';
import { root } from '../lib/process.mjs';
import { until } from '../lib/wait.mjs';

const scripts = readdirSync(path.join(root, 'sql/migrations')).filter((name) =>
  name.endsWith('.sql')).map((name) => name.slice(0, -4)).sort();

let postgres;

before(async () => { postgres = await startPostgres(); });
after(() => postgres.stop());

/** What the database has recorded: name by name. */
const applied = async (database) => (await postgres.psql(database,
  'select version || \' \' || name from schema_migrations order by version')).split('\n');
const all = scripts.map((name, i) => `${i + 1} ${name}`);

test('five instances that start at once on an empty database make it once', async (t) => {
  const database = await postgres.createDatabase();
  const many = await Promise.all(Array.from({ length: 5 }, () => startLectern({ postgres,
    database, migrate: false, ready: 'none', workers: 2 })));
  t.after(() => Promise.all(many.map((one) => one.stop())));

  for (const one of many) await one.answers('/ready', 40);
  assert.deepEqual(await applied(database), all);
  for (const one of many) {
    assert.equal(one.restarts(), 0);
    assert.deepEqual(one.logs().filter(({ level }) => level === 'error'), [], one.tail());
  }
  const anna = await signedUp(many[0].url, { email: 'anna@example.com' });
  assert.ok(anna.user.id);
});

test('five commands at once do so too', async () => {
  const database = await postgres.createDatabase();
  const lectern = await startLectern({ postgres, database, migrate: false, ready: 'health' });
  await lectern.stop();
  await postgres.psql(database, 'drop schema public cascade; create schema public; '
    + 'grant all on schema public to lectern');
  const ends = await Promise.all(Array.from({ length: 5 }, () => lectern.run('migrate')));

  for (const { code, stdout, stderr } of ends) {
    assert.equal(code, 0, stderr);
    assert.equal(stdout, `The database is at schema version ${scripts.length}.\n`);
  }
  assert.deepEqual(await applied(database), all);
});

test('a database of an older version is brought forward when the program starts', async () => {
  const database = await postgres.createDatabase();
  const older = scripts.slice(0, -3);
  const files = older.map((name) =>
    readFileSync(path.join(root, 'sql/migrations', `${name}.sql`), 'utf8'));
  await postgres.psql(database, `set role lectern; begin; ${files.join('\n')}
    create table schema_migrations (version integer primary key, name text not null,
      checksum text not null, applied_at timestamptz not null default now());
    insert into schema_migrations (version, name, checksum) values ${older.map((name, i) =>
    `(${i + 1}, '${name}', '${createHash('sha256').update(files[i]).digest('hex')}')`)};
    commit`);
  const lectern = await startLectern({ postgres, database, migrate: false });
  assert.deepEqual(await applied(database), all);
  await signedUp(lectern.url, { email: 'anna@example.com' });
  await lectern.stop();
});

describe('what does not fit is refused', () => {
  let lectern;

  before(async () => {
    lectern = await startLectern({ postgres });
    await lectern.stop();
  });

  const cases = {
    'an applied script that was changed': [
      "update schema_migrations set checksum = repeat('0', 64) where version = 3",
      `Migration ${scripts[2]} was applied to this database in another form; restore the `
        + 'script that ran there'],
    'a newer schema': [
      `insert into schema_migrations (version, name, checksum) values (${scripts.length + 1}, `
        + `'0999_future', repeat('0', 64))`,
      `The database has schema ${scripts.length + 1}, newer than this program's `
        + `${scripts.length}; run the newer program`],
    'a script of another name': [
      "update schema_migrations set name = '0002_other' where version = 2",
      `The database has migration 0002_other where this program has ${scripts[1]}; it belongs `
        + 'to another program or branch'],
    'a gap': ['delete from schema_migrations where version = 4',
      'The database has migration 5 without 4 before it; restore a backup'],
  };

  for (const [what, [sql, why]] of Object.entries(cases)) {
    test(`${what}, by the command and by the server, in the same words`, async () => {
      const kept = await postgres.psql(lectern.database,
        "select string_agg(format('(%s, %L, %L)', version, name, checksum), ', ') "
        + 'from schema_migrations');
      await postgres.psql(lectern.database, sql);
      const { code, stdout, stderr } = await lectern.run('migrate');
      assert.deepEqual([code, stdout, stderr], [1, '', `lectern: ${why}\n`]);

      await lectern.start('health');
      const told = await until(() => lectern.logs().findLast(({ message }) =>
        message === `schema: ${why}`), 'the log to say why');
      assert.equal(told.level, 'error');
      const ready = await fetch(`${lectern.url}/ready`);
      assert.equal(ready.status, 503);
      assert.equal((await fetch(`${lectern.url}/api/auth/get-session`, { headers: {
        authorization: 'Bearer 00000000000000000000000000000000' } })).status, 503);

      await postgres.psql(lectern.database, `truncate schema_migrations; insert into
        schema_migrations (version, name, checksum) values ${kept}`);
      await lectern.answers('/ready');
      await lectern.stop();
    });
  }

  test('a role that may not make tables', async () => {
    const database = await postgres.createDatabase();
    await postgres.psql('postgres', `alter database ${database} owner to postgres`);
    await postgres.psql(database, 'revoke create on schema public from public, lectern; '
      + 'alter schema public owner to postgres');
    const kept = lectern.env;
    lectern.env = { ...kept, DATABASE_URL: postgres.url(database) };
    const { code, stderr } = await lectern.run('migrate');
    const check = await lectern.run('check');
    lectern.env = kept;
    assert.equal(code, 1);
    assert.match(stderr, /^lectern: .*permission denied for schema public; the role "lectern" must own the database, or may create in its schema public\n$/);
    assert.equal(check.code, 1);
    assert.match(check.stdout, /^migrations +FAILED: none yet; run lectern migrate$/m);
  });
});
