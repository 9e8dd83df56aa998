// Many requests at the same moment, at two instances of two workers each.
//
//   const arena = await startArena();
//   const replies = await race(arena, 24, (i) => ({
//     op: 'DELETE /api/keys/{id}', at: { id }, who: anna, json: {} }));
//   ... what must be true in whichever order they were served ...
//   await calm(arena);
//
// Every request has a connection of its own, which is open, and holds its
// bytes back, until all of them are ready. `op` names an operation as
// /openapi.json does: race-chat.test.mjs looks that none is left out.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';

import { startModel } from '../doubles/model.mjs';
import { startLectern } from './lectern.mjs';
import { beside } from './running.mjs';
import { until } from './wait.mjs';
import { exchange } from './wire.mjs';

/** Two instances on one database, and a model if `withModel`. */
export async function startArena({ env = {}, withModel = false } = {}) {
  const model = withModel ? await startModel() : undefined;
  const all = { ...(model && { LLM_URL: model.url, LLM_MODEL: 'double' }), ...env };
  const first = await startLectern({ env: all });
  const second = await beside(first, { env: all });

  return { model, first, second, servers: [first, second],
    async stop() {
      await Promise.all([first.stop(), second.stop(), model?.stop()]);
    } };
}

/** The value that a statement returns, as text; a row a line. */
export const sql = ({ first }, statement) =>
  first.postgres.psql(first.database, statement);

/** Another browser of somebody: a copy of the jar. */
export function tabOf(client) {
  return { cookies: new Map(client.cookies), user: client.user };
}

/**
 * Sends `count` requests at once, half of them to each instance, and resolves
 * with their replies in order. make(i) tells each: {op, at, who, json, body,
 * form, headers, query, server}; `who` has `cookies`, `at` fills the path.
 */
export async function race(arena, count, make) {
  const runners = await Promise.all(Array.from({ length: count },
    (_, i) => ready(arena, make(i), i)));

  await until(() => runners.every(({ socket }) => socket.writableLength > 0),
    'all requests to stand at the line');
  for (const { socket } of runners) socket.uncork();
  const replies = await Promise.all(runners.map(({ reply }) => reply));
  for (const [i, { status, text }] of replies.entries()) {
    assert.ok(status < 500, `${make(i).op} answered ${status}: ${text}`);
  }
  return replies;
}

// Pairs of the same kind (i, i + 2) meet both instances.
const instanceOf = (arena, i) => arena.servers[(i + (i >> 1)) % 2];

async function ready(arena, { op, at = {}, who, headers = {}, query = '', server,
  ...content }, i) {
  const { url, port } = server ?? instanceOf(arena, i);
  const [method, template] = op.split(' ');
  const path = template.replace(/\{(\w+)\}/g, (_, name) => at[name]) + query;
  const cookie = [...who?.cookies ?? []].map((pair) => pair.join('=')).join('; ');
  const socket = net.connect(port, '127.0.0.1');

  await once(socket, 'connect');
  socket.cork();
  const agent = new http.Agent();
  agent.createConnection = () => socket;
  const reply = exchange(url, method, path, { agent, ...content,
    headers: { origin: url, ...(cookie && { cookie }), ...headers } });
  // It is awaited later; until then its failure is no stray one.
  reply.catch(() => {});
  return { socket, reply };
}

/** status -> how many replies had it. */
export function tally(replies) {
  const counts = {};

  for (const { status } of replies) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

/** The replies of 2xx; the others all have that status (and code). */
export function winners(replies, status, code) {
  const [won, lost] = [[], []];

  for (const reply of replies) (reply.status < 300 ? won : lost).push(reply);
  for (const reply of lost) {
    assert.equal(reply.status, status, reply.text);
    if (code) assert.equal(reply.json.code, code);
  }
  return won;
}

/** Nothing was lost on the way: no worker, no transaction, no failed request. */
export async function calm(arena) {
  for (const server of arena.servers) {
    assert.equal(server.restarts(), 0, server.tail());
    const bad = server.logs().filter((line) => line.level === 'error' ||
      /40P01|deadlock/.test(JSON.stringify(line)));
    assert.deepEqual(bad, []);
  }
  assert.equal(await sql(arena, `select deadlocks from pg_stat_database
    where datname = current_database()`), '0');
}
