// What `make bench` prints: Lectern beside the limits of this machine and
// beside the quickstart it stands in for, in the same run, in alternating
// rounds.
//
//   serving   /health at keep-alive; nginx answering `return 200` is the limit.
//             GET /api/auth/get-session; pgbench with the same prepared
//             statement at the same number of connections is the limit.
//             /health at a fixed pace, alone; memory of the idle process tree;
//             time to the first 200 of /ready
//   sign-in   sign-ins at eight connections, against the quickstart's FastAPI
//             and bcrypt (peers/quickstart.py) on the same Postgres, and
//             /health at a fixed pace meanwhile
//   streams   a thousand answers at once, beside the quickstart's (streams.mjs)
//   pages     first paint, layout shift and weight in Chromium (pages.mjs)
//   search    POST /api/search while a collection grows, beside ts_rank_cd on
//             the same texts (search.mjs)
//
// Ratios are taken round by round and given as min - median - max, since the
// machine may be shared. BENCH_PARTS ("serving sign-in pages search streams"),
// BENCH_ROUNDS and BENCH_SECONDS (a measurement) change the effort. It starts everything itself
// and leaves nothing behind.

import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { signedUp } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { startNginx } from '../lib/nginx.mjs';
import { startPrivatePostgres } from '../lib/postgres.mjs';
import { root, runAsOwner, temporaryFolder } from '../lib/process.mjs';
import { until } from '../lib/wait.mjs';
import { paging } from './pages.mjs';
import { paced, postScript, print, quantile, spread, wrk } from './measure.mjs';
import { startQuickstart } from './quickstart.mjs';
import { searching } from './search.mjs';
import { streaming } from './streams.mjs';

const parts = (process.env.BENCH_PARTS ?? 'serving sign-in pages search streams').split(/\s+/);
const rounds = Number(process.env.BENCH_ROUNDS ?? 3);
const seconds = Number(process.env.BENCH_SECONDS ?? 4);
const healthConnections = 64;
const sessionConnections = 8;	// as many as the program has to the database
const hashers = 8;
// On a busy machine eight of the peer's sign-ins take some seconds.
const hashSeconds = Math.max(8, 2 * seconds);

/** The same statement, prepared, by pgbench: {rate, p50, p99}. */
async function pgbench(postgres, database, token) {
  const folder = temporaryFolder();
  const script = path.join(folder, 'session_find.sql');
  const sql = readFileSync(path.join(root, 'sql/queries/session_find.sql'), 'utf8');

  writeFileSync(script, sql.replace(/^--.*\n/gm, '').trim()
    .replaceAll('$1', ':token').replaceAll('$2', ':life').concat(';\n'));
  const { code, stdout, stderr } = await runAsOwner(
    '/usr/lib/postgresql/15/bin/pgbench', ['-n', '-M', 'extended',
      '-c', String(sessionConnections), '-j', '1', '-T', String(seconds), '-l',
      '-h', postgres.socket, '-U', 'lectern', '-D', `token=${token}`,
      '-D', 'life=518400', '-f', script, database],
    { env: { PATH: process.env.PATH }, cwd: folder });

  if (code !== 0) throw new Error(`pgbench: ${stderr}`);
  const times = readdirSync(folder).filter((name) => name.startsWith('pgbench_log'))
    .flatMap((name) => readFileSync(path.join(folder, name), 'utf8').trim().split('\n'))
    .map((line) => Number(line.split(' ')[2]) / 1000).sort((a, b) => a - b);
  return { rate: Number(/^tps = ([\d.]+)/m.exec(stdout)[1]),
    p50: quantile(times, 0.5), p99: quantile(times, 0.99) };
}

async function startTime(lectern) {
  await lectern.stop();
  const began = performance.now();
  await lectern.start('none');
  await until(async () => (await fetch(`${lectern.url}/ready`)).ok, '/ready',
    { everyMs: 2 });
  return performance.now() - began;
}

/** Sign-ins at full speed with /health at a fixed pace: {signIn, health}. */
async function signingIn(url, where, script, headers = []) {
  const [signIn, health] = await Promise.all([
    wrk(url + where, hashers, hashSeconds, { script, headers }),
    // Ends a little earlier, so that it never has the machine to itself.
    paced(`${url}/health`, hashSeconds - 1),
  ]);

  return { signIn, health };
}

const postgres = await startPrivatePostgres();
const lectern = await startLectern({ postgres });
const health = `${lectern.url}/health`;
const results = {};
const tables = [];
const keep = (name, result) => (results[name] ??= []).push(result);
const pick = (name, field) => results[name].map((result) => result[field]);
const ratio = (name, limit) => spread(results[name]
  .map(({ rate }, n) => rate / results[limit][n].rate), 2);
const row = (what, name, digits = 0) => [what, spread(pick(name, 'rate'), digits),
  spread(pick(name, 'p50'), 2), spread(pick(name, 'p99'), 2)];
const times = (what, name) => [what, '', spread(pick(name, 'p50'), 2),
  spread(pick(name, 'p99'), 2)];

// Idle memory, before any request but those of /ready.
await pause(1000);
const pss = lectern.pss() / 1e6;
const person = await signedUp(lectern.url);

async function serving() {
  const nginx = await startNginx([`default_type application/json;
    location = /health { return 200 '{"status":"healthy","timestamp":"0"}'; }`]);
  const cookie = [...person.cookies].map((pair) => pair.join('=')).join('; ');
  const token = await postgres.psql(lectern.database,
    'select session_token from sessions limit 1');

  for (let round = 1; round <= rounds; round++) {
    console.log(`serving, round ${round} of ${rounds}`);
    keep('start', await startTime(lectern));
    keep('nginx', await wrk(`${nginx.urls[0]}/health`, healthConnections, seconds));
    keep('health', await wrk(health, healthConnections, seconds));
    keep('pgbench', await pgbench(postgres, lectern.database, token));
    keep('session', await wrk(`${lectern.url}/api/auth/get-session`,
      sessionConnections, seconds, { headers: [`cookie: ${cookie}`] }));
    keep('quiet', await paced(health, seconds));
  }
  await nginx.stop();
  tables.push([
    ['', 'requests/s', 'p50 ms', 'p99 ms'],
    row(`nginx return 200, ${healthConnections} connections`, 'nginx'),
    row(`/health, ${healthConnections} connections`, 'health'),
    row(`pgbench session_find, ${sessionConnections} connections`, 'pgbench'),
    row(`get-session, ${sessionConnections} connections`, 'session'),
    times('/health at 200/s', 'quiet'),
  ], [
    ['', 'min - median - max', 'target'],
    ['/health / nginx', ratio('health', 'nginx'), '>= 0.60'],
    ['get-session / pgbench', ratio('session', 'pgbench'), '>= 0.70'],
    ['idle memory (PSS, 2 workers), MB', pss.toFixed(1), '< 40'],
    ['start to /ready 200, ms', spread(results.start, 0), '< 500'],
  ]);
}

async function signIns() {
  const quickstart = await startQuickstart(postgres, person);
  const script = postScript('application/json',
    JSON.stringify({ email: person.email, password: person.password }));

  for (let round = 1; round <= rounds; round++) {
    console.log(`sign-in, round ${round} of ${rounds}`);
    const theirs = await signingIn(quickstart.url, '/api/auth/sign-in', quickstart.script);
    const ours = await signingIn(lectern.url, '/api/auth/sign-in/email', script,
      [`origin: ${lectern.url}`]);
    keep('theirs', theirs.signIn);
    keep('theirHealth', theirs.health);
    keep('ours', ours.signIn);
    keep('ourHealth', ours.health);
  }
  await quickstart.stop();
  tables.push([
    ['', 'requests/s', 'p50 ms', 'p99 ms'],
    row(`quickstart sign-in (bcrypt), ${hashers} connections`, 'theirs', 1),
    row(`Lectern sign-in (Argon2id), ${hashers} connections`, 'ours', 1),
    times('quickstart /health at 200/s meanwhile', 'theirHealth'),
    times('Lectern /health at 200/s meanwhile', 'ourHealth'),
  ], [
    ['', 'min - median - max', 'target'],
    ['sign-in / quickstart', ratio('ours', 'theirs'), '>= 4.00'],
    ['/health p99 while signing in, ms', spread(pick('ourHealth', 'p99'), 2), '< 10'],
  ]);
}

if (parts.includes('serving')) await serving();
if (parts.includes('sign-in')) await signIns();
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
