// The peers: peers/quickstart.py on uvicorn and peers/better-auth.mjs on Node,
// each with two processes, on a database of its own in the same Postgres, with
// the same person signed up.
//
// A peer is {name, url, pid, startMs (until the first 200 of /health), idlePss,
// cookie, session: {path}, signIn: {path, script, headers}, stop()}.

import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { Client } from '../lib/http.mjs';
import { ended, freePort, root, run, signal, start, temporaryFolder, treePss }
  from '../lib/process.mjs';
import { until, within } from '../lib/wait.mjs';
import { cookieOf, postScript } from './measure.mjs';

// Debian's, whose packages it needs; another one may be first on the PATH.
const python = '/usr/bin/python3';

/** What both have: tables made, started, ended. */
async function startPeer(name, { port, prepare, serve, env, cwd }) {
  const url = `http://127.0.0.1:${port}`;
  const made = await run(...prepare, { env, cwd });

  if (made.code !== 0) throw new Error(`${name}: ${made.stderr}`);
  const began = performance.now();
  const server = start(...serve, { env, cwd, stdio: ['ignore', 'ignore', 'inherit'] });
  await until(async () => (await fetch(`${url}/health`)).ok, `${name} to serve`,
    { everyMs: 5, seconds: 30 });
  const startMs = performance.now() - began;
  // The other process, too.
  await pause(1500);
  return { name, url, pid: server.pid, startMs, idlePss: treePss(server.pid),
    async stop() {
      signal(-server.pid, 'SIGTERM');
      await within(ended(server), `${name} to stop`);
    } };
}

async function signIn(peer, body) {
  const client = new Client(peer.url);
  const reply = await client.request('POST', peer.signIn.path, body);

  if (reply.status !== 200) throw new Error(`${peer.name}: ${reply.status} ${reply.text}`);
  return cookieOf(client);
}

async function register(peer, where, body) {
  const reply = await fetch(peer.url + where, { method: 'POST',
    headers: { 'content-type': 'application/json', origin: peer.url },
    body: JSON.stringify(body) });

  if (!reply.ok) throw new Error(`${peer.name}'s sign-up: ${reply.status}`);
}

/** FastAPI; `model` is where it chats. */
export async function startQuickstart(postgres, { email, password }, model = '') {
  const cwd = path.join(root, 'tests/bench/peers');
  const port = await freePort();
  const database = await postgres.createDatabase();
  const peer = await startPeer('the quickstart', { port, cwd,
    prepare: [python, ['quickstart.py']],
    serve: [python, ['-m', 'uvicorn', 'quickstart:app', '--port', String(port),
      '--workers', '2', '--no-access-log', '--log-level', 'warning']],
    env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8', HOME: temporaryFolder(),
      PYTHONDONTWRITEBYTECODE: '1', LLM_URL: model,
      DATABASE_URL: `postgresql+psycopg2://lectern@/${database}?host=${postgres.socket}` } });

  peer.session = { path: '/api/auth/session' };
  peer.signIn = { path: '/api/auth/sign-in', headers: [],
    script: postScript('application/x-www-form-urlencoded',
      new URLSearchParams({ username: email, password })) };
  await register(peer, '/api/auth/register', { email, password });
  peer.cookie = await signIn(peer, { form: { username: email, password } });
  return peer;
}

/** better-auth; `model` is where it chats. */
export async function startBetterAuth(postgres, { email, password }, model = '') {
  const cwd = temporaryFolder();
  const port = await freePort();
  const database = await postgres.createDatabase();
  const program = path.join(root, 'tests/bench/peers/better-auth.mjs');
  const peer = await startPeer('better-auth', { port, cwd,
    prepare: [process.execPath, [program, 'migrate']],
    serve: [process.execPath, [program]],
    env: { PATH: process.env.PATH, HOME: cwd, PORT: String(port), LLM_URL: model,
      NODE_ENV: 'production',
      DATABASE_URL: `postgresql://lectern@localhost/${database}?host=${postgres.socket}` } });

  peer.session = { path: '/api/auth/get-session' };
  peer.signIn = { path: '/api/auth/sign-in/email', headers: [`origin: ${peer.url}`],
    script: postScript('application/json', JSON.stringify({ email, password })) };
  await register(peer, '/api/auth/sign-up/email', { name: 'Bench', email, password });
  peer.cookie = await signIn(peer, { json: { email, password },
    headers: { origin: peer.url } });
  return peer;
}
