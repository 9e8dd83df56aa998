// Backup and restore, by the commands that the handbook prints: what was there
// is there again, in an empty database.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { add, askWhole, conversation, reader } from '../lib/asking.mjs';
import { Client } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { startPostgres } from '../lib/postgres.mjs';
import { root, runAsOwner } from '../lib/process.mjs';
import { until } from '../lib/wait.mjs';

const handbook = readFileSync(path.join(root, 'assets/handbook/operations.md'), 'utf8');
const password = 'a-long-password-1';

/** The commands of the first block below a heading. */
function printed(heading) {
  const [, part] = handbook.split(`## ${heading}\n`);

  return part.split('```')[1].trim();
}

let postgres, lectern;

before(async () => {
  postgres = await startPostgres();
  lectern = await startLectern({ postgres });
});
after(async () => {
  await lectern.stop();
  await postgres.stop();
});

/** Runs commands of the handbook in the shell, as whoever owns the cluster. */
async function shell(commands, env = {}) {
  const { code, stdout, stderr } = await runAsOwner('/bin/bash', ['-euc', commands],
    { cwd: lectern.folder, env: { PATH: `/usr/lib/postgresql/15/bin:${process.env.PATH}`,
      PGHOST: postgres.socket, PGUSER: 'postgres', ...env } });

  assert.equal(code, 0, stderr);
  return stdout;
}

test('a dump of the running program, restored elsewhere, is the same', async () => {
  const anna = await reader(lectern);
  const { email } = anna.user;
  await add(anna, { title: 'Lamps', text: 'A lamp burns oil until the oil is gone.' });
  const answer = await askWhole(anna, 'What does a lamp burn?');
  assert.equal(answer.status, 200, answer.text);
  const before = await anna.post('/api/search', { query: 'lamp oil' });
  assert.ok(before.json.results.length > 0);

  await shell(printed('How do I back up Lectern?'), { DATABASE_URL: lectern.env.DATABASE_URL });
  await lectern.stop();
  const name = `restored_${process.pid}`;
  await shell(printed('How do I restore a backup?').replaceAll('lectern_restored', name));

  lectern.env.DATABASE_URL = postgres.url(name);
  await lectern.start();
  // The cookie of before still holds, for the key is the same.
  assert.equal((await anna.get('/api/auth/get-session')).json.user.email, email);
  const fresh = new Client(lectern.url);
  const signedIn = await fresh.post('/api/auth/sign-in/email', { email, password });
  assert.equal(signedIn.status, 200, signedIn.text);
  const again = await fresh.post('/api/search', { query: 'lamp oil' });
  assert.deepEqual(again.json.results, before.json.results);
  const { messages } = await conversation(fresh, answer.json.conversationId);
  assert.equal(messages.at(-1).text, answer.json.text);
  for (const { documentId, start, end, quote } of answer.json.citations) {
    const part = await fresh.request('GET', `/api/documents/${documentId}/text`,
      { headers: { range: `bytes=${start}-${end - 1}` } });
    assert.equal(part.text, quote);
  }
  // And it goes on: what is new is found, what is gone is not.
  const id = await add(fresh, { title: 'Wicks', text: 'A wick is made of cotton.' });
  const found = await until(async () => (await fresh.post('/api/search', { query: 'cotton wick' }))
    .json.results[0], 'the new document to be found');
  assert.equal(found.documentId, id.id ?? id);
});
