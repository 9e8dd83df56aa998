// A hundred thousand requests of every kind: memory and descriptors are flat.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { after, before, test } from 'node:test';

import { startModel } from '../doubles/model.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { processTree } from '../lib/process.mjs';
import { startTraffic } from '../lib/traffic.mjs';
import { until } from '../lib/wait.mjs';

const MIB = 1024 * 1024;
const REQUESTS = 100_000;
const WARM_UP = 25_000;
// What each round of as many requests may keep, in the mean: a leak of 100 bytes
// in every request would be 2.4 MiB.
const ROUND = 25_000;
const KEPT_MAX = 1.5 * MIB;

let model, lectern;

before(async () => {
  model = await startModel();
  lectern = await startLectern({ env: { LLM_URL: model.url, LLM_MODEL: 'double' } });
});
after(async () => {
  await lectern?.stop();
  await model?.stop();
});

const descriptors = () => processTree(lectern.pid)
  .reduce((sum, pid) => sum + readdirSync(`/proc/${pid}/fd`).length, 0);

test('a hundred thousand mixed requests leave nothing behind', async (t) => {
  const traffic = await startTraffic({ servers: [lectern], people: 12 });
  t.after(() => traffic.stop());
  const rounds = [];

  await until(() => traffic.requests >= WARM_UP, 'the warm-up', { seconds: 600, everyMs: 100 });
  for (let goal = WARM_UP; goal <= REQUESTS + WARM_UP; goal += ROUND) {
    await until(() => traffic.requests >= goal, `${goal} requests`, { seconds: 600, everyMs: 100 });
    rounds.push({ pss: lectern.pss(), descriptors: descriptors() });
    t.diagnostic(`${goal} requests: ${(rounds.at(-1).pss / MIB).toFixed(1)} MiB, ` +
      `${rounds.at(-1).descriptors} descriptors`);
  }
  await traffic.stop();
  await traffic.audit();
  const kept = (rounds.at(-1).pss - rounds[0].pss) / (rounds.length - 1);
  assert.ok(kept < KEPT_MAX, `${(kept / MIB).toFixed(2)} MiB in a round`);
  assert.ok(rounds.at(-1).descriptors <= rounds[0].descriptors + 8,
    rounds.map((round) => round.descriptors).join());
  assert.equal(lectern.restarts(), 0, lectern.tail());
});
