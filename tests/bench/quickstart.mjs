// The peer: peers/quickstart.py on uvicorn with two workers, on a database of
// its own in the same Postgres, with the same person signed up.

import { copyFileSync } from 'node:fs';
import path from 'node:path';

import { ended, freePort, root, runAsOwner, signal, startAsOwner, temporaryFolder }
  from '../lib/process.mjs';
import { until, within } from '../lib/wait.mjs';
import { postScript } from './measure.mjs';

// Debian's, whose packages it needs; another one may be first on the PATH.
const python = '/usr/bin/python3';

/** {url, pid, script: its sign-in for wrk, stop}; `model` is where it chats. */
export async function startQuickstart(postgres, { email, password }, model = '') {
  const folder = temporaryFolder();
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const database = await postgres.createDatabase();
  const env = { PATH: process.env.PATH, LC_ALL: 'C.UTF-8', HOME: folder, LLM_URL: model,
    DATABASE_URL: `postgresql+psycopg2://lectern@/${database}?host=${postgres.socket}` };

  // A copy, since the checkout may lie where the owner cannot look.
  copyFileSync(path.join(root, 'tests/bench/peers/quickstart.py'),
    path.join(folder, 'quickstart.py'));
  const { code, stderr } = await runAsOwner(python, ['quickstart.py'], { env, cwd: folder });
  if (code !== 0) throw new Error(`quickstart.py: ${stderr}`);
  const server = startAsOwner(python, ['-m', 'uvicorn', 'quickstart:app', '--port',
    String(port), '--workers', '2', '--no-access-log', '--log-level', 'warning'],
  { env, cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });

  await until(async () => (await fetch(`${url}/health`)).ok, 'the quickstart to serve');
  const reply = await fetch(`${url}/api/auth/register`, { method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password }) });
  if (!reply.ok) throw new Error(`the quickstart's sign-up: ${reply.status}`);

  return {
    url,
    pid: server.pid,
    script: postScript('application/x-www-form-urlencoded',
      new URLSearchParams({ username: email, password })),
    async stop() {
      signal(-server.pid, 'SIGTERM');
      await within(ended(server), 'the quickstart to stop');
    },
  };
}
