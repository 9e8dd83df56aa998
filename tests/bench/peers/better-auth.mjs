// What Lectern is compared with on the account side: better-auth on Node as its
// documents show it. Two processes (node:cluster), the pg pool of ten, no rate
// limits, plain node:http; /health and a chat that passes a model's stream on,
// after a look at the session, beside it. It retrieves nothing.
//
//   DATABASE_URL=... PORT=... node better-auth.mjs migrate    makes the tables
//   DATABASE_URL=... PORT=... LLM_URL=... node better-auth.mjs

import cluster from 'node:cluster';
import http from 'node:http';

import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import { fromNodeHeaders, toNodeHandler } from 'better-auth/node';
import pg from 'pg';

const port = Number(process.env.PORT);
const agent = new http.Agent({ keepAlive: true, maxFreeSockets: 100 });
const auth = betterAuth({
  baseURL: `http://127.0.0.1:${port}`,
  secret: 'a secret for the benchmark alone, 0123456789',
  database: new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 }),
  emailAndPassword: { enabled: true },
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
});

function send(response, status, value) {
  const body = JSON.stringify(value);

  response.writeHead(status, { 'content-type': 'application/json',
    'content-length': Buffer.byteLength(body) }).end(body);
}

async function bodyOf(request) {
  const pieces = [];

  for await (const piece of request) pieces.push(piece);
  return JSON.parse(Buffer.concat(pieces));
}

function passOn(answer, response) {
  let rest = '';

  response.writeHead(200, { 'content-type': 'text/event-stream',
    'cache-control': 'no-cache' });
  answer.setEncoding('utf8').on('data', (piece) => {
    const lines = (rest + piece).split('\n');
    rest = lines.pop();
    for (const line of lines) {
      if (!line.startsWith('data: ') || line.startsWith('data: [DONE]')) continue;
      const token = JSON.parse(line.slice(6)).choices[0]?.delta?.content;
      if (token) response.write(`data: ${JSON.stringify({ token })}\n\n`);
    }
  }).on('end', () => response.end('data: [DONE]\n\n'));
}

async function chat(request, response) {
  const session = await auth.api.getSession({ headers: fromNodeHeaders(request.headers) });
  if (!session) return send(response, 401, { error: 'Not signed in' });
  const { message } = await bodyOf(request);
  const asked = http.request(`${process.env.LLM_URL}/chat/completions`, { method: 'POST',
    agent, headers: { 'content-type': 'application/json' } });

  response.on('close', () => asked.destroy());
  asked.on('response', (answer) => passOn(answer, response));
  asked.on('error', () => response.destroy());
  asked.end(JSON.stringify({ model: 'double', stream: true,
    messages: [{ role: 'user', content: message }] }));
}

function serve() {
  const handler = toNodeHandler(auth);

  http.createServer((request, response) => {
    if (request.url === '/health') {
      send(response, 200, { status: 'healthy', timestamp: new Date().toISOString() });
    } else if (request.url.startsWith('/api/auth/')) handler(request, response);
    else chat(request, response).catch(() => send(response, 500, { error: 'Internal' }));
  }).listen({ port, host: '127.0.0.1', backlog: 4096 });
}

if (process.argv[2] === 'migrate') {
  await (await getMigrations(auth.options)).runMigrations();
  process.exit(0);
}
if (cluster.isPrimary) {
  process.on('SIGTERM', () => {
    for (const worker of Object.values(cluster.workers)) worker.kill();
    process.exit(0);
  });
  cluster.fork();
  cluster.fork();
} else serve();
