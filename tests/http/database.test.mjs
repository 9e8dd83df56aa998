// The database in trouble: away at the start, restarted, its back ends
// killed, silent. The program stays up, says 503 and recovers by itself.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { signedUp } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { startPrivatePostgres } from '../lib/postgres.mjs';
import { processTree, signal } from '../lib/process.mjs';
import { until } from '../lib/wait.mjs';
import { exchange } from '../lib/wire.mjs';

const password = 'correct horse 1';

/** Runs a test body with a server of its own; no worker may be lost in it. */
async function withServer(options, body) {
  const postgres = options.postgres ?? await startPrivatePostgres();
  const lectern = await startLectern({ postgres, ...options });

  try {
    await body(lectern, postgres);
    assert.equal(lectern.restarts(), 0, lectern.tail());
  } finally {
    await lectern.stop();
    await postgres.stop();
  }
}

const get = (lectern, path, headers) =>
  exchange(lectern.url, 'GET', path, { headers });

async function bearerOf(lectern, email) {
  const { token } = (await exchange(lectern.url, 'POST', '/api/auth/sign-up/email',
    { json: { name: 'A', email, password } })).json;
  return { authorization: `Bearer ${token}` };
}

function isUnavailable(reply, what) {
  assert.equal(reply.status, 503, `${what}: ${reply.text}`);
  assert.match(reply.headers['retry-after'], /^\d+$/, what);
}

/**
 * Asks for the session in a loop, `width` at a time, while `trouble` goes on
 * and until it works again. Resolves with the statuses seen.
 */
async function underLoad(lectern, bearer, width, trouble) {
  const seen = new Map();
  let isOver = false;
  const ask = async () => {
    while (!isOver) {
      const reply = await get(lectern, '/api/auth/get-session', bearer);
      seen.set(reply.status, (seen.get(reply.status) ?? 0) + 1);
      if (reply.status === 503) isUnavailable(reply, 'under load');
      else assert.ok(reply.json.session, 'a session is never denied');
    }
  };
  const askers = Array.from({ length: width }, ask);

  try {
    await until(() => seen.get(200) > 20, 'the load to run');
    await trouble(seen);
    const before = seen.get(200);
    await until(() => seen.get(200) > before + 200, 'recovery', { seconds: 20 });
  } finally {
    isOver = true;
    await Promise.allSettled(askers);
  }
  await Promise.all(askers);
  assert.deepEqual([...seen.keys()].filter((s) => s !== 200 && s !== 503), []);
  // Every worker has connections again: no more refusals.
  const replies = await Promise.all(Array.from({ length: 20 }, () =>
    get(lectern, '/api/auth/get-session', bearer)));
  assert.deepEqual(replies.map((reply) => reply.status), Array(20).fill(200));
}

test('without a database it serves pages and says 503; when it comes it migrates and works', async () => {
  const postgres = await startPrivatePostgres();
  const database = await postgres.createDatabase();
  await postgres.stop('fast');

  await withServer({ postgres, database, migrate: false, ready: 'health' },
    async (lectern) => {
      for (const path of ['/health', '/', '/sign-in', '/sign-up']) {
        assert.equal((await get(lectern, path)).status, 200, path);
      }
      const signIn = await exchange(lectern.url, 'POST', '/api/auth/sign-in/email',
        { json: { email: 'a@example.com', password } });
      const bearer = { authorization: `Bearer ${'a'.repeat(32)}` };
      for (const [what, reply] of Object.entries({ signIn,
        ready: await get(lectern, '/ready'),
        session: await get(lectern, '/api/auth/get-session', bearer),
        documents: await get(lectern, '/api/documents', bearer),
        page: await get(lectern, '/chat', bearer) })) {
        isUnavailable(reply, what);
      }
      assert.equal(signIn.json.code, 'DATABASE_UNAVAILABLE');
      assert.equal((await get(lectern, '/api/auth/get-session')).text, 'null');
      assert.equal((await exchange(lectern.url, 'POST', '/api/auth/sign-in/email',
        { json: {} })).status, 400);

      await postgres.start();
      await lectern.answers('/ready', 15);
      const client = await signedUp(lectern.url);
      const session = await client.get('/api/auth/get-session');
      assert.equal(session.json.user.email, client.email);
      assert.ok(Number(await postgres.psql(database, 'select count(*) from users')) === 1);
    });
});

test('a database that does not exist yet is found when it is made', async () => {
  const postgres = await startPrivatePostgres();

  await withServer({ postgres, database: 'made_later', migrate: false, ready: 'health' },
    async (lectern) => {
      isUnavailable(await get(lectern, '/ready'), 'ready');
      await postgres.psql('postgres', 'create database made_later owner lectern');
      await lectern.answers('/ready', 15);
      await signedUp(lectern.url);
    });
});

test('a crash of Postgres under load costs 503s, no worker and no session', async () => {
  await withServer({}, async (lectern, postgres) => {
    const bearer = await bearerOf(lectern, 'crash@example.com');

    await underLoad(lectern, bearer, 30, async (seen) => {
      await postgres.stop('immediate');
      await until(() => seen.get(503) > 10, '503 while it is away');
      assert.equal((await get(lectern, '/health')).status, 200);
      await postgres.start();
    });
    await postgres.restartImmediate();
    await lectern.answers('/ready');
  });
});

test('killed back ends under load cost no worker', async () => {
  await withServer({}, async (lectern, postgres) => {
    const bearer = await bearerOf(lectern, 'killed@example.com');

    await underLoad(lectern, bearer, 30, async () => {
      for (let killed = 0, rounds = 0; killed < 30 || rounds < 15; rounds++) {
        killed += await postgres.killConnections(lectern.database);
      }
    });
  });
});

test('idle connections that were killed are not handed out', async () => {
  await withServer({}, async (lectern, postgres) => {
    const bearer = await bearerOf(lectern, 'idle@example.com');

    for (let round = 0; round < 5; round++) {
      await Promise.all(Array.from({ length: 20 }, () =>
        get(lectern, '/api/auth/get-session', bearer)));
      const pids = (await postgres.psql('postgres', `select pid from pg_stat_activity
        where datname = '${lectern.database}'`)).split('\n').map(Number);
      assert.ok(await postgres.killConnections(lectern.database) > 0);
      await until(() => pids.every((pid) => !signal(pid, 0)), 'back ends to end');
      const replies = await Promise.all(Array.from({ length: 8 }, () =>
        get(lectern, '/api/auth/get-session', bearer)));
      assert.deepEqual(replies.map((reply) => reply.status), Array(8).fill(200));
    }
  });
});

test('idle connections that the server closes are let go, though nobody asks', async () => {
  await withServer({}, async (lectern, postgres) => {
    const bearer = await bearerOf(lectern, 'quiet@example.com');
    const open = async () => Number(/^lectern_database_connections (\d+)$/m
      .exec((await get(lectern, '/metrics')).text)[1]);

    await Promise.all(Array.from({ length: 20 }, () =>
      get(lectern, '/api/auth/get-session', bearer)));
    await until(async () => await open() > 0, 'connections to be told of');
    await postgres.killConnections(lectern.database);
    await until(async () => await open() === 0, 'none to be left');
  });
});

test('a silent database never delays what needs none', async () => {
  await withServer({}, async (lectern, postgres) => {
    const bearer = await bearerOf(lectern, 'silent@example.com');
    const postmaster = Number(await postgres.psql('postgres',
      "select split_part(pg_read_file('postmaster.pid'), E'\\n', 1)"));
    const members = processTree(postmaster);
    const asked = [];

    try {
      for (const member of members) signal(member, 'SIGSTOP');
      for (let i = 0; i < 20; i++) {
        asked.push(get(lectern, '/api/auth/get-session', bearer));
      }
      const times = [];
      for (let i = 0; i < 200; i++) {
        const began = performance.now();
        assert.equal((await get(lectern, i % 2 ? '/health' : '/sign-in')).status, 200);
        times.push(performance.now() - began);
      }
      times.sort((a, b) => a - b);
      assert.ok(times[197] < 1000, `p99 of ${times[197]} ms`);
      // The silence ends for those who wait, in bounded time.
      for (const reply of await Promise.all(asked)) isUnavailable(reply, 'silence');
      assert.equal((await get(lectern, '/health')).status, 200);
    } finally {
      for (const member of members) signal(member, 'SIGCONT');
    }
    await lectern.answers('/ready', 30);
    await until(async () => (await get(lectern, '/api/auth/get-session', bearer))
      .status === 200, 'recovery from silence', { seconds: 30 });
  });
});

test('more requests than connections all get their answer, in bounded time', async () => {
  await withServer({ confEdits: [[/^pgsql_conn_max\t+.*$/m, 'pgsql_conn_max\t1']],
    workers: 1 }, async (lectern, postgres) => {
    const bearer = await bearerOf(lectern, 'queue@example.com');
    const finished = [];
    const began = performance.now();
    const replies = await Promise.all(Array.from({ length: 300 }, async (_, n) => {
      const reply = await get(lectern, '/api/auth/get-session', bearer);
      finished.push(n);
      return reply;
    }));

    assert.deepEqual(replies.map((reply) => reply.status), Array(300).fill(200));
    assert.ok(performance.now() - began < 10_000);
    assert.ok(Number(await postgres.psql('postgres', `select count(*)
      from pg_stat_activity where datname = '${lectern.database}'
        and application_name = 'lectern'`)) <= 2);
  });
});

test('who waits longest for a connection is served first', async () => {
  await withServer({ confEdits: [[/^pgsql_conn_max\t+.*$/m, 'pgsql_conn_max\t1']],
    workers: 1 }, async (lectern, postgres) => {
    const bearer = await bearerOf(lectern, 'fair@example.com');
    const order = [];
    const waiting = [];
    // A lock on the table holds the one connection until all are in line.
    const lock = postgres.psql(lectern.database, `begin; lock table sessions;
      select pg_sleep(1.5); commit`);

    await until(async () => await postgres.psql('postgres', `select count(*)
      from pg_stat_activity where wait_event = 'PgSleep'`) === '1', 'the lock');
    for (let n = 0; n < 12; n++) {
      waiting.push(get(lectern, '/api/auth/get-session', bearer).then((reply) => {
        assert.equal(reply.status, 200);
        order.push(n);
      }));
      // Each is known to the server before the next one is sent.
      assert.equal((await get(lectern, '/health')).status, 200);
    }
    await Promise.all([lock, ...waiting]);
    assert.deepEqual(order, [...order].sort((a, b) => a - b));
  });
});
