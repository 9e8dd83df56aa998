// Streams through the real nginx in front, which holds replies back unless it is
// told not to: with its defaults (HTTP/1.0 to us, buffering on) and with the
// settings that its users copy (HTTP/1.1, connections kept, buffering and
// compression on).

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { startModel } from '../doubles/model.mjs';
import { question, reader } from '../lib/asking.mjs';
import { Client, readEvents } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { startNginx } from '../lib/nginx.mjs';
import { until } from '../lib/wait.mjs';

const chat = ['/api/chat', { message: question }];
const openai = ['/v1/chat/completions', { model: 'lectern', stream: true,
  messages: [{ role: 'user', content: question }] }];
const proxies = ['defaults', 'HTTP/1.1, compression'];

let model, lectern, nginx, anna, key;

before(async () => {
  model = await startModel();
  lectern = await startLectern({ env: { LLM_URL: model.url, LLM_MODEL: 'double' } });
  nginx = await startNginx([
    `location / { proxy_pass ${lectern.url}; }`,
    `location / { proxy_pass ${lectern.url}; proxy_http_version 1.1;
      proxy_set_header Connection ""; proxy_buffering on; gzip on; gzip_proxied any;
      gzip_min_length 0; gzip_types text/event-stream application/json; }`,
  ]);
  anna = await reader(lectern);
  ({ key } = (await anna.post('/api/keys', { name: 'nginx' })).json);
});
after(async () => {
  await nginx?.stop();
  if (lectern) {
    assert.equal(lectern.restarts(), 0, lectern.tail());
    await lectern.stop();
  }
  await model?.stop();
});

/** A stream through that proxy. */
async function open(proxy, [where, json], signal) {
  const client = new Client(nginx.urls[proxy],
    { headers: { authorization: `Bearer ${key}` } });
  const response = await client.open('POST', where, { json, origin: null, signal });

  assert.equal(response.status, 200, response.status === 200 ? '' : await response.text());
  return response;
}

const textOf = ({ data }) => {
  if (data === undefined || data === '[DONE]') return undefined;
  const part = JSON.parse(data);

  return part.delta ?? part.choices?.[0]?.delta.content;
};

for (const [proxy, name] of proxies.entries()) {
  describe(`nginx with ${name}`, () => {
    for (const route of [chat, openai]) {
      test(`passes each part of ${route[0]} on as it is written`, async () => {
        const words = Array.from({ length: 10 }, (_, n) => `word${n} `);

        model.script(words, { delayMs: 100 });
        const times = new Map();
        const began = performance.now();
        let first;
        for await (const event of readEvents(await open(proxy, route))) {
          first ??= performance.now() - began;
          const text = textOf(event) ?? '';
          for (const [word] of text.matchAll(/word\d/g)) times.set(word, performance.now());
        }
        const at = [...times.values()];
        assert.equal(at.length, words.length);
        assert.ok(first < 600, `the first part after ${first} ms`);
        // Each but those that the machine itself was late with.
        const apart = at.slice(1).filter((time, n) => time - at[n] > 50).length;
        assert.ok(apart >= 6, at.map((time) => Math.round(time - began)).join());
      });

      test(`passes the heartbeat of ${route[0]}`, async () => {
        model.script(['word0 ', 'word1 '], { delayMs: 16_500 });
        const comments = [];
        let text = '';
        const leaving = new AbortController();
        await assert.rejects(async () => {
          for await (const event of readEvents(await open(proxy, route, leaving.signal))) {
            text += textOf(event) ?? '';
            if (event.comment !== undefined) {
              comments.push(event.comment);
              leaving.abort();
            }
          }
        }, { name: 'AbortError' });
        assert.deepEqual(comments, ['keep-alive']);
        assert.equal(text, '', 'it came while nothing else did');
        if (route === chat) await stopAll();
      });
    }

    test('tells us that the reader of /v1 has left', async () => {
      const leaving = new AbortController();

      model.script(Array(300).fill('word '), { delayMs: 20 });
      let seen = 0;
      await assert.rejects(async () => {
        for await (const event of readEvents(await open(proxy, openai, leaving.signal))) {
          if (textOf(event) && ++seen === 3) leaving.abort();
        }
      });
      const call = model.requests.at(-1);
      await until(() => call.aborted !== null, 'the model to be left', { everyMs: 5 });
      assert.ok(call.tokens < 150, `${call.tokens} tokens`);
    });
  });
}

/** A chat goes on when its reader leaves: nothing of it may be left. */
async function stopAll() {
  const { conversations } = (await anna.get('/api/conversations')).json;

  for (const { id } of conversations) await anna.post(`/api/chat/${id}/stop`);
}
