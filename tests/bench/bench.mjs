// What `make bench` prints: Lectern beside the limits of this machine, in the
// same run, in alternating rounds.
//
//   /health        wrk at keep-alive; nginx answering `return 200` is the limit
//   session        GET /api/auth/get-session; pgbench with the same prepared
//                  statement at the same number of connections is the limit
//   /health p99    at a fixed pace, alone and while passwords are hashed
//   memory, start  of the idle process tree; to the first 200 of /ready
//
// Ratios are taken round by round and given as min - median - max, since the
// machine may be shared. BENCH_ROUNDS and BENCH_SECONDS (a measurement) change
// the effort. It starts everything itself and leaves nothing behind.

import { execFile } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';

import { signedUp } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { startPrivatePostgres } from '../lib/postgres.mjs';
import { freePort, giveToOwner, root, runAsOwner, startAsOwner, temporaryFolder }
  from '../lib/process.mjs';
import { until } from '../lib/wait.mjs';

const run = promisify(execFile);
const rounds = Number(process.env.BENCH_ROUNDS ?? 3);
const seconds = Number(process.env.BENCH_SECONDS ?? 4);
const healthConnections = 64;
const sessionConnections = 8;	// as many as the program has to the database
const hashers = 8;

/** wrk with one thread: {rate, p50, p99}, times in milliseconds. */
async function wrk(url, connections, { headers = [], script, duration = seconds } = {}) {
  const { stdout } = await run('wrk', ['-t1', `-c${connections}`, `-d${duration}s`,
    '--latency', '--timeout', '10s', ...headers.flatMap((line) => ['-H', line]),
    ...script ? ['-s', script] : [], url]);
  const milliseconds = (percent) => {
    const [, value, unit] = new RegExp(`^ +${percent}% +([\\d.]+)(us|ms|s)`, 'm')
      .exec(stdout);
    return value * { us: 0.001, ms: 1, s: 1000 }[unit];
  };
  const failure = /Non-2xx.*|Socket errors.*/.exec(stdout);

  if (failure) console.log(`  wrk on ${url}: ${failure[0]}`);
  return { rate: Number(/Requests\/sec: +([\d.]+)/.exec(stdout)[1]),
    p50: milliseconds(50), p99: milliseconds(99) };
}

async function startNginx() {
  const folder = temporaryFolder();
  const port = await freePort();
  const conf = path.join(folder, 'nginx.conf');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${folder}/${name};`).join(' ');

  writeFileSync(conf, `
    worker_processes 2; daemon off; pid ${folder}/pid; error_log stderr warn;
    events { worker_connections 1024; }
    http {
      access_log off; keepalive_requests 100000000; ${temporary}
      server {
        listen 127.0.0.1:${port};
        default_type application/json;
        location = /health { return 200 '{"status":"healthy","timestamp":"0"}'; }
      }
    }`);
  const child = startAsOwner('/usr/sbin/nginx', ['-c', conf, '-e', 'stderr'],
    { env: {}, cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  const url = `http://127.0.0.1:${port}/health`;
  await until(async () => (await fetch(url)).ok, 'nginx to serve');
  return { url, stop: () => process.kill(child.pid, 'SIGTERM') };
}

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

/** GET at 200 a second on one connection, whatever the answers take. */
async function paced(url, duration) {
  const agent = new http.Agent({ keepAlive: true });
  const times = [];
  const pending = [];
  const began = performance.now();

  for (let n = 0; performance.now() - began < duration * 1000; n++) {
    const due = began + n * 5;
    if (due > performance.now()) await pause(due - performance.now());
    pending.push(new Promise((resolve, reject) => {
      const sent = performance.now();
      http.get(url, { agent }, (response) => {
        response.resume().on('end', () => {
          times.push(performance.now() - sent);
          resolve();
        });
      }).on('error', reject);
    }));
  }
  await Promise.all(pending);
  agent.destroy();
  times.sort((a, b) => a - b);
  return { p50: quantile(times, 0.5), p99: quantile(times, 0.99) };
}

function signInScript(email, password) {
  const script = path.join(temporaryFolder(), 'sign-in.lua');

  writeFileSync(script, `
    wrk.method = "POST"
    wrk.headers["content-type"] = "application/json"
    wrk.body = [[${JSON.stringify({ email, password })}]]`);
  giveToOwner(script);
  return script;
}

async function startTime(lectern) {
  await lectern.stop();
  const began = performance.now();
  await lectern.start('none');
  await until(async () => (await fetch(`${lectern.url}/ready`)).ok, '/ready',
    { everyMs: 2 });
  return performance.now() - began;
}

function quantile(sorted, q) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? NaN;
}

function spread(values, digits) {
  const sorted = [...values].sort((a, b) => a - b);

  return [sorted[0], quantile(sorted, 0.5), sorted.at(-1)]
    .map((value) => value.toFixed(digits)).join(' - ');
}

function print(rows) {
  const widths = rows[0].map((_, column) =>
    Math.max(...rows.map((row) => row[column].length)));

  for (const row of rows) {
    console.log(row.map((cell, column) => cell.padEnd(widths[column])).join('  ')
      .trimEnd());
  }
}

const postgres = await startPrivatePostgres();
const nginx = await startNginx();
const lectern = await startLectern({ postgres });
const health = `${lectern.url}/health`;
const results = { nginx: [], health: [], pgbench: [], session: [], quiet: [],
  busy: [], signIn: [], pss: [], start: [] };

// Idle memory, before any request but those of /ready.
await pause(1000);
results.pss.push(lectern.pss() / 1e6);

const person = await signedUp(lectern.url);
const cookie = [...person.cookies].map((pair) => pair.join('=')).join('; ');
const token = await postgres.psql(lectern.database,
  'select session_token from sessions limit 1');
const script = signInScript(person.email, person.password);
const session = `${lectern.url}/api/auth/get-session`;

for (let round = 1; round <= rounds; round++) {
  console.log(`round ${round} of ${rounds}`);
  results.start.push(await startTime(lectern));
  results.nginx.push(await wrk(nginx.url, healthConnections));
  results.health.push(await wrk(health, healthConnections));
  results.pgbench.push(await pgbench(postgres, lectern.database, token));
  results.session.push(await wrk(session, sessionConnections,
    { headers: [`cookie: ${cookie}`] }));
  results.quiet.push(await paced(health, seconds));
  const hashing = wrk(`${lectern.url}/api/auth/sign-in/email`, hashers,
    { script, headers: [`origin: ${lectern.url}`], duration: seconds + 1 });
  results.busy.push(await paced(health, seconds));
  results.signIn.push(await hashing);
}

const restarts = lectern.restarts();
await lectern.stop();
nginx.stop();
await postgres.stop();

const pick = (name, field) => results[name].map((result) => result[field]);
const ratio = (name, limit) => results[name]
  .map(({ rate }, n) => rate / results[limit][n].rate);
const row = (what, name) => [what, spread(pick(name, 'rate'), 0),
  spread(pick(name, 'p50'), 2), spread(pick(name, 'p99'), 2)];

console.log();
print([
  ['', 'requests/s', 'p50 ms', 'p99 ms'],
  row(`nginx return 200, ${healthConnections} connections`, 'nginx'),
  row(`/health, ${healthConnections} connections`, 'health'),
  row(`pgbench session_find, ${sessionConnections} connections`, 'pgbench'),
  row(`get-session, ${sessionConnections} connections`, 'session'),
  row(`sign-in, ${hashers} connections`, 'signIn'),
]);
console.log();
print([
  ['', 'min - median - max', 'target'],
  ['/health / nginx', spread(ratio('health', 'nginx'), 2), '>= 0.60'],
  ['get-session / pgbench', spread(ratio('session', 'pgbench'), 2), '>= 0.70'],
  ['/health p99 at 200/s, quiet, ms', spread(pick('quiet', 'p99'), 2), ''],
  [`/health p99 at 200/s, ${hashers} sign-ins running, ms`,
    spread(pick('busy', 'p99'), 2), ''],
  ['idle memory (PSS, 2 workers), MB', spread(results.pss, 1), '< 40'],
  ['start to /ready 200, ms', spread(results.start, 0), '< 500'],
  ['workers lost', String(restarts), '0'],
]);
