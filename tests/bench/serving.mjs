// The small requests: /health, a session, a sign-in, beside both peers and the
// limits of this machine (nginx, pgbench); memory, start-up and size on disk.

import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { startNginx } from '../lib/nginx.mjs';
import { root, runAsOwner, temporaryFolder } from '../lib/process.mjs';
import { until } from '../lib/wait.mjs';
import { Figures, cookieOf, paced, postScript, quantile, wrk } from './measure.mjs';

const many = 64;
const few = 8;		// as many as the program has to the database
const hashers = 8;

/** The same statement, prepared, by pgbench: {rate, p50, p99}. */
async function pgbench(postgres, database, token, seconds) {
  const folder = temporaryFolder();
  const script = path.join(folder, 'session_find.sql');
  const sql = readFileSync(path.join(root, 'sql/queries/session_find.sql'), 'utf8');

  writeFileSync(script, sql.replace(/^--.*\n/gm, '').trim()
    .replaceAll('$1', ':token').replaceAll('$2', ':life').concat(';\n'));
  const { code, stdout, stderr } = await runAsOwner(
    '/usr/lib/postgresql/15/bin/pgbench', ['-n', '-M', 'extended',
      '-c', String(few), '-j', '1', '-T', String(seconds), '-l',
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

async function startTime(lectern, page) {
  await lectern.stop();
  const began = performance.now();
  await lectern.start('none');
  await until(async () => (await fetch(lectern.url + page)).ok, page, { everyMs: 2 });
  return performance.now() - began;
}

// ---- size on disk, in bytes, without what a bare Debian 12 has

/** A program and the libraries that it is linked with. */
function sizeOfProgram(program) {
  const libraries = execFileSync('ldd', [program], { encoding: 'utf8' }).split('\n')
    .map((line) => /=> (\/\S+)/.exec(line)?.[1])
    .filter((file) => file && !/\/(libc|libm|libdl|libpthread|librt)\.so/.test(file));

  return [program, ...libraries].reduce((sum, file) => sum + statSync(file).size, 0);
}

/** Debian packages with all that they need. */
function sizeOfPackages(names) {
  const packages = new Map(execFileSync('dpkg-query', ['-W', '-f',
    '${Package}\t${Priority}\t${Installed-Size}\t${Pre-Depends}, ${Depends}\n'],
  { encoding: 'utf8' }).trim().split('\n').map((line) => {
    const [name, priority, size, depends] = line.split('\t');
    return [name, { priority, size: Number(size) * 1024,
      depends: depends.split(/[,|]/).map((one) => one.trim().split(/[ :(]/)[0]) }];
  }));
  const needed = new Set(names);

  for (const name of needed) {
    for (const other of packages.get(name)?.depends ?? []) {
      if (!['required', 'important', undefined].includes(packages.get(other)?.priority)) {
        needed.add(other);
      }
    }
  }
  needed.delete('libc6');
  return [...needed].reduce((sum, name) => sum + (packages.get(name)?.size ?? 0), 0);
}

/** npm packages with all that they need, and Node. */
function sizeOfModules(names) {
  const { packages } = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8'));
  const needed = new Set(names);

  for (const name of needed) {
    for (const other of Object.keys(packages[`node_modules/${name}`]?.dependencies ?? {})) {
      if (packages[`node_modules/${other}`]) needed.add(other);
    }
  }
  const folders = [...needed].map((name) => path.join(root, 'node_modules', name));
  const total = execFileSync('du', ['-scb', ...folders], { encoding: 'utf8' });
  return Number(total.trim().split('\n').at(-1).split('\t')[0]) +
    sizeOfProgram(process.execPath);
}

function sizes() {
  return { ours: sizeOfProgram(path.join(root, 'build/lectern/lectern')),
    quickstart: sizeOfPackages(['python3-fastapi', 'python3-uvicorn', 'python3-uvloop',
      'python3-httptools', 'python3-sqlalchemy', 'python3-psycopg2', 'python3-multipart',
      'python3-email-validator', 'python3-passlib', 'python3-bcrypt', 'python3-httpx']),
    betterAuth: sizeOfModules(['better-auth', 'pg']) };
}

// ---- the tables

const peers = ['quickstart', 'betterAuth'];
const mb = (bytes) => (bytes / 1e6).toFixed(1);
const head = ['', 'Lectern', 'quickstart', 'better-auth', 'limit',
  'x quickstart', 'x better-auth', 'x limit'];

/** A row of rates of what `what`.NAME was kept as, and rows of its times. */
function rows(figures, what, title, limit) {
  const line = (label, field, digits, isLess) => [label,
    ...['ours', ...peers, 'limit'].map((who) =>
      who !== 'limit' || (limit && field !== 'cpu') ?
        figures.median(`${what}.${who}`, field, digits) : ''),
    ...[...peers, 'limit'].map((who) =>
      who !== 'limit' || (limit && field === 'rate') ?
        figures.ratio(`${what}.ours`, `${what}.${who}`, field, isLess) : '')];

  return [line(`${title}, requests/s`, 'rate', what === 'signIn' ? 1 : 0, false),
    line('  p50 ms', 'p50', 2, true), line('  p99 ms', 'p99', 2, true),
    line('  processor, us a request', 'cpu', 0, true)];
}

/** Requests of every kind to Lectern and its peers: tables. */
export async function serving({ postgres, lectern, person, idle, they, node, rounds, seconds }) {
  const figures = new Figures();
  const nginx = await startNginx([`default_type application/json;
    location = /health { return 200 '{"status":"healthy","timestamp":"0"}'; }`]);
  const cookie = cookieOf(person);
  const token = await postgres.psql(lectern.database,
    'select session_token from sessions limit 1');
  const session = (of, where, sent, connections) => wrk(of.url + where, connections, seconds,
    { headers: [`cookie: ${sent}`], pid: of.pid });

  // Before the load, whose remains (a checkpoint, a collector) would be in it.
  for (let round = 1; round <= rounds; round++) {
    figures.keep('start', { ms: await startTime(lectern, '/health') });
    figures.keep('ready', { ms: await startTime(lectern, '/ready') });
  }
  // Node's compiler wants some thousand requests before it is at its best.
  for (const of of [they, node]) await session(of, of.session.path, of.cookie, many);
  for (let round = 1; round <= rounds; round++) {
    console.log(`serving, round ${round} of ${rounds}`);
    figures.keep('health.limit', await wrk(`${nginx.urls[0]}/health`, many, seconds));
    for (const [who, of] of [['ours', lectern], ['quickstart', they], ['betterAuth', node]]) {
      figures.keep(`health.${who}`, await wrk(`${of.url}/health`, many, seconds,
        { pid: of.pid }));
    }
    figures.keep('few.limit', await pgbench(postgres, lectern.database, token, seconds));
    figures.keep('few.ours', await session(lectern, '/api/auth/get-session', cookie, few));
    figures.keep('session.ours', await session(lectern, '/api/auth/get-session', cookie, many));
    figures.keep('session.quickstart', await session(they, they.session.path, they.cookie,
      many));
    figures.keep('session.betterAuth', await session(node, node.session.path, node.cookie,
      many));
    figures.keep('quiet', await paced(`${lectern.url}/health`, seconds));
  }
  await nginx.stop();

  const fairness = (name) => figures.all(name, 'p99').map((p99, round) =>
    ({ x: p99 / figures.all(name, 'p50')[round] }));
  for (const name of ['health.ours', 'session.ours']) {
    for (const { x } of fairness(name)) figures.keep(`${name}.fairness`, { x });
  }
  const disk = sizes();
  const single = (label, ours, quickstart, betterAuth, digits) => [label,
    ours.toFixed(digits), quickstart.toFixed(digits), betterAuth.toFixed(digits), '',
    (quickstart / ours).toFixed(1), (betterAuth / ours).toFixed(1), ''];
  return [[head,
    ...rows(figures, 'health', `/health, ${many} connections`, true),
    ...rows(figures, 'session', `session, ${many} connections`, false),
    single('idle memory (PSS), MB', idle / 1e6, they.idlePss / 1e6, node.idlePss / 1e6, 1),
    single('start to the first 200, ms', Number(figures.median('start', 'ms')),
      they.startMs, node.startMs, 0),
    single('size on disk, MB', disk.ours / 1e6, disk.quickstart / 1e6,
      disk.betterAuth / 1e6, 1),
  ], [['', 'min - median - max', 'target'],
    [`/health / nginx, ${many} connections`, figures.ratio('health.ours', 'health.limit'),
      '>= 0.75'],
    [`get-session / pgbench, ${few} connections`, figures.ratio('few.ours', 'few.limit'),
      '>= 0.85'],
    [`p99 / median of /health, ${many} connections`,
      figures.cell('health.ours.fairness', 'x'), '< 5'],
    [`p99 / median of get-session, ${many} connections`,
      figures.cell('session.ours.fairness', 'x'), '< 5'],
    ['/health at 200/s alone, p99 ms', figures.cell('quiet', 'p99'), ''],
    ['idle memory (PSS, 2 workers), MB', mb(idle), '< 40'],
    ['start to /ready 200, ms', figures.cell('ready', 'ms', 0), '< 500'],
  ]];
}

/** Sign-ins, and /health at a fixed pace meanwhile: tables. */
export async function signIns({ lectern, person, they, node, rounds, seconds }) {
  const figures = new Figures();
  // On a busy machine eight of a peer's sign-ins take some seconds.
  const duration = Math.max(8, 2 * seconds);
  const { email, password } = person;
  const ours = { url: lectern.url, pid: lectern.pid,
    signIn: { path: '/api/auth/sign-in/email', headers: [`origin: ${lectern.url}`],
      script: postScript('application/json', JSON.stringify({ email, password })) } };

  for (let round = 1; round <= rounds; round++) {
    console.log(`sign-in, round ${round} of ${rounds}`);
    for (const [who, of] of [['quickstart', they], ['betterAuth', node], ['ours', ours]]) {
      const { path: where, script, headers } = of.signIn;
      const [signIn, health] = await Promise.all([
        wrk(of.url + where, hashers, duration, { script, headers, pid: of.pid }),
        // Ends a little earlier, so that it never has the machine to itself.
        paced(`${of.url}/health`, duration - 1),
      ]);
      figures.keep(`signIn.${who}`, signIn);
      figures.keep(`health.${who}`, health);
    }
  }
  const meanwhile = (field) => [`/health at 200/s meanwhile, ${field} ms`,
    ...['ours', ...peers].map((who) => figures.median(`health.${who}`, field)), '',
    ...peers.map((who) => figures.ratio('health.ours', `health.${who}`, field, true)), ''];
  return [[head,
    ...rows(figures, 'signIn', `sign-in, ${hashers} connections`, false),
    meanwhile('p50'), meanwhile('p99'),
  ], [['', 'min - median - max', 'target'],
    ['sign-in / quickstart', figures.ratio('signIn.ours', 'signIn.quickstart'), '>= 4.00'],
    ['/health p99 while signing in, ms', figures.cell('health.ours', 'p99'), '< 10'],
  ]];
}
