// `make soak`: an hour (MINUTES=60) of people at work on two instances, with a
// fault every minute; a line a minute says how it goes. It ends well when
// nothing was odd, everything accepted is there, every lost worker was killed
// by us, and memory and descriptors are what they were in the beginning.

import { existsSync, readdirSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

import { startModel } from '../doubles/model.mjs';
import { signedUp } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { startNeon } from '../lib/neon.mjs';
import { startPrivatePostgres } from '../lib/postgres.mjs';
import { processTree, processesLike, signal } from '../lib/process.mjs';
import { beside } from '../lib/running.mjs';
import { startTraffic } from '../lib/traffic.mjs';

const MIB = 1024 * 1024;
const MINUTES = Number(process.env.MINUTES ?? 60);
const PEOPLE = 16;
const PAUSE_MS = 200;
// What may be kept for good: an hour has some hundred thousand requests.
const KEPT_MAX = 12 * MIB;
// Less than one for every other fault of half an hour.
const OPEN_MAX = 12;
const pace = { delayMs: 20 };		// of the model's words

let model = await startModel();
const postgres = await startPrivatePostgres();
const neon = await startNeon(postgres);
const database = await postgres.createDatabase();
const env = { DATABASE_URL: neon.url(database), LLM_URL: model.url, LLM_MODEL: 'double' };
const first = await startLectern({ postgres, database, env });
const second = await beside(first, { env });
const servers = [first, second];

let workersKilled = 0;
const kill = (server, pattern) => {
  const [pid] = processesLike(server.pid, pattern);
  return pid !== undefined && signal(pid, 'SIGKILL');
};

// The model's own failures are told to who asked, as they should be.
const faults = {
  'nothing': () => pause(1000),
  'a worker killed': () => {
    if (kill(servers[workersKilled % 2], /\[wrk /)) workersKilled++;
  },
  'the model away': async () => {
    await model.stop();
    await pause(3000);
    model = await startModel({ port: model.port });
    model.behave(pace);
  },
  'Postgres crashed': () => postgres.restartImmediate(),
  'the extractor killed': () => kill(first, /^lectern extractor$/),
  'the model stalled': async () => {
    model.behave({ ...pace, stallAfter: 5 });
    await pause(5000);
    model.behave(pace);
  },
  'PgBouncer killed': () => kill(second, /^pgbouncer/),
  'the database\'s network away': async () => {
    await neon.leave();
    await pause(3000);
    await neon.come();
  },
  'a storm of sign-ups': () => Promise.allSettled(Array.from({ length: 100 }, () =>
    signedUp(first.url))),
};

model.behave(pace);
const traffic = await startTraffic({ servers, people: PEOPLE, pauseMs: PAUSE_MS });
await traffic.flows(60);

const memory = () => servers.reduce((sum, server) => sum + server.pss(), 0);
const descriptors = () => servers.flatMap((server) => processTree(server.pid))
  .reduce((sum, pid) => sum + (existsSync(`/proc/${pid}/fd`) ? readdirSync(`/proc/${pid}/fd`).length : 0), 0);
const lines = [];

console.log('minute  requests  session p50/p99 ms  MiB    descriptors  back after  fault');
const began = performance.now();
for (let minute = 1; minute <= MINUTES; minute++) {
  const name = Object.keys(faults)[(minute - 1) % Object.keys(faults).length];
  const before = traffic.requests;

  traffic.times = [];
  const back = await traffic.through(name, faults[name], 60);
  await pause(Math.max(0, began + minute * 60_000 - performance.now()));
  const sorted = traffic.times.sort((a, b) => a - b);
  const at = (share) => (sorted[Math.floor(sorted.length * share)] ?? NaN).toFixed(1);
  const line = { memory: memory(), descriptors: descriptors() };
  lines.push(line);
  console.log([String(minute).padStart(6), String(traffic.requests - before).padStart(9),
    `${at(0.5)}/${at(0.99)}`.padStart(19), (line.memory / MIB).toFixed(1).padStart(6),
    String(line.descriptors).padStart(12), `${Math.round(back)} ms`.padStart(11), name].join(' '));
}

await traffic.flows(60);
await traffic.stop();
const complaints = [];
await traffic.audit().catch((error) => complaints.push(error.message));
const lost = servers.reduce((sum, server) => sum + server.restarts(), 0);
if (lost !== workersKilled) complaints.push(`${lost} workers were lost, ${workersKilled} killed`);

// The first quarter warms up; the last is held against the second, each by its
// lowest minute, since what is open depends on what is being asked.
const quarter = Math.max(1, Math.floor(lines.length / 4));
const lowest = (from, what) => Math.min(...lines.slice(from, from + quarter).map((line) => line[what]));
const kept = lowest(lines.length - quarter, 'memory') - lowest(quarter, 'memory');
if (kept > KEPT_MAX) complaints.push(`${(kept / MIB).toFixed(1)} MiB were kept`);
const open = lowest(lines.length - quarter, 'descriptors') - lowest(quarter, 'descriptors');
if (open > OPEN_MAX) complaints.push(`${open} descriptors were kept`);

console.log(`\n${traffic.requests} requests in ${MINUTES} minutes: ${
  JSON.stringify(traffic.endings)}`);
console.log(`Kept: ${(kept / MIB).toFixed(1)} MiB, ${open} descriptors.`);
for (const server of servers) await server.stop();
await neon.stop();
await postgres.stop();
await model.stop();
console.log(complaints.length ? complaints.join('\n') : 'Nothing was lost, nothing was odd.');
process.exit(complaints.length ? 1 : 0);
