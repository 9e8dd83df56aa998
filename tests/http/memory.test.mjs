// Large documents pass through the program without staying in its memory.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { signedUp } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { until } from '../lib/wait.mjs';

const MIB = 1024 * 1024;
const READS = 20;
const AT_ONCE = 5;
// More than what remains by chance, and less than connections that are kept
// hold on to: about 90 MiB.
const KEPT_MAX = 50 * MIB;

let lectern, anna;

before(async () => {
  lectern = await startLectern({ env: { QUOTA_USER_MB: '60' } });
  anna = await signedUp(lectern.url);
});
after(async () => {
  assert.equal(lectern.restarts(), 0, lectern.tail());
  await lectern.stop();
});

test('a text of 15 MiB that was read twenty times leaves no trace in memory', async () => {
  const line = 'The kettle boils one litre of water in 140 seconds, as it did before.\n';
  const text = line.repeat(Math.ceil(15 * MIB / line.length));
  const before = lectern.pss();

  const reply = await anna.post('/api/documents?filename=long.txt', undefined,
    { body: text, headers: { 'content-type': 'text/plain' } });
  assert.equal(reply.status, 201, reply.text);
  const path = `/api/documents/${reply.json.document.id}`;
  const read = () => anna.get(`${path}/text`);
  await until(async () => {
    const { document } = (await anna.get(path)).json;
    assert.notEqual(document.status, 'failed');
    return document.status === 'ready';
  }, 'the document to be ready', { seconds: 120, everyMs: 200 });

  // At once, so that they go through as many connections to the database.
  for (let i = 0; i < READS; i += AT_ONCE) {
    const replies = await Promise.all(Array.from({ length: AT_ONCE }, read));
    for (const { status, bytes } of replies) {
      assert.equal(status, 200);
      assert.equal(bytes.length, text.length);
    }
  }
  await until(() => {
    const kept = lectern.pss() - before;
    if (kept < KEPT_MAX) return true;
    throw new Error(`${(kept / MIB).toFixed(1)} MiB are kept`);
  }, 'the memory to be given back', { everyMs: 200 });
});
