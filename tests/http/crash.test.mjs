// Trouble while an answer runs: its worker is killed, or the database goes away
// and comes back.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { startModel } from '../doubles/model.mjs';
import { conversation, holds, lastMessage, of, question, reader, textOf }
  from '../lib/asking.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { startPrivatePostgres } from '../lib/postgres.mjs';
import { processesLike, signal } from '../lib/process.mjs';
import { at, begin, beside, isQuiet, resume, sql, words } from '../lib/running.mjs';
import { until } from '../lib/wait.mjs';

let model;

const env = () => ({ LLM_URL: model.url, LLM_MODEL: 'double' });

before(async () => { model = await startModel(); });
after(() => model?.stop());

const cited = [...words(10, 'before'), '. The warranty of the Zephyr lasts thirty months [1].',
  ...words(300, 'after')];

/** Kills the only worker as the kernel would, for want of memory. */
function killWorker(lectern) {
  const workers = processesLike(lectern.pid, /\[wrk /);

  assert.equal(workers.length, 1, 'one worker');
  signal(workers[0], 'SIGKILL');
}

/** The log in the database has the citation and some text behind it. */
const isLogged = (lectern, running) => until(async () => await sql(lectern,
  `select coalesce(string_agg(text, '' order by seq), '') like '%after3%'
   from answer_log where message_id = '${running.messageId}'`) === 't', 'the log to have it');

test('what a killed worker had written is kept, and the next question is taken', async (t) => {
  const lectern = await startLectern({ workers: 1, env: env() });
  t.after(() => lectern.stop());
  const anna = await reader(lectern);

  model.script(cited, { delayMs: 40 });
  const running = await begin(anna, { message: question });
  await isLogged(lectern, running);
  killWorker(lectern);
  const killed = performance.now();
  await running.ended;
  await lectern.answers('/ready');

  let next;
  await until(async () => {
    next = await anna.open('POST', '/api/chat',
      { json: { message: 'How is the Zephyr descaled?', conversationId: running.id } });
    if (next.status === 200) return true;
    assert.equal(next.status, 409, await next.text());
    return false;
  }, 'the next question to be taken', { seconds: 15, everyMs: 100 });
  const seconds = (performance.now() - killed) / 1000;
  // Ten without a beat, and what the question itself takes.
  assert.ok(seconds < 12, `after ${seconds} s`);
  await next.text();

  const { messages } = await conversation(anna, running.id);
  const broken = messages.find(({ id }) => id === running.messageId);
  assert.equal(broken.status, 'failed');
  assert.equal(await sql(lectern, `select error from messages
    where id = '${broken.id}'`), 'ANSWER_BROKEN_OFF');
  assert.ok(cited.join('').replace(/ (?=\[1\])/, '').trim().startsWith(
    broken.text.replace(/ (?=\[1\])/, '').trim()), broken.text);
  assert.match(broken.text, /after3/);
  assert.equal(broken.citations.length, 1);
  assert.equal(broken.citations[0].n, 1);
  await holds(anna, broken.citations);
  assert.deepEqual(messages.map(({ role }) => role),
    ['user', 'assistant', 'user', 'assistant']);
  assert.equal(messages.at(-1).status, 'complete');
  assert.ok(await until(() => isQuiet(lectern), 'nothing to be left'));
  assert.equal(lectern.restarts(), 1);
});

test('who reads it on another instance is told that it was broken off', async (t) => {
  const lectern = await startLectern({ workers: 1, env: env() });
  const other = await beside(lectern, { env: env() });
  t.after(async () => {
    assert.equal(other.restarts(), 0, other.tail());
    await Promise.all([lectern.stop(), other.stop()]);
  });
  const anna = await reader(lectern);

  model.script(cited, { delayMs: 40 });
  const running = await begin(anna, { message: question });
  const there = await resume(at(anna, other), running.id);
  await isLogged(lectern, running);
  await lectern.kill();
  await there.end(30);
  assert.equal(there.lost, undefined);
  assert.equal(there.parts.at(-1), '[DONE]');
  assert.match(there.of('error')[0].errorText, /broken off/);
  const kept = await lastMessage(at(anna, other), running.id);
  assert.deepEqual([kept.status, kept.text], ['failed', there.seen()]);
  assert.match(kept.text, /after3/);
  await lectern.start();
});

test('a dead worker\'s answer is shown as failed to who only looks', async (t) => {
  const lectern = await startLectern({ workers: 1, env: env() });
  t.after(() => lectern.stop());
  const anna = await reader(lectern);

  model.script(words(300), { delayMs: 40 });
  const running = await begin(anna, { message: question });
  await running.text();
  await until(() => sql(lectern, 'select 1 from answer_log limit 1'), 'the log');
  killWorker(lectern);
  await lectern.answers('/ready');
  const kept = await lastMessage(anna, running.id);
  assert.equal(kept.status, 'failed');
});

test('an answer goes on while the database is away, and is kept whole', async (t) => {
  const postgres = await startPrivatePostgres();
  const lectern = await startLectern({ postgres, env: env() });
  t.after(async () => {
    assert.equal(lectern.restarts(), 0, lectern.tail());
    await lectern.stop();
    await postgres.stop();
  });
  const anna = await reader(lectern);

  model.script(words(120), { delayMs: 40 });
  const running = await begin(anna, { message: question });
  await running.text();
  await postgres.stop('immediate');
  const before = running.seen().length;
  await running.text(before + 100);
  await postgres.start();
  await lectern.answers('/ready');
  // The log catches up with what was said meanwhile.
  await until(async () => Number(await sql(lectern, `select coalesce(sum(length(text)), 0)
    from answer_log where message_id = '${running.messageId}'`)) > before,
  'the log to go on', { seconds: 5 });
  await running.end();
  const kept = await lastMessage(anna, running.id);
  assert.deepEqual([kept.status, kept.text], ['complete', words(120).join('')]);
  assert.equal(of(running.parts, 'error').length, 0);
  assert.equal(textOf(running.parts), kept.text);
  assert.ok(await until(() => isQuiet(lectern), 'nothing to be left'));
});

test('a worker that was thought dead goes on, and its own end counts', async (t) => {
  const lectern = await startLectern({ env: env() });
  t.after(async () => {
    assert.equal(lectern.restarts(), 0, lectern.tail());
    await lectern.stop();
  });
  const anna = await reader(lectern);

  model.script([...words(60), ' The warranty of the Zephyr lasts thirty months [1].'],
    { delayMs: 40 });
  const running = await begin(anna, { message: question });
  await running.text();
  // As somebody sees it whose view of the worker is ten seconds old.
  assert.equal(await sql(lectern, `begin;
    update answer_workers set beat_at = now() - interval '1 minute';
    select answer_break_off(null); commit`), '1');
  assert.equal((await lastMessage(anna, running.id)).status, 'failed');
  await running.end();
  const kept = await until(async () => {
    const message = await lastMessage(anna, running.id);
    return message.status !== 'failed' && message;
  }, 'its own end');
  assert.deepEqual([kept.status, kept.text], ['complete', running.seen()]);
  assert.equal(kept.citations.length, 1);
  assert.equal(await sql(lectern, `select error is null from messages
    where id = '${kept.id}'`), 't');
  assert.equal(running.of('error').length + running.of('abort').length, 0);
  assert.ok(await until(() => isQuiet(lectern), 'nothing to be left'));
});

test('an answer that its living worker knows nothing of is broken off', async (t) => {
  const lectern = await startLectern({ workers: 1, env: env() });
  t.after(() => lectern.stop());
  const anna = await reader(lectern);

  model.script(['Done.'], {});
  const stray = await begin(anna, { message: question });
  await stray.end();
  model.script(words(200), { delayMs: 40 });
  const running = await begin(anna, { message: question });
  await running.text();
  // As an opening leaves it of whose success the worker did not hear.
  await sql(lectern, `begin;
    update messages set status = 'running', created_at = now() - interval '2 minutes'
      where id = '${stray.messageId}';
    insert into answers (message_id, conversation_id, user_id, worker)
      select '${stray.messageId}', '${stray.id}', user_id, worker from answers;
    commit`);
  await until(async () => {
    const next = await anna.open('POST', '/api/chat',
      { json: { message: 'How is the Zephyr descaled?', conversationId: stray.id } });
    if (next.status !== 200) assert.equal(next.status, 409, await next.text());
    else await next.body.cancel();
    return next.status === 200;
  }, 'the next question to be taken', { seconds: 5, everyMs: 100 });
  assert.equal(await sql(lectern, `select error from messages
    where id = '${stray.messageId}'`), 'ANSWER_BROKEN_OFF');
  assert.equal(await sql(lectern, `select status from messages
    where id = '${running.messageId}'`), 'running');
});
