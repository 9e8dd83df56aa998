// Slow clients by the thousand: who sends a header or a body byte by byte, and
// who does not read what was asked for. Everybody else is served as if they
// were not there, they are let go in time, and their memory comes back.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { after, before, test } from 'node:test';

import { startModel } from '../doubles/model.mjs';
import { signedUp } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { startTraffic } from '../lib/traffic.mjs';
import { until } from '../lib/wait.mjs';

const MIB = 1024 * 1024;

let model, lectern, anna, cookie, traffic, memory;

before(async () => {
  model = await startModel();
  lectern = await startLectern({ env: { LLM_URL: model.url, LLM_MODEL: 'double',
    QUOTA_USER_MB: '60' }, confEdits: [[/http_body_timeout\s+\d+/, 'http_body_timeout 20']] });
  anna = await signedUp(lectern.url);
  cookie = [...anna.cookies].map((pair) => pair.join('=')).join('; ');
  traffic = await startTraffic({ servers: [lectern], people: 4, pauseMs: 5 });
  await traffic.flows();
  memory = lectern.pss();
});
after(async () => {
  await traffic?.stop();
  await lectern?.stop();
  await model?.stop();
});

/** That many clients who send the head at once and then drip, each second. */
async function crowd(count, head, drip) {
  const sockets = await Promise.all(Array.from({ length: count }, async () => {
    const socket = net.connect(lectern.port, '127.0.0.1');

    socket.on('error', () => {});
    socket.got = '';
    await once(socket, 'connect');
    socket.write(head);
    return socket;
  }));
  const timer = drip && setInterval(() => {
    for (const socket of sockets) if (!socket.destroyed) socket.write(drip);
  }, 1000);

  return { sockets,
    isGone: () => sockets.every(({ destroyed }) => destroyed),
    leave() {
      clearInterval(timer);
      for (const socket of sockets) socket.destroy();
    } };
}

const lines = (...list) => [...list, '', ''].join('\r\n');

/** What goes on beside it is served without a fault, and memory comes back. */
async function beside(work) {
  const before = traffic.requests;

  await work();
  await traffic.flows();
  assert.deepEqual(traffic.odd.slice(0, 5), []);
  assert.ok(traffic.requests > before + 100, 'the others went on');
  await until(() => {
    const kept = (lectern.pss() - memory) / MIB;
    if (kept < 60) return true;
    throw new Error(`${kept.toFixed(1)} MiB are kept`);
  }, 'the memory to be given back', { seconds: 30, everyMs: 500 });
  assert.equal(lectern.restarts(), 0, lectern.tail());
}

test('a thousand who never finish a header are let go after its time', () => beside(async () => {
  const slow = await crowd(1000, 'GET /health HTTP/1.1\r\nHost: a\r\nX-Slow: ', 'a');

  for (const socket of slow.sockets) socket.resume();
  await until(slow.isGone, 'them to be let go', { seconds: 30, everyMs: 200 });
  slow.leave();
}));

test('a thousand who never finish a body are let go after its time', () => beside(async () => {
  const slow = await crowd(1000, lines('POST /api/documents HTTP/1.1', 'Host: a',
    `Cookie: ${cookie}`, `Origin: ${lectern.url}`, 'Content-Type: text/plain',
    'Content-Length: 1000000'), 'a');

  for (const socket of slow.sockets) socket.resume();
  await until(slow.isGone, 'them to be let go', { seconds: 60, everyMs: 200 });
  slow.leave();
}));

test('a thousand who do not read cost little, whatever they asked for', () => beside(async () => {
  const { json } = await anna.post('/api/documents?filename=large.txt', undefined,
    { body: 'The lamp burns in the hall.\n'.repeat(500_000), headers: { 'content-type': 'text/plain' } });
  const { id } = json.document;
  await until(async () => (await anna.get(`/api/documents/${id}`)).json.document.status === 'ready',
    'the document to be ready', { seconds: 60 });
  const slow = await crowd(1000, lines(`GET /api/documents/${id}/text HTTP/1.1`, 'Host: a',
    `Cookie: ${cookie}`));
  let most = 0;

  // The kernel's buffers hold a part; the server one slice for each of them.
  for (const socket of slow.sockets) socket.pause();
  const began = performance.now();
  await until(async () => {
    most = Math.max(most, lectern.pss() - memory);
    return performance.now() - began > 15_000;
  }, 'a while', { seconds: 20, everyMs: 200 });
  slow.leave();
  assert.ok(most < 100 * MIB, `${(most / MIB).toFixed()} MiB`);
}));
