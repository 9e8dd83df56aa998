// Descriptors and connections to the database run out, and come back.

import assert from 'node:assert/strict';
import net from 'node:net';
import { once } from 'node:events';
import { after, before, test } from 'node:test';

import { startModel } from '../doubles/model.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { startPrivatePostgres } from '../lib/postgres.mjs';
import { ended, signal, startAsOwner, treeCpu } from '../lib/process.mjs';
import { startTraffic } from '../lib/traffic.mjs';
import { until } from '../lib/wait.mjs';

let model, env;

before(async () => {
  model = await startModel();
  env = { LLM_URL: model.url, LLM_MODEL: 'double' };
});
after(() => model?.stop());

async function busy(t, lectern) {
  const traffic = await startTraffic({ servers: [lectern] });

  t.after(() => traffic.stop());
  await traffic.flows();
  return traffic;
}

test('more clients than descriptors: those who are served stay served', async (t) => {
  const lectern = await startLectern({ env,
    confEdits: [[/worker_rlimit_nofiles\s+\d+/, 'worker_rlimit_nofiles 100']] });
  t.after(() => lectern.stop());
  const traffic = await busy(t, lectern);

  await traffic.through('no descriptors', async () => {
    const crowd = Array.from({ length: 600 }, () => net.connect(lectern.port, '127.0.0.1')
      .on('error', () => {}));
    await Promise.all(crowd.map((socket) => once(socket, 'connect')));
    const [cpu, at] = [treeCpu(lectern.pid), performance.now()];
    await until(() => performance.now() - at > 3000, 'three seconds');
    // A worker that cannot accept must not turn round and round.
    const share = (treeCpu(lectern.pid) - cpu) / 1000 / (performance.now() - at);
    assert.ok(share < 0.9, `${(share * 100).toFixed()} % of a processor`);
    for (const socket of crowd) socket.destroy();
  });
  await traffic.stop();
  await traffic.audit();
  assert.equal(lectern.restarts(), 0, lectern.tail());
});

test('no connection to the database is left for us', async (t) => {
  const postgres = await startPrivatePostgres({ settings: ['max_connections=24',
    'superuser_reserved_connections=3'] });
  const lectern = await startLectern({ postgres, env });
  t.after(async () => {
    await lectern.stop();
    await postgres.stop();
  });
  const traffic = await busy(t, lectern);

  for (let round = 0; round < 2; round++) {
    await traffic.through('others that hold every connection', async () => {
      const others = [];
      const free = async () => 21 - Number(await postgres.psql('postgres', `select count(*)
        from pg_stat_activity where backend_type = 'client backend' and usename = 'lectern'
        and application_name = 'psql'`));

      // They take what there is while ours lose theirs again and again.
      await until(async () => {
        others.push(startAsOwner('/usr/lib/postgresql/15/bin/psql', ['-h', postgres.socket,
          '-U', 'lectern', '-d', 'postgres', '-c', 'select pg_sleep(600)'],
        { env: {}, cwd: '/', stdio: 'ignore' }));
        await postgres.killConnections(lectern.database);
        return await free() <= 0;
      }, 'others to have them all', { seconds: 30 });
      await until(async () => (await fetch(`${lectern.url}/ready`)).status === 503, 'no database');
      assert.equal((await fetch(`${lectern.url}/health`)).status, 200);
      for (const other of others) signal(other.pid, 'SIGKILL');
      await Promise.all(others.map(ended));
      await postgres.psql('postgres', `select pg_terminate_backend(pid)
        from pg_stat_activity where application_name = 'psql' and usename = 'lectern'`);
    });
  }
  await traffic.stop();
  await traffic.audit();
  assert.equal(lectern.restarts(), 0, lectern.tail());
});
