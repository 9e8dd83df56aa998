// Answers of 200 tokens at 20 ms, from Lectern (sessions, retrieval, citations,
// storing) and from its peers (session and model alone), before the same model
// double: 200 opened in one second, which are open at once, and 1,000 opened over
// ten (BENCH_STREAMS="200 1000"), for waiting times, durations and the processor's
// time. And 1,000 from Lectern at 60 ms, all open at once, for the memory. The
// double and the readers (streams.c) share the machine with the server: their own
// cost is told, too.

import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';

import { Client, signedUp } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { ended, freePort, root, temporaryFolder, treeCpu, treePss }
  from '../lib/process.mjs';
import { cookieOf, quantile } from './measure.mjs';
import { startBetterAuth, startQuickstart } from './peers.mjs';

const counts = (process.env.BENCH_STREAMS ?? '200 1000').split(/\s+/).map(Number);
const tokens = 200;
const question = 'How long does the warranty of the Zephyr last?';

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
async function run(program, server, { double, count, seconds }, cookies) {
  const { port } = new URL(server.url);
  const file = path.join(temporaryFolder(), 'requests');
  const streams = [];
  let pss, open;

  writeFileSync(file, Array.from({ length: count }, (_, n) =>
    requestOf(port, cookies[n % cookies.length])).join(''));
  const began = { server: treeCpu(server.pid), double: treeCpu(double.pid),
    database: treeCpu(server.database) };
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
    if (streams.length === count - 2) load = treeCpu(child.pid);
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
    cpu: (treeCpu(server.pid) - began.server) / total,
    database: (treeCpu(server.database) - began.database) / total,
    double: (treeCpu(double.pid) - began.double) / total,
    load: load / total };
}

/** Sessions of so many persons that none has more than five answers at once. */
async function signUps(url, count) {
  const people = Math.ceil(count / 5);
  const cookies = [];

  while (cookies.length < people) {
    cookies.push(...(await Promise.all(Array.from({ length: 4 }, () => signedUp(url))))
      .map(cookieOf));
  }
  return cookies;
}

async function ours(program, postgres, load) {
  const lectern = await startLectern({ postgres,
    env: { LLM_URL: load.double.url, LLM_MODEL: 'double' } });
  const text = path.join(temporaryFolder(), 'Kettle.md');

  try {
    writeFileSync(text, '# Kettle\n\nThe warranty of the Zephyr lasts thirty months. ' +
      'Keep the receipt.\n');
    const { code, stdout, stderr } = await lectern.run('ingest', '--shared', text);
    if (code !== 0) throw new Error(`ingest: ${stdout}${stderr}`);
    const cookies = await signUps(lectern.url, load.count);
    const result = await run(program, { url: lectern.url, pid: lectern.pid,
      database: postgres.pid }, load, cookies);

    result.restarts = lectern.restarts();
    return result;
  } finally {
    await lectern.stop();
  }
}

const peer = (start) => async (program, postgres, load) => {
  const person = { email: 'streams@example.com', password: 'correct horse 1' };
  const server = await start(postgres, person, load.double.url);

  try {
    return await run(program, { url: server.url, pid: server.pid, database: postgres.pid },
      load, [server.cookie]);
  } finally {
    await server.stop();
  }
};

const servers = { quickstart: peer(startQuickstart), 'better-auth': peer(startBetterAuth),
  Lectern: ours };

const row = (what, result) => [what, String(result.failed), String(result.open),
  ...[[result.first, 0.5], [result.first, 0.99], [result.token, 0.99]]
    .map(([list, q]) => quantile(list, q).toFixed(1)),
  quantile(result.length, 0.5).toFixed(3), result.length.at(-1)?.toFixed(3) ?? '',
  (result.pss / 1e6).toFixed(1), result.cpu.toFixed(1), result.database.toFixed(1),
  result.double.toFixed(1), result.load.toFixed(1)];

async function measure(program, postgres, name, count, seconds, paceMs) {
  const double = await startDouble(program, paceMs);

  try {
    console.log(`streams: ${name}, ${count} at ${paceMs} ms`);
    const result = await servers[name](program, postgres, { double, count, seconds });
    if (result.failed > 0) console.log(`failed: ${result.bad.join(', ')}`);
    return result;
  } finally {
    await double.stop();
    await pause(500);
  }
}

/** The tables of `make bench`. */
export async function streaming(postgres) {
  const program = compile();
  const tables = [];
  let failed = 0, we, they;

  for (const count of counts) {
    const seconds = Math.max(1, count / 100 - 1);
    const results = {};

    for (const name of Object.keys(servers)) {
      results[name] = await measure(program, postgres, name, count, seconds, 20);
    }
    tables.push([
      [`${count} streams of ${tokens} tokens`, 'failed', 'open', 'first event p50 ms',
        'p99', 'first token p99 ms', 'duration/ideal p50', 'longest', 'PSS MB',
        'us/token', 'Postgres', 'double', 'readers'],
      ...Object.entries(results).map(([name, result]) => row(name, result))]);
    ({ quickstart: they, Lectern: we } = results);
    failed += we.failed;
  }
  const most = Math.max(...counts);
  const all = await measure(program, postgres, 'Lectern', most, most / 100, 60);

  return [...tables, [
    ['', '', 'target'],
    ['streams that failed', String(failed + all.failed), '0'],
    [`first event p99 of ${counts.at(-1)}, ms`, quantile(we.first, 0.99).toFixed(1), '< 100'],
    ['first token p99, ms', quantile(we.token, 0.99).toFixed(1), '< 400'],
    ['duration / ideal, median', quantile(we.length, 0.5).toFixed(3), '< 1.05'],
    [`memory with ${all.open} of them open (PSS), MB`, (all.pss / 1e6).toFixed(1), '< 120'],
    ['CPU per token, quickstart / Lectern', (they.cpu / we.cpu).toFixed(1), '>= 10'],
  ]];
}
