// Clocks that jump by a day, forward and back, as after a wrong time server or
// the restore of a machine: the server's, which is another than the database's
// then, and the database's. Both are turned by libfaketime, while people are at
// work; their sessions live longer than the jump.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { startModel } from '../doubles/model.mjs';
import { signedUp } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { startPrivatePostgres } from '../lib/postgres.mjs';
import { temporaryFolder } from '../lib/process.mjs';
import { startTraffic } from '../lib/traffic.mjs';
import { exchange } from '../lib/wire.mjs';

const DAY = 24 * 3600;
const library = execFileSync('dpkg', ['-L', 'libfaketime'], { encoding: 'utf8' })
  .split('\n').find((file) => file.endsWith('/libfaketimeMT.so.1'));

let model, env;

before(async () => {
  model = await startModel();
  env = { LLM_URL: model.url, LLM_MODEL: 'double' };
});
after(() => model?.stop());

/** A clock for a process: what starts it, and turn(seconds). */
function clock() {
  const file = path.join(temporaryFolder(), 'clock');
  const turn = (seconds) => writeFileSync(file, `${seconds < 0 ? '' : '+'}${seconds}s\n`);

  turn(0);
  chmodSync(file, 0o644);
  return { turn, wrapper: ['/usr/bin/env', `FAKETIME_TIMESTAMP_FILE=${file}`,
    'FAKETIME_NO_CACHE=1', 'DONT_FAKE_MONOTONIC=1', `LD_PRELOAD=${library}`] };
}

/** How many seconds the server's clock is ahead of ours. */
async function ahead(lectern, key) {
  const { json } = await exchange(lectern.url, 'POST', '/v1/chat/completions', {
    headers: { authorization: `Bearer ${key}` },
    json: { model: 'lectern', messages: [{ role: 'user', content: 'Where is the lamp?' }] } });

  return Math.round((json.created - Date.now() / 1000) / 60) * 60;
}

async function jumps(t, lectern, turn, told) {
  const traffic = await startTraffic({ servers: [lectern] });

  t.after(() => traffic.stop());
  await traffic.flows();
  for (const seconds of [DAY, 0, -DAY, DAY, 0]) {
    turn(seconds);
    assert.ok(await told() === seconds, `it is ${seconds} s ahead`);
    // No fault: nobody is to notice.
    await traffic.flows();
  }
  await traffic.stop();
  await traffic.audit();
  assert.equal(lectern.restarts(), 0, lectern.tail());
}

test('the server\'s clock jumps, and nobody notices', async (t) => {
  const { turn, wrapper } = clock();
  const lectern = await startLectern({ env, wrapper });
  t.after(() => lectern.stop());
  const anna = await signedUp(lectern.url);
  const { key } = (await anna.post('/api/keys', { name: 'clock' })).json;

  await jumps(t, lectern, turn, () => ahead(lectern, key));
});

test('the database\'s clock jumps, and nobody notices', async (t) => {
  const { turn, wrapper } = clock();
  const postgres = await startPrivatePostgres({ wrapper });
  const lectern = await startLectern({ postgres, env });
  t.after(async () => {
    await lectern.stop();
    await postgres.stop();
  });

  await jumps(t, lectern, turn, async () => Math.round((Number(await postgres.psql('postgres',
    'select extract(epoch from now())')) - Date.now() / 1000) / 60) * 60);
});
