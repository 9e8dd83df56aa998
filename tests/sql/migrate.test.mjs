import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { startLectern } from '../lib/lectern.mjs';
import { root } from '../lib/process.mjs';

const scripts = readdirSync(path.join(root, 'sql/migrations')).sort()
  .map((file) => path.basename(file, '.sql'));

describe('lectern migrate', () => {
  let lectern, postgres;

  before(async () => {
    lectern = await startLectern({ ready: 'health', migrate: false });
    postgres = lectern.postgres;
    await lectern.stop();
  });

  after(() => lectern.kill().catch(() => {}));

  /** Runs it against a database of its own. */
  async function migrate(database) {
    lectern.env.DATABASE_URL = postgres.url(database);
    return lectern.run('migrate');
  }

  async function migrated() {
    const database = await postgres.createDatabase();
    const { code, stderr } = await migrate(database);

    assert.equal(code, 0, stderr);
    return database;
  }

  test('brings an empty database to the newest script, and again changes nothing',
    async () => {
      const database = await migrated();
      const seen = () => postgres.psql(database, `select version, name, checksum,
        applied_at from schema_migrations order by version`);
      const first = await seen();

      assert.deepEqual(first.split('\n').map((row) => row.split('\t')[1]), scripts);
      assert.equal((await migrate(database)).code, 0);
      assert.equal(await seen(), first);
    });

  test('runs of several instances at once all succeed and apply each script once',
    async () => {
      const database = await postgres.createDatabase();
      const runs = await Promise.all(Array.from({ length: 5 },
        () => migrate(database)));

      for (const { code, stderr } of runs) assert.equal(code, 0, stderr);
      assert.equal(await postgres.psql(database,
        'select count(*) from schema_migrations'), String(scripts.length));
    });

  test('refuses a database in which a script ran in another form', async () => {
    const database = await migrated();

    await postgres.psql(database, `update schema_migrations
      set checksum = repeat('0', 64) where version = 2`);
    const { code, stderr } = await migrate(database);
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`Migration ${scripts[1]} .*another form`));
    assert.equal(stderr.trim().split('\n').length, 1);
  });

  test('refuses a schema newer than the program, which then does not serve it',
    async () => {
      const database = await migrated();

      await postgres.psql(database, `insert into schema_migrations
        values (${scripts.length + 1}, '9999_future', repeat('0', 64))`);
      const { code, stderr } = await migrate(database);
      assert.equal(code, 1);
      assert.match(stderr, /newer than this program/);
      await lectern.start('health');
      assert.equal((await fetch(`${lectern.url}/ready`)).status, 503);
      assert.equal((await fetch(`${lectern.url}/health`)).status, 200);
      await lectern.stop();
    });

  test('a script that fails leaves nothing of itself', async () => {
    const database = await postgres.createDatabase();

    await postgres.psql(database, `create table documents (stray integer);
      alter table documents owner to lectern`);
    const { code, stderr } = await migrate(database);
    assert.equal(code, 1);
    assert.match(stderr, /Migration 0002_documents failed/);
    assert.equal(await postgres.psql(database,
      `select to_regclass('scopes') is null, count(*) from schema_migrations`),
    't\t1');
  });

  test('refuses a database that is not UTF-8', async () => {
    await postgres.psql('postgres', `create database latin_${process.pid}
      owner lectern encoding 'LATIN1' locale 'C' template template0`);
    const { code, stderr } = await migrate(`latin_${process.pid}`);
    assert.equal(code, 1);
    assert.match(stderr, /UTF8/);
  });

  test('says in one sentence when the database cannot be reached', async () => {
    const { code, stderr } = await migrate('no_such_database');

    assert.equal(code, 1);
    assert.match(stderr, /^lectern: The database does not answer: .*does not exist$/m);
    assert.equal(stderr.trim().split('\n').length, 1);
  });
});
