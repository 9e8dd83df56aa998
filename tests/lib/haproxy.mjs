// The real HAProxy in front, whose connections to the server are shared by all
// clients.
//
//   const haproxy = await startHaproxy(lectern.port, ['http-request deny if ...']);
//   haproxy.url
//   await haproxy.stop();

import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { ended, freePort, signal, startAsOwner, temporaryFolder } from './process.mjs';
import { until, within } from './wait.mjs';

/** `lines`: what stands in the frontend besides. */
export async function startHaproxy(serverPort, lines = []) {
  const folder = temporaryFolder();
  const port = await freePort();
  const conf = path.join(folder, 'haproxy.cfg');

  writeFileSync(conf, `
defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
    timeout http-request 5s
    option forwardfor
    http-reuse always
frontend tests
    bind 127.0.0.1:${port}
    ${lines.join('\n    ')}
    default_backend lectern
backend lectern
    server one 127.0.0.1:${serverPort}
`);
  const child = startAsOwner('/usr/sbin/haproxy', ['-db', '-q', '-f', conf],
    { env: {}, cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  child.unref();
  const url = `http://127.0.0.1:${port}`;
  await until(() => fetch(`${url}/health`), 'HAProxy to serve');

  return { url,
    async stop() {
      signal(child.pid, 'SIGTERM');
      await within(ended(child), 'HAProxy to stop');
    } };
}
