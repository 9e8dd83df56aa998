// What lies outside stalls while hundreds wait for it: the model, before and in
// the middle of answers. All else is served, and those who wait are told.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { startModel } from '../doubles/model.mjs';
import { of, parts, question, reader } from '../lib/asking.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { startTraffic } from '../lib/traffic.mjs';
import { isQuiet } from '../lib/running.mjs';
import { until } from '../lib/wait.mjs';

let model;

before(async () => { model = await startModel(); });
after(() => model?.stop());

for (const [when, behaviour] of [['before a word', { stallFirst: true }],
  ['in the middle', { stallAfter: 3 }]]) {
  test(`a model that stalls ${when} of 300 answers costs them alone`, async (t) => {
    const lectern = await startLectern({ env: { LLM_URL: model.url, LLM_MODEL: 'double',
      LLM_TIMEOUT_SECONDS: '5' } });
    t.after(() => lectern.stop());
    const people = [];
    while (people.length < 60) people.push(await reader(lectern));
    const traffic = await startTraffic({ servers: [lectern], people: 4, asks: false, pauseMs: 5 });
    t.after(() => traffic.stop());
    await traffic.flows();

    model.behave(behaviour);
    const streams = await Promise.all(Array.from({ length: 300 }, async (_, n) => {
      const response = await people[n % people.length].open('POST', '/api/chat',
        { json: { message: question } });
      assert.equal(response.status, 200);
      return parts(response);
    }));
    model.behave({});

    for (const list of streams) {
      assert.equal(list.at(-1), '[DONE]');
      assert.equal(of(list, 'error').length, 1, JSON.stringify(list.at(-2)));
    }
    await traffic.flows();
    await traffic.stop();
    await traffic.audit();
    await until(() => isQuiet(lectern), 'nothing to be left');
    // The breaker may be open for a while; then the model is asked again.
    await until(async () => {
      const response = await people[0].open('POST', '/api/chat', { json: { message: question } });
      return response.status === 200 && of(await parts(response), 'error').length === 0;
    }, 'an answer', { seconds: 60, everyMs: 500 });
    assert.equal(lectern.restarts(), 0, lectern.tail());
  });
}
