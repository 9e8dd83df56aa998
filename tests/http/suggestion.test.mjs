// What could be asked: headings of one's own newest documents, of the shared
// library for who has none, and never of somebody else's.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Client, signedUp } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { sql } from '../lib/running.mjs';
import { until } from '../lib/wait.mjs';

let lectern;

before(async () => { lectern = await startLectern(); });
after(async () => {
  assert.equal(lectern?.restarts(), 0, 'a worker was lost');
  await lectern?.stop();
});

const suggested = async (client) => {
  const reply = await client.get('/api/suggestions');

  assert.equal(reply.status, 200, reply.text);
  return reply.json.suggestions;
};

/** A Markdown document with these headings below its title. */
async function paper(client, title, ...headings) {
  const text = `# ${title}\n\n${headings.map((heading) =>
    `## ${heading}\n\nThere are words below it.\n`).join('\n')}\nThe end.\n`;
  const reply = await client.request('POST', `/api/documents?filename=${title}.md`,
    { body: text, headers: { 'content-type': 'text/markdown' } });

  assert.equal(reply.status, 201, reply.text);
  const { id } = reply.json.document;
  await until(async () => (await client.get(`/api/documents/${id}`)).json.document.status === 'ready',
    'the document to be ready', { seconds: 30 });
  return id;
}

test('they are headings of one\'s own documents, the newest first, each in its turn', async () => {
  const anna = await signedUp(lectern.url);
  const older = await paper(anna, 'Older', 'Alpha', 'Beta');
  const newer = await paper(anna, 'Newer', 'Gamma');
  const plain = await paper(anna, 'Plain');

  assert.deepEqual(await suggested(anna), [
    { documentId: plain, title: 'Plain', heading: null },
    { documentId: newer, title: 'Newer', heading: 'Gamma' },
    { documentId: older, title: 'Older', heading: 'Alpha' },
    { documentId: older, title: 'Older', heading: 'Beta' }]);

  await anna.delete(`/api/documents/${newer}`);
  assert.equal((await suggested(anna)).some(({ documentId }) => documentId === newer), false,
    'a deleted document is suggested');
});

test('somebody without documents gets the library\'s, and never another one\'s', async () => {
  const owner = await signedUp(lectern.url);
  const ben = await signedUp(lectern.url);
  const shared = await paper(owner, 'Library', 'Delta');

  assert.deepEqual(await suggested(ben), []);
  await sql(lectern, `update documents set owner = null where id = '${shared}'`);
  assert.deepEqual(await suggested(ben),
    [{ documentId: shared, title: 'Library', heading: 'Delta' }]);
});

test('nobody gets none', async () => {
  assert.equal((await new Client(lectern.url).get('/api/suggestions')).status, 401);
});
