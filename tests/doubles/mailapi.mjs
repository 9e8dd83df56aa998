// A mail provider's HTTP API on loopback, as Resend's.
//
//   const api = await startMailApi({ key: 're_123' });
//   api.statuses.push(500, 200);     // of the next requests; the last stays
//   await api.request(1)             // {status, headers, json}

import http from 'node:http';

import { freePort } from '../lib/process.mjs';
import { until } from '../lib/wait.mjs';

export async function startMailApi({ key } = {}) {
  const api = { statuses: [200], requests: [] };
  const port = await freePort();
  const server = http.createServer((request, response) => {
    const parts = [];

    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      const status = key && request.headers.authorization !== `Bearer ${key}` ? 401
        : api.statuses.length > 1 ? api.statuses.shift() : api.statuses[0];

      api.requests.push({ status, method: request.method, path: request.url,
        headers: request.headers, json: JSON.parse(Buffer.concat(parts).toString()) });
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ id: 'x' }));
    });
  });

  api.url = `http://127.0.0.1:${port}/emails`;
  api.request = async (n, seconds = 15) => {
    await until(() => api.requests.length >= n, `request ${n} at the API`, { seconds });
    return api.requests[n - 1];
  };
  api.stop = () => new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  });
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  return api;
}
