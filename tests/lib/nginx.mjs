// The real nginx, as a limit of the machine or as a proxy in front.
//
//   const nginx = await startNginx([`location / { return 200; }`]);
//   nginx.urls[0]            // one for each server, in order
//   await nginx.stop();

import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { ended, freePort, signal, startAsOwner, temporaryFolder } from './process.mjs';
import { until, within } from './wait.mjs';

/** `servers`: what stands in the server block of each; `more`: beside them. */
export async function startNginx(servers, more = '') {
  const folder = temporaryFolder();
  const ports = await Promise.all(servers.map(() => freePort()));
  const conf = path.join(folder, 'nginx.conf');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${folder}/${name};`).join(' ');

  writeFileSync(conf, `
    worker_processes 2; daemon off; pid ${folder}/pid; error_log stderr crit;
    events { worker_connections 1024; }
    http {
      access_log off; keepalive_requests 100000000; ${temporary}
      ${more}
      ${servers.map((lines, n) => `server { listen 127.0.0.1:${ports[n]}; ${lines} }`)
        .join('\n')}
    }`);
  const child = startAsOwner('/usr/sbin/nginx', ['-c', conf, '-e', 'stderr'],
    { env: {}, cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  child.unref();
  const urls = ports.map((port) => `http://127.0.0.1:${port}`);
  for (const url of urls) await until(() => fetch(url), 'nginx to serve');

  return { urls,
    async stop() {
      signal(child.pid, 'SIGTERM');
      await within(ended(child), 'nginx to stop');
    } };
}
