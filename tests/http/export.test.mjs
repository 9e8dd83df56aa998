// Everything of a person as one archive, and nothing of anybody else.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { askWhole } from '../lib/asking.mjs';
import { signedUp } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { temporaryFolder } from '../lib/process.mjs';
import { until } from '../lib/wait.mjs';
import { exchange } from '../lib/wire.mjs';

let lectern;

before(async () => { lectern = await startLectern(); });
after(async () => {
  assert.equal(lectern.restarts(), 0, lectern.tail());
  await lectern.stop();
});

const sql = (text) => lectern.postgres.psql(lectern.database, text);
const python = (program, ...args) => execFileSync('python3', ['-c', program, ...args],
  { maxBuffer: 1 << 30 });

/** The entries of an archive as {name: bytes}, read by Python's zipfile. */
function unpacked(bytes) {
  const file = path.join(temporaryFolder(), 'export.zip');

  writeFileSync(file, bytes);
  const list = JSON.parse(python(`
import base64, json, sys, zipfile
archive = zipfile.ZipFile(sys.argv[1])
assert archive.testzip() is None
print(json.dumps([[i.filename, base64.b64encode(archive.read(i)).decode()]
    for i in archive.infolist()]))`, file));
  assert.equal(new Set(list.map(([name]) => name)).size, list.length, 'a name twice');
  return Object.fromEntries(list.map(([name, text]) => [name, Buffer.from(text, 'base64')]));
}

async function exported(person) {
  const reply = await person.get('/api/export');

  assert.equal(reply.status, 200, reply.text);
  return { reply, files: unpacked(reply.bytes) };
}

const upload = async (person, filename, body) => {
  const reply = await person.request('POST',
    `/api/documents?filename=${encodeURIComponent(filename)}`,
    { body, headers: { 'content-type': 'text/plain' } });

  assert.equal(reply.status, 201, reply.text);
  return reply.json.document;
};

test('the archive holds the account, each document and each conversation', async () => {
  const ann = await signedUp(lectern.url, { name: 'Ann Ünal' });
  const rules = 'Ältere Fassung: 閲覧室.\r\nEnd';
  await upload(ann, 'Regeln für später 閲.txt', rules);
  await ann.post('/api/documents', { title: 'Notes: "a/b"', text: 'Pasted.' });
  const { key, apiKey } = (await ann.post('/api/keys', { name: 'script' })).json;
  const chat = (await askWhole(ann, 'What of the lamp? ../..')).json;
  await ann.post(`/api/messages/${chat.messageId}/feedback`, { rating: -1, comment: 'No.' });
  const { reply, files } = await exported(ann);

  assert.equal(reply.headers.get('content-type'), 'application/zip');
  assert.match(reply.headers.get('content-disposition'),
    /^attachment; filename="lectern-\d{4}-\d\d-\d\d\.zip"$/);
  assert.equal(reply.headers.get('cache-control'), 'no-store');
  assert.equal(Number(reply.headers.get('content-length')), reply.bytes.length);

  const account = JSON.parse(files['account.json']);
  assert.equal(account.user.email, ann.email);
  assert.equal(account.user.name, 'Ann Ünal');
  assert.equal(account.sessions.length, 1);
  assert.deepEqual(account.apiKeys.map(({ id, name }) => [id, name]), [[apiKey.id, 'script']]);
  assert.equal(account.documents.length, 2);
  assert.ok(account.events.some(({ event }) => event === 'api_key_created'));
  assert.equal(files['documents/Regeln für später 閲.txt'].toString(), rules);
  const names = Object.keys(files);
  const pasted = names.find((name) => name.startsWith('documents/Notes_ _a_b_ ('));
  assert.match(pasted, / \([0-9a-zA-Z]{8}\)\.(txt|md)$/);
  assert.equal(files[pasted].toString(), 'Pasted.');
  const talk = names.filter((name) => name.startsWith('conversations/'));
  assert.equal(talk.length, 1);
  assert.match(talk[0], /^conversations\/[^/]+ \([0-9a-zA-Z]{8}\)\.json$/);
  const conversation = JSON.parse(files[talk[0]]);
  assert.equal(conversation.id, chat.conversationId);
  assert.deepEqual(conversation.messages.map(({ role }) => role), ['user', 'assistant']);
  assert.equal(conversation.messages[1].feedback.rating, -1);
  assert.equal(conversation.messages[1].feedback.comment, 'No.');

  const everything = Object.values(files).map(String).join('\n');
  const hashes = (await sql(`select password_hash from users where id = '${ann.user.id}'
    union all select session_token from sessions where user_id = '${ann.user.id}'
    union all select hash from api_keys where user_id = '${ann.user.id}'`)).split('\n');
  for (const secret of [key, ...hashes]) assert.ok(!everything.includes(secret));
});

test('nothing of anybody else is in it, nor what was deleted', async () => {
  const ann = await signedUp(lectern.url);
  const bob = await signedUp(lectern.url, { name: 'Somebody Else' });
  await upload(bob, 'secret.txt', 'The zwickmuehle is under the stairs.');
  await askWhole(bob, 'Where is the zwickmuehle?');
  await bob.post('/api/keys', { name: 'zwickmuehle key' });
  const gone = await upload(ann, 'gone.txt', 'Regretted.');
  await ann.delete(`/api/documents/${gone.id}`);
  await sql(`insert into documents (id, owner, title, media_type, size, sha256)
    values (md5('shared'), null, 'zwickmuehle, shared', 'text/plain', 1, repeat('0', 64))
    on conflict do nothing`);
  const { files } = await exported(ann);

  assert.deepEqual(Object.keys(files), ['account.json']);
  assert.doesNotMatch(String(files['account.json']), /zwickmuehle|Somebody Else|gone\.txt/);
  assert.ok(!String(files['account.json']).includes(bob.email));
});

test('large documents come through whole, in bounded memory', async () => {
  const ann = await signedUp(lectern.url);
  // Put in place as if read already: the reader's memory is not looked at here.
  for (const n of [0, 1]) {
    await sql(`with line as (select convert_to(repeat('${n}: Lampe ü' || chr(10), 1000000 + ${n}),
        'UTF8') as bytes), stored as (
      insert into documents (owner, title, filename, media_type, size, sha256, status)
      select '${ann.user.id}', 'Large', 'large-${n}.txt', 'text/plain', octet_length(bytes),
        encode(sha256(bytes), 'hex'), 'ready' from line returning id)
      insert into originals select id, bytes from stored, line`);
  }
  const idle = lectern.pss();
  let highest = 0;
  const timer = setInterval(() => { highest = Math.max(highest, lectern.pss()); }, 25);
  const { files } = await exported(ann).finally(() => clearInterval(timer));

  for (const n of [0, 1]) {
    assert.ok(files[`documents/large-${n}.txt`].equals(
      Buffer.from(`${n}: Lampe ü\n`.repeat(1_000_000 + n))), `large-${n}.txt differs`);
  }
  assert.ok(highest > 0, 'it was looked at');
  assert.ok(highest - idle < 48 << 20, `${highest - idle} bytes more than idle`);
});

test('the server answers others while an archive is made', async () => {
  const ann = await signedUp(lectern.url);
  for (let n = 0; n < 2; n++) {
    await upload(ann, `busy-${n}.txt`, `${n}: lamp\n${'-'.repeat(70)}\n`.repeat(50_000));
  }
  let isOver = false;
  const archive = ann.get('/api/export').finally(() => { isOver = true; });
  let asked = 0;
  while (!isOver) {
    const reply = await exchange(lectern.url, 'GET', '/health', { seconds: 2 });
    assert.equal(reply.status, 200);
    asked++;
  }
  assert.equal((await archive).status, 200);
  assert.ok(asked > 3, `${asked} answers meanwhile`);
});

test('whoever leaves takes nothing down, and leaves no file behind', async () => {
  const ann = await signedUp(lectern.url);
  await upload(ann, 'left.txt', 'lamp '.repeat(2_000_000));
  for (let n = 0; n < 5; n++) {
    const leaving = new AbortController();
    const asked = ann.open('GET', '/api/export', { signal: leaving.signal })
      .then((response) => response.body.getReader().read());
    await Promise.race([asked.catch(() => {}), exchange(lectern.url, 'GET', '/health')]);
    leaving.abort();
    await asked.catch(() => {});
  }
  assert.equal(Object.keys((await exported(ann)).files).length, 2);
  await until(() => python(`
import glob, os, sys
left = [f for pid in sys.argv[1:] for f in glob.glob(f'/proc/{pid}/fd/*')
    if 'lectern-export' in os.readlink(f)]
print(len(left))`, ...children(lectern.pid)).toString().trim() === '0', 'the files to be closed');
});

function children(pid) {
  return python(`
import glob, sys
for stat in glob.glob('/proc/[0-9]*/stat'):
    try:
        fields = open(stat).read().rsplit(')', 1)[1].split()
    except OSError:
        continue
    if fields[1] == sys.argv[1]:
        print(stat.split('/')[2])`, String(pid)).toString().split();
}

test('it asks for a session, makes nothing for HEAD, and is noted', async () => {
  const ann = await signedUp(lectern.url);

  assert.equal((await exchange(lectern.url, 'GET', '/api/export')).status, 401);
  const head = await ann.request('HEAD', '/api/export');
  assert.deepEqual([head.status, head.headers.get('content-type'),
    head.headers.get('content-length'), head.bytes.length], [200, 'application/zip', null, 0]);
  assert.equal((await ann.get('/api/export')).status, 200);
  assert.equal(await sql(`select count(*) from audit where event = 'data_exported'
    and user_id = '${ann.user.id}'`), '1');
});

test('asking for it again and again is limited', async () => {
  const strict = await startLectern({ env: { RATE_LIMIT: 'on' } });
  try {
    const ann = await signedUp(strict.url);
    const seen = [];
    for (let n = 0; n < 11; n++) seen.push((await ann.get('/api/export')).status);
    assert.deepEqual(seen, [...Array(10).fill(200), 429]);
  } finally {
    await strict.stop();
  }
});
