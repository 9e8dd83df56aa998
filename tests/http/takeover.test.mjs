// Databases that the quickstart's code and a better-auth server have filled:
// their people sign in with the passwords they had. The hashes are made by the
// real passlib, the better-auth database by the real server.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, describe, test } from 'node:test';

import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import pg from 'pg';

import { Client } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { startPostgres } from '../lib/postgres.mjs';

const password = 'correct horse 1';
const signIn = (url, email, typed = password) =>
  new Client(url).post('/api/auth/sign-in/email', { email, password: typed });

/** What passlib makes of a password, as the quickstart calls it. */
function passlib(typed, settings = '') {
  return execFileSync('/usr/bin/python3', ['-c', `import sys
from passlib.context import CryptContext
context = CryptContext(schemes=["bcrypt"], deprecated="auto"${settings})
sys.stdout.write(context.hash(sys.argv[1]))`, typed], { encoding: 'utf8' });
}

/** The tables as SQLAlchemy makes them of the quickstart's models. */
const quickstartTables = `
  set role lectern;
  create table users (
    id varchar not null, email varchar(255) not null,
    password_hash varchar(255) not null,
    created_at timestamp without time zone default now() not null,
    updated_at timestamp without time zone default now() not null,
    primary key (id));
  create unique index ix_users_email on users (email);
  create table sessions (
    id varchar not null, user_id varchar not null,
    session_token varchar(255) not null,
    expires_at timestamp without time zone not null,
    created_at timestamp without time zone default now() not null,
    ip_address varchar(45), user_agent varchar(255),
    primary key (id), unique (session_token),
    foreign key (user_id) references users (id) on delete cascade);
  create index ix_sessions_user_id on sessions (user_id);
  create index ix_sessions_expires_at on sessions (expires_at);`;

const ids = { ann: '6f1c1f0e-8a53-4b8e-9c39-1f3a0c9be001',
  bob: '6f1c1f0e-8a53-4b8e-9c39-1f3a0c9be002',
  cleo: '6f1c1f0e-8a53-4b8e-9c39-1f3a0c9be003' };

async function quickstart(postgres) {
  const database = await postgres.createDatabase();

  await postgres.psql(database, `${quickstartTables}
    insert into users values
    ('${ids.ann}', 'Ann@Example.com', '${passlib(password)}',
      '2024-01-02 03:04:05.678', '2024-02-03 04:05:06'),
    ('${ids.bob}', 'bob@example.com',
      '${passlib('cafe\u0301 12345', ', bcrypt__ident="2y", bcrypt__rounds=6')}',
      now(), now()),
    ('${ids.cleo}', 'cleo@example.com',
      '${passlib(password, ', bcrypt__ident="2a", bcrypt__rounds=6')}',
      now(), now());
    insert into sessions values ('s', '${ids.ann}', 'a-token-in-clear',
      now() + interval '7 days', now(), '::1', 'x')`);
  return database;
}

/** A better-auth server on the database, with its tables made. */
async function betterAuthServer(postgres, database) {
  const pool = new pg.Pool({ host: postgres.socket, user: 'lectern', database });
  const auth = betterAuth({ database: pool, emailAndPassword: { enabled: true },
    secret: 'a-secret-of-the-former-server-12345', baseURL: 'http://localhost',
    logger: { disabled: true }, telemetry: { enabled: false } });

  await (await getMigrations(auth.options)).runMigrations();
  return { auth, pool };
}

async function betterAuthDatabase(postgres, database) {
  const name = database ?? await postgres.createDatabase();
  const { auth, pool } = await betterAuthServer(postgres, name);
  const signUp = (body) => auth.api.signUpEmail({ body });
  const { user } = await signUp({ name: 'Dora', email: 'Dora@example.com', password,
    image: 'https://example.com/dora.png' });

  await signUp({ name: 'Emil', email: 'emil@example.com',
    password: 'caf\u00e9 \ufb01 12345' });
  await pool.query(`update "user" set "emailVerified" = true,
    "createdAt" = '2024-05-06T07:08:09.123Z' where email = 'dora@example.com'`);
  await pool.query(`insert into "user" (id, name, email, "emailVerified",
    "createdAt", "updatedAt") values ('only-by-provider', 'Finn',
    'finn@example.com', true, now(), now())`);
  await pool.end();
  return { database: name, dora: user };
}

/** That the hash of an account is ours now, and was not before. */
async function isRehashed(lectern, email) {
  assert.match(await lectern.postgres.psql(lectern.database,
    `select password_hash from users where email = '${email}'`),
  /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
}

describe('a database of the quickstart', () => {
  let lectern;

  before(async () => {
    const postgres = await startPostgres();

    lectern = await startLectern({ postgres, database: await quickstart(postgres) });
  });
  after(async () => {
    assert.equal(lectern.restarts(), 0, lectern.tail());
    await lectern.stop();
  });

  const sql = (text) => lectern.postgres.psql(lectern.database, text);

  test('its people sign in with their old password, which is then Argon2id',
    async () => {
      for (const [email, typed] of [['ann@example.com', password],
        ['bob@example.com', 'cafe\u0301 12345'], ['cleo@example.com', password]]) {
        const wrong = await signIn(lectern.url, email, 'not the password');

        assert.equal(wrong.status, 401);
        assert.match(await sql(`select password_hash from users
          where email = '${email}'`), /^\$2/);
        for (let i = 0; i < 2; i++) {
          const reply = await signIn(lectern.url, email, typed);
          assert.equal(reply.status, 200, reply.text);
          await isRehashed(lectern, email);
        }
        assert.equal((await signIn(lectern.url, email, 'not the password')).status, 401);
      }
    });

  test('another spelling of the accent signs in once the hash is ours', async () => {
    const reply = await signIn(lectern.url, 'bob@example.com', 'caf\u00e9 12345');

    assert.equal(reply.status, 200, reply.text);
  });

  test('an account keeps its id and its dates, read as UTC', async () => {
    const { user } = (await signIn(lectern.url, 'ANN@example.com')).json;

    assert.deepEqual([user.id, user.email, user.createdAt, user.updatedAt],
      [ids.ann, 'ann@example.com', '2024-01-02T03:04:05.678Z',
        '2024-02-03T04:05:06.000Z']);
  });

  test('a session of such an account works like any other', async () => {
    const client = new Client(lectern.url);

    await client.post('/api/auth/sign-in/email', { email: 'cleo@example.com', password });
    assert.equal((await client.get('/api/auth/get-session')).json.user.id, ids.cleo);
    const list = (await client.get('/api/auth/list-sessions')).json;
    assert.equal(list[0].userId, ids.cleo);
    const document = await client.post('/api/documents', { title: 'T', text: 'A text.' });
    assert.equal(document.status, 201, document.text);
  });

  test('the old sessions are gone, and their tokens with them', async () => {
    assert.equal(await sql(`select count(*) from sessions
      where session_token = 'a-token-in-clear'`), '0');
    assert.equal(await sql(`select to_regclass('former_users') is null`), 't');
  });
});

describe('lectern migrate on a database of the quickstart', () => {
  let lectern;

  before(async () => {
    lectern = await startLectern({ ready: 'health', migrate: false });
    await lectern.stop();
  });

  const migrate = (database) => {
    lectern.env.DATABASE_URL = lectern.postgres.url(database);
    return lectern.run('migrate');
  };

  test('says how many accounts it took over', async () => {
    const { code, stdout } = await migrate(await quickstart(lectern.postgres));

    assert.equal(code, 0);
    assert.match(stdout, /^3 accounts were taken over, 0 left out\.$/m);
  });

  test('names addresses that differ in case alone, and changes nothing', async () => {
    const database = await quickstart(lectern.postgres);

    await lectern.postgres.psql(database, `insert into users
      values ('x', 'ANN@example.COM', '!', now(), now())`);
    const { code, stderr } = await migrate(database);
    assert.equal(code, 1);
    assert.match(stderr, /ann@example\.com/);
    assert.equal(stderr.trim().split('\n').length, 1);
    assert.equal(await lectern.postgres.psql(database, `select count(*),
      (select count(*) from sessions) from users`), '4\t1');
  });

  test('keeps columns and tables that were added to it', async () => {
    const database = await quickstart(lectern.postgres);
    const sql = (text) => lectern.postgres.psql(database, text);

    await sql(`set role lectern;
      alter table users add column plan text;
      update users set plan = 'gold' where id = '${ids.ann}';
      create table notes (owner varchar
        references users (id) on delete cascade);
      insert into notes select id from users`);
    const { code, stderr } = await migrate(database);
    assert.equal(code, 0, stderr);
    assert.equal(await sql(`select plan from users where id = '${ids.ann}'`), 'gold');
    await sql(`delete from users where id = '${ids.ann}'`);
    assert.equal(await sql('select count(*) from notes'), '2');
  });

  test('refuses a table of users that is somebody else\'s', async () => {
    const database = await lectern.postgres.createDatabase();

    await lectern.postgres.psql(database,
      'set role lectern; create table users (login text)');
    const { code, stderr } = await migrate(database);
    assert.equal(code, 1);
    assert.match(stderr, /table "users" that is not the quickstart's/);
  });

  test('takes over both programs\' people from one database', async () => {
    const database = await quickstart(lectern.postgres);

    await betterAuthDatabase(lectern.postgres, database);
    const { code, stdout } = await migrate(database);
    assert.equal(code, 0);
    assert.match(stdout, /^6 accounts were taken over, 0 left out\.$/m);
  });
});

describe('a database of better-auth', () => {
  let lectern, dora;

  before(async () => {
    const postgres = await startPostgres();
    const made = await betterAuthDatabase(postgres);

    dora = made.dora;
    lectern = await startLectern({ postgres, database: made.database });
  });
  after(async () => {
    assert.equal(lectern.restarts(), 0, lectern.tail());
    await lectern.stop();
  });

  test('its people sign in with their old password, which is then Argon2id',
    async () => {
      for (const [email, typed] of [['dora@example.com', password],
        ['emil@example.com', 'cafe\u0301 fi 12345']]) {
        assert.equal((await signIn(lectern.url, email, 'not the password')).status,
          401);
        for (let i = 0; i < 2; i++) {
          const reply = await signIn(lectern.url, email, typed);
          assert.equal(reply.status, 200, reply.text);
          await isRehashed(lectern, email);
        }
      }
    });

  test('an account keeps all that the client knows of it', async () => {
    const { user } = (await signIn(lectern.url, 'dora@example.com')).json;

    assert.deepEqual([user.id, user.name, user.image, user.emailVerified,
      user.createdAt], [dora.id, 'Dora', 'https://example.com/dora.png', true,
      '2024-05-06T07:08:09.123Z']);
  });

  test('who signed in by a provider alone has an account without a password',
    async () => {
      assert.equal((await signIn(lectern.url, 'finn@example.com', '')).status, 401);
      assert.equal(await lectern.postgres.psql(lectern.database, `select
        password_hash is null from users where email = 'finn@example.com'`), 't');
    });

  test('its own tables stay, and its server goes on with them', async () => {
    const { auth, pool } = await betterAuthServer(lectern.postgres,
      lectern.database);
    const { user } = await auth.api.signInEmail({ body: {
      email: 'dora@example.com', password } });

    assert.equal(user.id, dora.id);
    await pool.end();
  });
});

describe('lectern user import', () => {
  let lectern;

  before(async () => { lectern = await startLectern(); });
  after(async () => {
    assert.equal(lectern.restarts(), 0, lectern.tail());
    await lectern.stop();
  });

  const load = (database) =>
    lectern.run('user', 'import', lectern.postgres.url(database));

  test('copies the quickstart\'s people, who sign in; twice copies nobody',
    async () => {
      const database = await quickstart(lectern.postgres);
      const { code, stdout, stderr } = await load(database);

      assert.equal(code, 0, stderr);
      assert.match(stdout, /^3 accounts were imported, 0 left out\.$/m);
      const { user } = (await signIn(lectern.url, 'ann@example.com')).json;
      assert.deepEqual([user.id, user.createdAt],
        [ids.ann, '2024-01-02T03:04:05.678Z']);
      await isRehashed(lectern, 'ann@example.com');

      const again = await load(database);
      assert.equal(again.code, 0);
      assert.match(again.stdout, /^0 accounts were imported, 3 left out\.$/m);
      assert.match(again.stderr, /ann@example\.com left out/);
      await isRehashed(lectern, 'ann@example.com');
      // The other database is as it was.
      assert.equal(await lectern.postgres.psql(database,
        'select count(*) from sessions'), '1');
    });

  test('copies better-auth\'s people, who sign in', async () => {
    const { database, dora } = await betterAuthDatabase(lectern.postgres);
    const { code, stdout, stderr } = await load(database);

    assert.equal(code, 0, stderr);
    assert.match(stdout, /^3 accounts were imported, 0 left out\.$/m);
    const reply = await signIn(lectern.url, 'dora@example.com');
    assert.equal(reply.json.user?.id, dora.id, reply.text);
  });

  test('says so when there is nobody, or no such database', async () => {
    const empty = await load(await lectern.postgres.createDatabase());
    assert.equal(empty.code, 1);
    assert.match(empty.stderr, /holds no accounts/);

    const missing = await load('no_such_database');
    assert.equal(missing.code, 1);
    assert.match(missing.stderr, /does not exist/);
  });
});
