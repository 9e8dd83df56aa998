// The model's end point away, behind bad TLS, or among many at once: what is
// tried again, what is left alone, and that every worker goes on.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { after, before, describe, test } from 'node:test';

import { startEmbeddings } from '../doubles/embeddings.mjs';
import { startModel } from '../doubles/model.mjs';
import { ask, askWhole, of, question, reader, textOf } from '../lib/asking.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { temporaryFolder } from '../lib/process.mjs';
import { assertTroubled, figure, patience, some } from '../lib/trouble.mjs';
import { until, within } from '../lib/wait.mjs';

describe('an end point that is not there', () => {
  for (const [name, url] of [
    ['refuses connections', 'http://127.0.0.1:9/v1'],
    ['has no name', 'http://model.invalid/v1'],
  ]) {
    test(`and ${name} is tried, then left alone, then asked again`, async (t) => {
      const lonely = await startLectern({ workers: 1,
        env: { LLM_URL: url, LLM_MODEL: 'x', ...patience } });
      t.after(() => lonely.stop());
      const ben = await reader(lonely);
      const replies = await Promise.all(Array.from({ length: 5 },
        () => askWhole(ben, question)));

      for (const reply of replies) {
        assert.equal(reply.status, 502, reply.text);
        assert.equal(reply.json.code, 'MODEL_UNREACHABLE');
      }
      assert.equal(await figure(lonely, 'model_errors_total{kind="unreachable"}'), 5);
      assert.equal(await figure(lonely, 'model_retries_total'), 15);
      assert.equal(await figure(lonely, 'model_breakers_open'), 1);

      const sent = await figure(lonely, 'model_requests_total');
      const began = performance.now();
      const list = await ask(ben, { message: question });
      assert.ok(performance.now() - began < 3000, 'it fails fast');
      assert.match(await assertTroubled(ben, list), /failed several times/);
      const refused = await askWhole(ben, question);
      assert.equal(refused.status, 503);
      assert.equal(refused.json.code, 'MODEL_UNAVAILABLE');
      assert.ok(refused.headers.get('retry-after'));
      assert.equal(await figure(lonely, 'model_requests_total'), sent);
      assert.equal((await (await fetch(`${lonely.url}/ready`)).json()).dependencies.model,
        'the end point fails');
      assert.equal(lonely.restarts(), 0, lonely.tail());
    });
  }

  test('and comes back is used again', async (t) => {
    const late = await startModel();
    const { port, url } = late;
    const patient = await startLectern({ workers: 1,
      env: { LLM_URL: url, LLM_MODEL: 'x', ...patience } });
    t.after(() => patient.stop());
    const ben = await reader(patient);
    await late.stop();
    await Promise.all(Array.from({ length: 5 }, () => askWhole(ben, question)));
    assert.equal((await askWhole(ben, question)).json.code, 'MODEL_UNAVAILABLE');

    const back = await startModel({ port });
    t.after(() => back.stop());
    await until(async () => (await askWhole(ben, question)).status === 200,
      'an answer', { seconds: 15, everyMs: 200 });
    assert.equal(back.requests.length, 1);
    assert.equal(await figure(patient, 'model_breakers_open'), 0);
    assert.equal((await (await fetch(`${patient.url}/ready`)).json()).dependencies.model,
      'configured');
  });

  test('for a moment is not noticed', async (t) => {
    const late = await startModel();
    const { port, url } = late;
    const patient = await startLectern({ env: { LLM_URL: url, LLM_MODEL: 'x' } });
    t.after(() => patient.stop());
    const ben = await reader(patient);
    await late.stop();
    const reply = askWhole(ben, question);
    await until(async () => (await figure(patient, 'model_requests_total')) >= 1,
      'the first attempt');
    const back = await startModel({ port });
    t.after(() => back.stop());

    assert.equal((await reply).status, 200, (await reply).text);
  });
});

describe('TLS', () => {
  const folder = temporaryFolder();
  const certificate = (name, san) => {
    const files = ['key', 'cert'].map((kind) => path.join(folder, `${name}.${kind}`));

    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt',
      'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=model',
      '-addext', `subjectAltName=${san}`, '-keyout', files[0], '-out', files[1]],
    { stdio: 'ignore' });
    return { key: readFileSync(files[0]), cert: readFileSync(files[1]) };
  };
  let right, double, secure, ben;

  before(async () => {
    right = certificate('right', 'IP:127.0.0.1');
    const wrong = certificate('wrong', 'DNS:elsewhere.invalid');
    const trusted = path.join(folder, 'trusted.pem');
    writeFileSync(trusted, Buffer.concat([right.cert, wrong.cert]));
    double = { now: await startModel({ tls: right }), wrong };
    secure = await startLectern({ workers: 1, env: { LLM_URL: double.now.url,
      LLM_MODEL: 'x', SSL_CERT_FILE: trusted, ...patience } });
    ben = await reader(secure);
  });
  after(async () => {
    if (secure) assert.equal(secure.restarts(), 0, secure.tail());
    await secure?.stop();
    await double?.now.stop();
  });

  const replaced = async (tls) => {
    const { port } = double.now;

    await double.now.stop();
    double.now = await startModel({ port, tls });
  };

  test('of a private authority that is trusted holds', async () => {
    const reply = await askWhole(ben, question);

    assert.equal(reply.status, 200, reply.text);
    assert.equal(reply.json.answered, true);
  });

  for (const [name, tls] of [
    ['of somebody unknown', () => certificate('unknown', 'IP:127.0.0.1')],
    ['for another name', () => double.wrong],
    ['that is none', () => undefined],
  ]) {
    test(`${name} is refused at once, and nothing is sent`, async () => {
      await replaced(tls());
      const reply = await askWhole(ben, question);
      const list = await ask(ben, { message: question });

      assert.equal(reply.status, 502);
      assert.equal(reply.json.code, 'MODEL_TLS_FAILED');
      assert.equal(await assertTroubled(ben, list), reply.json.message);
      assert.equal(double.now.requests.length, 0);
      assert.equal(double.now.connections, 2, 'it is not tried again');
      await replaced(right);
      assert.equal((await askWhole(ben, question)).status, 200);
    });
  }
});

test('a hundred at once get through a crowd of failures', async (t) => {
  const crowd = await startModel();
  const busy = await startLectern({ env: { LLM_URL: crowd.url, LLM_MODEL: 'x' } });
  t.after(async () => {
    await busy.stop();
    await crowd.stop();
  });
  const people = await Promise.all(Array.from({ length: 20 }, () => reader(busy)));

  for (let i = 0; i < 60; i++) {
    crowd.script(null, [{ status: 503 }, { status: 500 }, { status: 429 }][i % 3]);
  }
  crowd.behave({ delayMs: 20 });
  const replies = await Promise.all(people.flatMap((person) =>
    Array.from({ length: 5 }, () => ask(person, { message: question }))));

  for (const list of replies) {
    assert.equal(of(list, 'finish')[0].finishReason, 'stop', JSON.stringify(list));
    assert.match(textOf(list), some);
  }
  assert.equal(crowd.requests.length, 160);
  assert.equal(await figure(busy, 'model_retries_total'), 60);
  await until(async () => (await figure(busy, 'model_calls')) === 0, 'titles to be asked for');
  assert.equal(await figure(busy, 'model_first_words_total') - crowd.smalls.length, 100);
  assert.equal(busy.restarts(), 0, busy.tail());
});

test('streams that outlast the time to connect keep every worker turning', async (t) => {
  const slow = await startModel();
  const busy = await startLectern({ env: { LLM_URL: slow.url, LLM_MODEL: 'x' } });
  t.after(async () => {
    await busy.stop();
    await slow.stop();
  });
  const people = await Promise.all(Array.from({ length: 16 }, () => reader(busy)));
  const tokens = Array.from({ length: 325 }, (_, i) => ` word${i}`);
  const began = performance.now();

  for (let i = 0; i < 80; i++) slow.script(tokens, { delayMs: 20 });
  const asking = [];
  for (let i = 0; i < 80; i++) {
    asking.push(ask(people[i % people.length], { message: question }));
    await pause(5);	// so that their times run out one after the other
  }
  const lists = await within(Promise.all(asking), 'the ends', 40);

  assert.ok(performance.now() - began > 6000, 'they lasted longer than five seconds');
  for (const list of lists) assert.equal(textOf(list), tokens.join(''));
  assert.equal(busy.restarts(), 0, busy.tail());
});

test('a reranker that hangs is left alone, and asked again later', async (t) => {
  const reranker = await startEmbeddings();
  const plain = await startLectern({ workers: 1,
    env: { RERANK_URL: reranker.rerank, RERANK_MODEL: 'words' } });
  t.after(async () => {
    await plain.stop();
    await reranker.stop();
  });
  const ben = await reader(plain);
  const search = async () => {
    const reply = await ben.post('/api/search', { query: question });
    assert.equal(reply.status, 200, reply.text);
    assert.ok(reply.json.results.length > 0);
  };

  await search();
  assert.equal(reranker.requests.length, 1);
  reranker.behave({ stall: true });
  await Promise.all([search(), search(), search(), search(), search()]);
  assert.equal(reranker.requests.length, 6);
  await search();
  assert.equal(reranker.requests.length, 6, 'nobody waits for it now');
  reranker.behave({});
  await until(async () => {
    await search();
    return reranker.requests.length > 6;
  }, 'another attempt', { seconds: 20, everyMs: 200 });
  await search();
  assert.equal(reranker.requests.length, 8);
});
