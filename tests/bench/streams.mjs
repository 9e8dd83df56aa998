// A thousand answers (BENCH_STREAMS) of 200 tokens, opened over ten seconds, from
// Lectern (sessions, retrieval, citations, storing) and from the quickstart
// (peers/quickstart.py: session and model alone), before the same model double.
//
// At 20 ms a token, for waiting times, durations and the processor's time; a
// stream then lasts four seconds. And from Lectern at 60 ms, so that all of them
// are open at once, for the memory. The double and the readers (streams.c) share
// the machine with the server: their own cost is told, too.

import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';

import { Client, signedUp } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { ended, freePort, processTree, root, temporaryFolder, treePss }
  from '../lib/process.mjs';
import { quantile } from './measure.mjs';
import { startQuickstart } from './quickstart.mjs';

const count = Number(process.env.BENCH_STREAMS ?? 1000);
const tokens = 200;
const seconds = 10;
const people = Math.ceil(count / 5);	// none may have more than eight
const question = 'How long does the warranty of the Zephyr last?';

/** Processor time of a process and its descendants, in microseconds. */
function cpuOf(pid) {
  return processTree(pid).reduce((sum, member) => {
    const stat = readFileSync(`/proc/${member}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return sum + (Number(fields[11]) + Number(fields[12])) * 10_000;
  }, 0);
}

function compile() {
  const program = path.join(temporaryFolder(), 'streams');

  execFileSync('cc', ['-std=c11', '-D_GNU_SOURCE', '-O2', '-o', program,
    path.join(root, 'tests/bench/streams.c')]);
  return program;
}

async function startDouble(program, paceMs) {
  const port = await freePort();
  // It ends when its input does, so at the latest with this process.
  const child = spawn(program, ['model', String(port), String(tokens), String(paceMs)],
    { stdio: ['pipe', 'pipe', 'inherit'] });

  for await (const line of readline.createInterface(child.stdout)) {
    if (line === 'ready') break;
  }
  return { url: `http://127.0.0.1:${port}/v1`, pid: child.pid, paceMs,
    async stop() {
      child.stdin.end();
      await ended(child);
    } };
}

const requestOf = (port, cookie) => {
  const body = JSON.stringify({ message: question });

  return `POST /api/chat HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n` +
    `origin: http://127.0.0.1:${port}\r\ncookie: ${cookie}\r\n` +
    'content-type: application/json\r\nconnection: close\r\n' +
    `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}\0`;
};

/** Streams from a server; its figures. */
async function run(program, server, double, cookies) {
  const { port } = new URL(server.url);
  const file = path.join(temporaryFolder(), 'requests');
  const streams = [];
  let pss, open;

  writeFileSync(file, Array.from({ length: count }, (_, n) =>
    requestOf(port, cookies[n % cookies.length])).join(''));
  const began = { server: cpuOf(server.pid), double: cpuOf(double.pid),
    database: cpuOf(server.database) };
  const child = spawn(program, ['load', port, String(seconds), file],
    { stdio: ['ignore', 'pipe', 'inherit'] });
  let load = 0;

  for await (const line of readline.createInterface(child.stdout)) {
    if (line.startsWith('opened ')) {
      open = Number(line.split(' ')[1]);
      pss = treePss(server.pid);
      continue;
    }
    // It is gone with the last stream.
    if (streams.length === count - 2) load = cpuOf(child.pid);
    const [status, got, first, token, end] = line.split(' ').map(Number);
    streams.push({ isGood: status === 200 && got === tokens, first, token, end, got, status });
  }
  const good = streams.filter(({ isGood }) => isGood);
  const total = streams.reduce((sum, { got }) => sum + got, 0);
  const sorted = (field) => good.map((stream) => stream[field]).sort((a, b) => a - b);

  return { asked: streams.length, failed: streams.length - good.length, tokens: total,
    // Which ones, as "status: tokens".
    bad: streams.filter(({ isGood }) => !isGood).slice(0, 5)
      .map(({ status, got }) => `${status}: ${got}`),
    first: sorted('first'), token: sorted('token'),
    length: sorted('end').map((ms) => ms / (tokens * double.paceMs)), pss, open,
    cpu: (cpuOf(server.pid) - began.server) / total,
    database: (cpuOf(server.database) - began.database) / total,
    double: (cpuOf(double.pid) - began.double) / total,
    load: load / total };
}

const cookieOf = (client) =>
  [...client.cookies].map((pair) => pair.join('=')).join('; ');

/** Sessions of `people` persons. */
async function signUps(url) {
  const cookies = [];

  while (cookies.length < people) {
    cookies.push(...(await Promise.all(Array.from({ length: 4 }, () => signedUp(url))))
      .map(cookieOf));
  }
  return cookies;
}

async function ours(program, postgres, double) {
  const lectern = await startLectern({ postgres,
    env: { LLM_URL: double.url, LLM_MODEL: 'double' } });
  const text = path.join(temporaryFolder(), 'Kettle.md');

  try {
    writeFileSync(text, '# Kettle\n\nThe warranty of the Zephyr lasts thirty months. ' +
      'Keep the receipt.\n');
    const { code, stdout, stderr } = await lectern.run('ingest', '--shared', text);
    if (code !== 0) throw new Error(`ingest: ${stdout}${stderr}`);
    const cookies = await signUps(lectern.url);
    const result = await run(program, { url: lectern.url, pid: lectern.pid,
      database: postgres.pid }, double, cookies);

    result.restarts = lectern.restarts();
    return result;
  } finally {
    await lectern.stop();
  }
}

async function theirs(program, postgres, double) {
  const person = { email: 'streams@example.com', password: 'correct horse 1' };
  const quickstart = await startQuickstart(postgres, person, double.url);

  try {
    const client = new Client(quickstart.url);
    const reply = await client.request('POST', '/api/auth/sign-in',
      { form: { username: person.email, password: person.password } });
    if (reply.status !== 200) throw new Error(`the quickstart: ${reply.text}`);
    return await run(program, { url: quickstart.url, pid: quickstart.pid,
      database: postgres.pid }, double, [cookieOf(client)]);
  } finally {
    await quickstart.stop();
  }
}

const row = (what, result) => [what, String(result.failed), String(result.open),
  ...[[result.first, 0.5], [result.first, 0.99], [result.token, 0.99]]
    .map(([list, q]) => quantile(list, q).toFixed(1)),
  quantile(result.length, 0.5).toFixed(3), result.length.at(-1)?.toFixed(3) ?? '',
  (result.pss / 1e6).toFixed(1), result.cpu.toFixed(1), result.database.toFixed(1),
  result.double.toFixed(1), result.load.toFixed(1)];

/** The tables of `make bench`. */
export async function streaming(postgres) {
  const program = compile();
  const results = {};

  for (const [name, serve, paceMs] of [['they', theirs, 20], ['we', ours, 20],
    ['all', ours, 60]]) {
    const double = await startDouble(program, paceMs);

    try {
      console.log(`streams: ${serve === ours ? 'Lectern' : 'the quickstart'} at ${paceMs} ms`);
      results[name] = await serve(program, postgres, double);
      if (results[name].failed > 0) console.log(`failed: ${results[name].bad.join(', ')}`);
    } finally {
      await double.stop();
    }
    await pause(500);
  }
  const { they, we, all } = results;

  return [[
    [`${count} streams of ${tokens} tokens`, 'failed', 'open', 'first event p50 ms',
      'p99', 'first token p99 ms', 'duration/ideal p50', 'longest', 'PSS MB',
      'us/token', 'Postgres', 'double', 'readers'],
    row('quickstart, 20 ms a token', they),
    row('Lectern, 20 ms a token', we),
    row('Lectern, 60 ms: all at once', all),
  ], [
    ['', '', 'target'],
    ['streams that failed', String(we.failed + all.failed), '0'],
    ['first event p99, ms', quantile(we.first, 0.99).toFixed(1), '< 100'],
    ['first token p99, ms', quantile(we.token, 0.99).toFixed(1), '< 400'],
    ['duration / ideal, median', quantile(we.length, 0.5).toFixed(3), '< 1.05'],
    ['memory with all of them open (PSS), MB', (all.pss / 1e6).toFixed(1), '< 120'],
    ['CPU per token, quickstart / Lectern', (they.cpu / we.cpu).toFixed(1), '>= 10'],
  ]];
}
