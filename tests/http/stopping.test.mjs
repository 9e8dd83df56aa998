// SIGTERM: what is under way ends in order and is kept, what has not begun is
// left to the next start, and all is over within eight seconds, whenever the
// signal comes and however often.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';

import { startModel } from '../doubles/model.mjs';
import { add, lastMessage, question, reader } from '../lib/asking.mjs';
import { Client, signedUp } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { startPrivatePostgres } from '../lib/postgres.mjs';
import { processTree, signal } from '../lib/process.mjs';
import { begin, sql, words } from '../lib/running.mjs';
import { until } from '../lib/wait.mjs';

const SOON = 8000;

/** Stops it, and sees that it did so in time, by itself and wholly. */
async function stopped(lectern, ms = SOON) {
  const all = processTree(lectern.pid);
  const end = await lectern.stop();

  assert.equal(end.code, 0, `${end.signal}\n${lectern.tail()}`);
  assert.ok(end.ms < ms, `${end.ms} ms\n${lectern.tail()}`);
  assert.equal(lectern.restarts(), 0, lectern.tail());
  await until(() => all.every((pid) => !signal(pid, 0)), 'all processes to be gone');
  return end;
}

/** A socket that has sent the beginning of an upload. */
async function uploading(client, name, body, total) {
  const { hostname, port } = new URL(client.url);
  const socket = net.connect(Number(port), hostname);
  const cookie = [...client.cookies].map((pair) => pair.join('=')).join('; ');
  let text = '';

  socket.on('data', (part) => { text += part; });
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(`POST /api/documents?filename=${name} HTTP/1.1\r\nHost: ${hostname}:${port}\r\n`
    + `Origin: ${client.url}\r\nCookie: ${cookie}\r\nContent-Type: text/plain\r\n`
    + `Content-Length: ${total}\r\n\r\n${body}`);
  return { socket, text: () => text };
}

/** The signal has reached the workers: they answer for the last time, or not at all. */
const isAsked = (lectern) => new Client(lectern.url).get('/health')
  .then(({ headers }) => headers.get('connection') === 'close', () => true);

describe('an idle server', () => {
  test('stops at once, open connections or not', async () => {
    const lectern = await startLectern();
    const { hostname, port } = new URL(lectern.url);
    const silent = net.connect(Number(port), hostname);
    silent.on('error', () => {});
    await once(silent, 'connect');
    await fetch(`${lectern.url}/health`);
    await stopped(lectern, 3000);
    silent.destroy();
  });

  test('stops as well when it is asked again and again', async () => {
    const lectern = await startLectern();
    const again = setInterval(() => signal(lectern.pid, 'SIGTERM'), 5);
    try {
      await stopped(lectern, 3000);
    } finally {
      clearInterval(again);
    }
  });

  test('stops when the whole group gets the signal, as from a terminal', async () => {
    const lectern = await startLectern();
    signal(-lectern.pid, 'SIGINT');
    await stopped(lectern, 3000);
  });

  test('stops while it starts, whenever the signal comes', async () => {
    for (let ms = 0; ms <= 240; ms += 40) {
      const lectern = await startLectern({ migrate: false, ready: 'none' });
      await new Promise((resolve) => { setTimeout(resolve, ms); });
      const all = processTree(lectern.pid);
      const end = await lectern.stop();

      assert.ok(end.code === 0 || end.signal === 'SIGTERM', `${ms}: ${end.code} ${end.signal}`);
      assert.ok(end.ms < SOON, `${ms}: ${end.ms} ms\n${lectern.tail()}`);
      await until(() => all.every((pid) => !signal(pid, 0)), `${ms}: all to be gone`);
    }
  });

  test('stops in the middle of a migration, and the next start makes it', async (t) => {
    const postgres = await startPrivatePostgres();
    t.after(() => postgres.stop());
    const database = await postgres.createDatabase();
    // Held by somebody else: the lock that every migration begins with.
    const holding = postgres.psql(database, `begin;
      select pg_advisory_xact_lock(5431987120436); select pg_sleep(600)`).catch(() => {});
    await until(async () => await postgres.psql('postgres',
      "select count(*) from pg_locks where locktype = 'advisory' and granted") === '1', 'the lock');
    const lectern = await startLectern({ postgres, database, migrate: false, ready: 'health' });
    await until(async () => await postgres.psql('postgres',
      "select count(*) from pg_locks where locktype = 'advisory' and not granted") >= '1',
    'the migration to wait');
    await stopped(lectern);

    await postgres.psql('postgres', `select pg_terminate_backend(pid) from pg_stat_activity
      where query like '%pg_sleep(600)%' and pid <> pg_backend_pid()`);
    await holding;
    assert.equal(await postgres.psql(lectern.database,
      "select count(*) from pg_tables where schemaname = 'public'"), '0');
    await lectern.start();
    await stopped(lectern);
  });
});

describe('a busy server', () => {
  let model, lectern;

  before(async () => {
    model = await startModel();
    lectern = await startLectern({ env: { LLM_URL: model.url, LLM_MODEL: 'double' } });
  });
  after(async () => {
    await model.stop();
  });

  test('ends its streams in order and keeps what was said', async () => {
    const anna = await reader(lectern);

    model.behave({ delayMs: 100 });
    for (let i = 0; i < 3; i++) model.script(words(200));
    const running = [await begin(anna, { message: question }),
      await begin(anna, { message: question }), await begin(anna, { message: question })];
    for (const one of running) await one.text(20);
    const asked = model.requests.length;
    await stopped(lectern);
    for (const one of running) {
      const parts = await one.end(2);
      assert.equal(one.lost, undefined, 'the stream ends as streams do');
      assert.equal(parts.at(-1), '[DONE]');
      assert.equal(await sql(lectern, `select status from messages
        where id = '${one.messageId}'`), 'stopped');
      const kept = await sql(lectern, `select text from messages where id = '${one.messageId}'`);
      assert.ok(kept.startsWith(one.seen().trimEnd().trim()) ||
        one.seen().trim().startsWith(kept.trim()), 'what was seen is what is kept');
      assert.ok(one.seen().length > 20);
    }
    model.behave({});
    assert.ok(model.requests.slice(asked - 3).every(({ aborted }) => aborted !== null),
      'the calls to the model are ended');
    assert.equal(await sql(lectern, 'select count(*) from answers'), '0');
    await lectern.start();
    assert.equal((await lastMessage(anna, running[0].id)).status, 'stopped');
  });

  test('takes no new request, and lets those end that have begun', async () => {
    const anna = await signedUp(lectern.url, { email: 'late@example.com' });
    const first = 'a '.repeat(5000), rest = 'b '.repeat(5000);
    const total = first.length + rest.length;
    const whole = await uploading(anna, 'whole.txt', first, total);
    const half = await uploading(anna, 'half.txt', first, total);
    const began = performance.now();
    const stopping = stopped(lectern);
    await until(() => isAsked(lectern), 'the signal to arrive');
    whole.socket.write(rest);
    await until(() => whole.text().includes('\r\n\r\n'), 'the reply to the upload');
    assert.match(whole.text(), /^HTTP\/1\.1 201 /);
    assert.ok(performance.now() - began < 5000);
    await stopping;
    await until(() => half.socket.closed, 'the other to be closed');
    assert.equal(await sql(lectern, "select string_agg(filename, ' ') from documents where owner = "
      + `'${anna.user.id}'`), 'whole.txt');
    await lectern.start();
    await until(async () => (await anna.get('/api/documents')).json.documents
      .every(({ status }) => status === 'ready'), 'what was uploaded to be read');
    half.socket.destroy();
  });

  test('gives back the document that it was reading, and the next start reads it', async () => {
    const anna = await signedUp(lectern.url, { email: 'reading@example.com' });
    const text = Array.from({ length: 200000 }, (_, i) => `Lamp ${i} burns oil ${i * 7}.`).join(' ');
    const reply = await anna.request('POST', '/api/documents?filename=long.txt',
      { body: text, headers: { 'content-type': 'text/plain' } });
    assert.equal(reply.status, 201);
    const { id } = reply.json.document;
    const status = () => sql(lectern, `select status from documents where id = '${id}'`);
    await until(async () => await status() === 'processing', 'the reading to begin', { everyMs: 2 });
    await stopped(lectern);
    assert.ok(['queued', 'processing', 'ready'].includes(await status()));
    const began = performance.now();
    await lectern.start();
    await until(async () => await status() === 'ready', 'the document to be read', { seconds: 60 });
    assert.ok(performance.now() - began < 30000, 'no lease had to run out');
    const found = await anna.post('/api/search', { query: 'lamp 199999' });
    assert.equal(found.json.results[0].documentId, id);
  });

  test('answers in whole by JSON or to OpenAI clients within the time', async () => {
    const anna = await reader(lectern);

    await add(anna, { title: 'More', text: 'The lamp burns oil.' });
    model.behave({ delayMs: 20 });
    model.script(words(40));
    const whole = anna.post('/api/chat', { message: question },
      { headers: { accept: 'application/json' } });
    await until(() => model.requests.at(-1)?.tokens > 3, 'the model to speak');
    await stopped(lectern);
    const reply = await whole;
    assert.equal(reply.status, 200, reply.text);
    assert.match(reply.json.text, /word39/);
    model.behave({});
  });
});
