// Full disks: that of the database, from which nothing that was accepted gets
// lost, and that of the log. To have a small disk, the test mounts one in
// memory, which takes root.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { startModel } from '../doubles/model.mjs';
import { signedUp } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { startPrivatePostgres } from '../lib/postgres.mjs';
import { ended, giveToOwner, processTree, signal, startAsOwner, temporaryFolder }
  from '../lib/process.mjs';
import { startTraffic } from '../lib/traffic.mjs';
import { until, within } from '../lib/wait.mjs';

const MIB = 1024 * 1024;

let model, env;

before(async () => {
  model = await startModel();
  env = { LLM_URL: model.url, LLM_MODEL: 'double' };
});
after(() => model?.stop());

/** A disk of that many MiB, gone when the test process ends. */
function mountDisk(size) {
  const folder = temporaryFolder();

  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}m`, 'tmpfs', folder]);
  // Before the folder is removed.
  process.prependListener('exit', () => execFileSync('umount', ['--lazy', folder]));
  giveToOwner(folder);
  return folder;
}

/** Leaves that many bytes of it. */
function fill(disk, free) {
  const { bavail, bsize } = statfsSync(disk);

  try {
    writeFileSync(path.join(disk, 'ballast'), Buffer.alloc(bavail * bsize - free));
  } catch (error) {
    if (error.code !== 'ENOSPC') throw error;	// others write as well
  }
}

const empty = (disk) => rmSync(path.join(disk, 'ballast'));

test('a full disk under the database: what was accepted is there when it has room', async (t) => {
  const disk = mountDisk(400);
  // Little is kept of the write-ahead log, so that the tables fill up first.
  const postgres = await startPrivatePostgres({ data: path.join(disk, 'data'),
    settings: ['max_wal_size=64MB', 'min_wal_size=32MB'] });
  const lectern = await startLectern({ postgres, env });
  t.after(async () => {
    await lectern.stop();
    await postgres.stop();
  });
  const traffic = await startTraffic({ servers: [lectern] });
  t.after(() => traffic.stop());
  await traffic.flows();

  for (const free of [0, MIB, 20 * MIB]) {
    await traffic.through(`a disk with ${free} bytes`, async () => {
      const refusals = () => (traffic.endings[503] ?? 0) + (traffic.endings[507] ?? 0);
      const before = refusals();

      fill(disk, free);
      const large = await signedUp(lectern.url).catch(() => undefined);
      await until(async () => {
        await large?.post('/api/documents', { title: 'Large', text: 'Much of it. '.repeat(80_000) });
        return refusals() > before + 10;
      }, 'refusals', { seconds: 60 });
      empty(disk);
      // Without room for its log Postgres stops as a whole, and its keeper,
      // which is not ours, starts it again.
      if (!signal(postgres.pid, 0)) await postgres.start();
    });
  }
  await traffic.stop();
  await traffic.audit();
  assert.equal(lectern.restarts(), 0, lectern.tail());
});

test('a full disk under the log: nobody notices', async (t) => {
  const lectern = await startLectern({ env });
  await lectern.stop();
  const full = openSync('/dev/full', 'a');
  const child = startAsOwner(path.join(lectern.folder, 'lectern'), ['-fnr'],
    { env: lectern.env, cwd: lectern.folder, stdio: ['ignore', full, full] });
  closeSync(full);
  t.after(async () => {
    signal(child.pid, 'SIGTERM');
    await within(ended(child), 'it to stop', 20);
  });

  await until(async () => (await fetch(`${lectern.url}/ready`)).status === 200, 'it to serve');
  const processes = processTree(child.pid);
  const traffic = await startTraffic({ servers: [lectern] });
  t.after(() => traffic.stop());
  await traffic.flows();
  await traffic.stop();
  await traffic.audit();
  assert.deepEqual(processTree(child.pid), processes);
});
