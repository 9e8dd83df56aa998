// What `make bench` prints: Lectern beside the limits of this machine and
// beside its peers, the quickstart it stands in for (FastAPI) and better-auth
// on Node, in the same run, in alternating rounds.
//
//   serving   /health and a session at keep-alive, beside both peers; nginx
//             answering `return 200` and pgbench with the same prepared
//             statement are the limits. Idle memory, start-up, size on disk
//             (serving.mjs)
//   sign-in   sign-ins at eight connections beside bcrypt and scrypt, and
//             /health at a fixed pace meanwhile (serving.mjs)
//   streams   200 and 1,000 answers at once, beside both peers (streams.mjs)
//   pages     first paint, layout shift and weight in Chromium (pages.mjs)
//   search    POST /api/search while a collection grows, beside ts_rank_cd on
//             the same texts (search.mjs)
//
// Ratios are taken round by round and given as min - median - max, since the
// machine may be shared. BENCH_PARTS ("serving sign-in pages search streams"),
// BENCH_ROUNDS and BENCH_SECONDS (a measurement) change the effort. It starts
// everything itself and leaves nothing behind.

import { setTimeout as pause } from 'node:timers/promises';

import { signedUp } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { startPrivatePostgres } from '../lib/postgres.mjs';
import { print } from './measure.mjs';
import { paging } from './pages.mjs';
import { startBetterAuth, startQuickstart } from './peers.mjs';
import { searching } from './search.mjs';
import { serving, signIns } from './serving.mjs';
import { streaming } from './streams.mjs';

const parts = (process.env.BENCH_PARTS ?? 'serving sign-in pages search streams').split(/\s+/);
const rounds = Number(process.env.BENCH_ROUNDS ?? 3);
const seconds = Number(process.env.BENCH_SECONDS ?? 4);
const tables = [];

const postgres = await startPrivatePostgres();
const lectern = await startLectern({ postgres });

// Idle memory, before any request but those of /ready.
await pause(1000);
const idle = lectern.pss();

if (parts.includes('serving') || parts.includes('sign-in')) {
  const person = await signedUp(lectern.url);
  const they = await startQuickstart(postgres, person);
  const node = await startBetterAuth(postgres, person);
  const all = { postgres, lectern, person, idle, they, node, rounds, seconds };

  if (parts.includes('serving')) tables.push(...await serving(all));
  if (parts.includes('sign-in')) tables.push(...await signIns(all));
  await they.stop();
  await node.stop();
}
if (parts.includes('pages')) tables.push(...await paging(postgres, 2 * rounds - 1));
if (parts.includes('search')) tables.push(...await searching(postgres));
if (parts.includes('streams')) tables.push(...await streaming(postgres));
const restarts = lectern.restarts();
await lectern.stop();
await postgres.stop();
for (const table of tables) {
  console.log();
  print(table);
}
console.log(`\nworkers lost: ${restarts} (target 0)`);
