// A database on a network: reached through PgBouncer, over verified TLS, when
// it sleeps, wakes slowly, cuts connections, goes away and comes back.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { Client, signedUp } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { certificate, startNeon } from '../lib/neon.mjs';
import { startPostgres } from '../lib/postgres.mjs';
import { ended, freePort, processesLike, processTree, signal, startAsOwner, temporaryFolder }
  from '../lib/process.mjs';
import { until, within } from '../lib/wait.mjs';

const password = `it's a "p%ss\\word"; # with = every, sign`;

let postgres;

before(async () => { postgres = await startPostgres(); });

async function served(neon, { query, ...options } = {}) {
  const database = options.database ?? await postgres.createDatabase();

  return startLectern({ postgres, database, ...options,
    env: { DATABASE_URL: neon.url(database, query), ...options.env } });
}

function directory(lectern) {
  const [keeper] = processesLike(lectern.pid, /^lectern pooler/);

  return readFileSync(`/proc/${keeper}/cmdline`, 'utf8').split('\0')[2];
}

const isGone = (pid) => !existsSync(`/proc/${pid}`) ||
  / Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));

/** The longest of the answers of /health while something else goes on. */
async function healthMeanwhile(lectern, work) {
  let longest = 0;
  let isOver = false;
  const watch = (async () => {
    while (!isOver) {
      const start = performance.now();
      assert.equal((await fetch(`${lectern.url}/health`)).status, 200);
      longest = Math.max(longest, performance.now() - start);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  })();

  try {
    await work();
  } finally {
    isOver = true;
    await watch;
  }
  return longest;
}

describe('a hosted database', () => {
  let neon, lectern, anna;

  before(async () => {
    neon = await startNeon(postgres, { password });
    lectern = await served(neon);
    anna = await signedUp(lectern.url);
  });
  after(async () => {
    await lectern?.stop();
    await neon?.stop();
  });

  const session = () => anna.get('/api/auth/get-session');

  test('is reached over TLS alone, through PgBouncer, with any password', async () => {
    assert.equal((await session()).json.user.email, anna.email);
    assert.ok(neon.seen.tls > 0);
    assert.equal(neon.seen.plain, 0);
    assert.equal(processesLike(lectern.pid, /^pgbouncer/).length, 1);
  });

  test('has its password in no argument, environment or file of the sidecar', () => {
    const secret = "p%ss";

    for (const pid of [...processesLike(lectern.pid, /^pgbouncer/),
      ...processesLike(lectern.pid, /^lectern pooler/)]) {
      assert.ok(!readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(secret));
      assert.ok(!readFileSync(`/proc/${pid}/environ`, 'utf8').includes(secret));
    }
    assert.deepEqual(readdirSync(directory(lectern)), ['.s.PGSQL.6432']);
  });

  test('cuts connections while nobody asks, and the next request does not notice', async () => {
    for (let round = 0; round < 3; round++) {
      await neon.cut();
      assert.equal((await session()).status, 200);
    }
  });

  test('wakes slowly: who asks waits, and nobody else', async () => {
    neon.delayMs = 5500;
    await neon.cut();
    const longest = await healthMeanwhile(lectern, async () => {
      const start = performance.now();
      const reply = await session();

      assert.equal(reply.status, 200, `${reply.text}\n${lectern.tail(12)}`);
      assert.ok(performance.now() - start > 5000);
    });
    neon.delayMs = 0;
    assert.ok(longest < 1000, `${longest} ms`);
  });

  test('goes away: 503 with Retry-After, and service returns by itself', async () => {
    await neon.leave();
    const longest = await healthMeanwhile(lectern, async () => {
      const reply = await session();

      assert.equal(reply.status, 503);
      assert.match(reply.headers.get('retry-after'), /^\d+$/);
      assert.equal((await fetch(`${lectern.url}/ready`)).status, 503);
    });
    await neon.come();
    await until(async () => (await session()).status === 200, 'the service to return');
    assert.ok(longest < 1000, `${longest} ms`);
    assert.equal(lectern.restarts(), 0);
  });

  test('is there again after PgBouncer, its keeper, or both were killed', async () => {
    for (const name of [/^pgbouncer/, /^lectern pooler/, /^(pgbouncer|lectern pooler)/]) {
      for (const pid of processesLike(lectern.pid, name)) signal(pid, 'SIGKILL');
      await until(async () => (await session()).status === 200, `service without ${name}`);
      await until(() => processesLike(lectern.pid, /^pgbouncer/).length === 1, 'one PgBouncer');
    }
    assert.equal(lectern.restarts(), 0);
  });

  test('tells in /metrics how the sidecar fares', async () => {
    const text = await (await fetch(`${lectern.url}/metrics`)).text();

    assert.match(text, /^lectern_pooler_servers\{state="(active|idle)"\} \d/m);
    assert.match(text, /^lectern_pooler_clients\{state="waiting"\} \d/m);
  });
});

test('channel binding, which a hosted database\'s address asks for, is no hindrance', async () => {
  const neon = await startNeon(postgres);
  const lectern = await served(neon, { migrate: false,
    query: 'sslmode=require&channel_binding=require&options=endpoint%3Dep-lamp' });

  await signedUp(lectern.url);
  await lectern.stop();
  await neon.stop();
});

test('nothing of the sidecar is left when the program is stopped or killed', async () => {
  const neon = await startNeon(postgres);

  for (const name of ['SIGTERM', 'SIGKILL']) {
    const lectern = await served(neon);
    const all = processTree(lectern.pid);
    const folder = directory(lectern);

    if (name === 'SIGTERM') await lectern.stop();
    else signal(lectern.pid, name);
    await until(() => all.every(isGone), 'every process to end');
    assert.ok(!existsSync(folder));
    await lectern.kill();
  }
  await neon.stop();
});

describe('what cannot be trusted or understood is said, not tried', () => {
  async function complains(neon, pattern, query) {
    const database = await postgres.createDatabase();
    const lectern = await startLectern({ postgres, database, migrate: false, ready: 'health',
      env: { DATABASE_URL: neon.url(database, query) } });

    await until(() => pattern.test(lectern.tail(200)), String(pattern), { seconds: 20 });
    assert.equal((await fetch(`${lectern.url}/ready`)).status, 503);
    assert.equal(neon.seen.sessions, 0);
    assert.equal(neon.seen.plain, 0);
    await lectern.stop();
    await neon.stop();
  }

  test('a certificate for another host', async () => complains(
    await startNeon(postgres, { host: 'elsewhere.example' }), /certificate of the database/));

  test('an authority that is not known', async () => {
    const neon = await startNeon(postgres);

    neon.ca = certificate('127.0.0.2').ca;
    await complains(neon, /certificate of the database/);
  });

  test('a wrong password', async () => {
    const neon = await startNeon(postgres);
    const url = neon.url.bind(neon);

    neon.url = (database, query) => url(database, query, 'wrong');
    await complains(neon, /refuses the user or the password/);
    assert.ok(neon.seen.refused > 0);
  });

  for (const [what, url, words] of [
    ['several hosts', 'postgresql://u:p@a.example,b.example/d', /several hosts/],
    ['an address beside the name', 'postgresql://u:p@a.example/d?hostaddr=127.0.0.2', /hostaddr/],
    ['options of a session', 'postgresql://u:p@a.example/d?options=-csearch_path%3Dx', /options/],
    ['a password of two lines', 'postgresql://u:a%0Ab@a.example/d', /password .* PgBouncer/],
  ]) {
    test(what, async () => {
      const lectern = await startLectern({ migrate: false, ready: 'none',
        env: { DATABASE_URL: url } });

      await until(() => words.test(lectern.tail(200)), String(words));
      await lectern.kill();
    });
  }
});

test('a transaction pooler of the provider is no hindrance', async () => {
  const files = certificate('127.0.0.2');
  const folder = temporaryFolder();
  const port = await freePort();
  const database = await postgres.createDatabase();
  const file = path.join(folder, 'pgbouncer.ini');

  writeFileSync(path.join(folder, 'users'), '"lectern" "a password"\n');
  writeFileSync(file, `[databases]
* = host=${postgres.socket} port=5432
[pgbouncer]
listen_addr = 127.0.0.2
listen_port = ${port}
unix_socket_dir =
auth_type = plain
auth_file = ${folder}/users
pool_mode = transaction
default_pool_size = 3
client_tls_sslmode = require
client_tls_cert_file = ${files.certificate}
client_tls_key_file = ${files.key}
`);
  const provider = startAsOwner('/usr/sbin/pgbouncer', ['-q', file], { env: {}, stdio: 'ignore' });
  const lectern = await startLectern({ postgres, database, migrate: false, env: { DATABASE_URL:
    `postgresql://lectern:a%20password@127.0.0.2:${port}/${database}` +
    `?sslmode=require&sslrootcert=${files.ca}` } });
  const people = await Promise.all(Array.from({ length: 8 }, () => signedUp(lectern.url)));
  const [anna] = people;
  const added = await anna.post('/api/documents', { title: 'Lamp', text: 'The lamp is green.' });

  await until(async () => (await anna.get(`/api/documents/${added.json.document.id}`))
    .json.document.status === 'ready', 'the document to be read');
  assert.equal((await anna.post('/api/search', { query: 'lamp' })).json.results.length, 1);
  for (const person of people) {
    assert.equal((await person.get('/api/auth/get-session')).json.user.email, person.email);
  }
  assert.equal((await new Client(lectern.url).get('/ready')).status, 200);
  await lectern.stop();
  signal(provider.pid, 'SIGTERM');
  await within(ended(provider), 'the pooler of the provider to stop');
});
