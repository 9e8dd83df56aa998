// Everything that can be killed is, by SIGKILL, while people are at work:
// workers, the parent, the extractor, the sidecar and the database. Nothing
// that was accepted is lost, and service returns without help.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { startModel } from '../doubles/model.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { startNeon } from '../lib/neon.mjs';
import { startPrivatePostgres } from '../lib/postgres.mjs';
import { processesLike, signal } from '../lib/process.mjs';
import { beside } from '../lib/running.mjs';
import { startTraffic } from '../lib/traffic.mjs';
import { until } from '../lib/wait.mjs';

const worker = /\[wrk /;

let model, postgres, env;

before(async () => {
  model = await startModel();
  model.behave({ delayMs: 5 });
  postgres = await startPrivatePostgres();
  env = { LLM_URL: model.url, LLM_MODEL: 'double' };
});
after(async () => {
  await model?.stop();
  await postgres?.stop();
});

/** Kills `count` of the server's processes, as soon as there are any. */
async function kill(lectern, pattern, count = Infinity) {
  const pids = await until(() => {
    const found = processesLike(lectern.pid, pattern);
    return found.length > 0 && found;
  }, `${pattern} to run`);

  for (const pid of pids.slice(0, count)) signal(pid, 'SIGKILL');
}

/** A traffic whose audit is the end of the test. */
async function busy(t, servers) {
  const traffic = await startTraffic({ servers });

  t.after(() => traffic.stop());
  await traffic.flows();
  return traffic;
}

async function settle(traffic) {
  await traffic.flows();
  await traffic.stop();
  await traffic.audit();
}

test('a worker, again and again, and then all of them at once', async (t) => {
  const lectern = await startLectern({ postgres, env });
  t.after(() => lectern.stop());
  const traffic = await busy(t, [lectern]);

  for (let round = 0; round < 4; round++) {
    await traffic.through('one worker', () => kill(lectern, worker, 1));
  }
  for (let round = 0; round < 3; round++) {
    await traffic.through('all workers', () => kill(lectern, worker));
  }
  await settle(traffic);
  assert.ok(lectern.restarts() >= 10, `${lectern.restarts()} workers were replaced`);
});

test('the parent, and nothing of it stays; the next start finds all', async (t) => {
  const lectern = await startLectern({ postgres, env });
  const other = await beside(lectern, { env });
  t.after(() => Promise.all([lectern.stop(), other.stop()]));
  const traffic = await busy(t, [lectern, other]);

  for (let round = 0; round < 3; round++) {
    await traffic.through('the parent', async () => {
      signal(lectern.pid, 'SIGKILL');
      await lectern.kill();
      await lectern.start();
    });
  }
  await settle(traffic);
  assert.equal(other.restarts(), 0, other.tail());
});

test('the processes that read documents', async (t) => {
  const lectern = await startLectern({ postgres, env });
  t.after(() => lectern.stop());
  const traffic = await busy(t, [lectern]);

  for (let round = 0; round < 5; round++) {
    await traffic.through('the extractor', () => kill(lectern, /^lectern extractor$/));
  }
  await settle(traffic);
  assert.equal(lectern.restarts(), 0, lectern.tail());
});

test('the database, in the midst of transactions', async (t) => {
  const lectern = await startLectern({ postgres, env });
  const other = await beside(lectern, { env });
  t.after(() => Promise.all([lectern.stop(), other.stop()]));
  const traffic = await busy(t, [lectern, other]);

  for (let round = 0; round < 4; round++) {
    await traffic.through('a crash of Postgres', async () => {
      // Also without a word to its own children.
      if (round % 2) signal(postgres.pid, 'SIGKILL');
      await postgres.stop('immediate');
      await postgres.start();
    });
  }
  await traffic.through('cut connections', () => postgres.killConnections(lectern.database));
  await settle(traffic);
  for (const each of [lectern, other]) assert.equal(each.restarts(), 0, each.tail());
});

test('PgBouncer, its keeper, and both', async (t) => {
  const neon = await startNeon(postgres);
  const database = await postgres.createDatabase();
  const lectern = await startLectern({ postgres, database,
    env: { ...env, DATABASE_URL: neon.url(database) } });
  t.after(async () => {
    await lectern.stop();
    await neon.stop();
  });
  const traffic = await busy(t, [lectern]);

  for (const name of [/^pgbouncer/, /^lectern pooler/, /^(pgbouncer|lectern pooler)/]) {
    await traffic.through(String(name), () => kill(lectern, name));
  }
  await settle(traffic);
  assert.equal(lectern.restarts(), 0, lectern.tail());
});
