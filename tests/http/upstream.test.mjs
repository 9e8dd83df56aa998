// The model's end point in trouble: what each kind of it ends in, in each of the
// protocols, what is tried again, and that text already told is kept.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { startModel } from '../doubles/model.mjs';
import { ask, askWhole, lastMessage, of, question, reader, textOf } from '../lib/asking.mjs';
import { allEvents } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { assertTroubled, figure, patience, some } from '../lib/trouble.mjs';
import { until } from '../lib/wait.mjs';

let model, lectern, anna;

before(async () => {
  model = await startModel();
  // One worker, so that a good answer closes the breaker that bad ones count on.
  lectern = await startLectern({ workers: 1,
    env: { LLM_URL: model.url, LLM_MODEL: 'double', ...patience } });
  anna = await reader(lectern);
});
after(async () => {
  if (lectern) {
    assert.equal(lectern.restarts(), 0, lectern.tail());
    await lectern.stop();
  }
  await model?.stop();
});

const delta = (content, more) => ({ choices: [{ index: 0, delta: { content }, ...more }] });
const stop = { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] };

/** Scripts the next requests and asks; resolves with what came and was sent. */
async function asked(scripts, { whole = false } = {}) {
  const from = model.requests.length;
  const began = performance.now();

  for (const { tokens = null, ...behaviour } of scripts) model.script(tokens, behaviour);
  const reply = whole ? await askWhole(anna, question)
    : await ask(anna, { message: question });
  return { reply, ms: performance.now() - began, requests: model.requests.slice(from) };
}

const openaiPath = '/v1/chat/completions';
const openaiAsked = (more) => ({ model: 'lectern',
  messages: [{ role: 'user', content: question }], ...more });

/** The chunks of a streamed answer that ends in an error. */
async function openaiStream() {
  const response = await anna.open('POST', openaiPath,
    { json: openaiAsked({ stream: true }) });
  const events = await allEvents(response);

  assert.equal(response.status, 200);
  return events.flatMap(({ json }) => json ?? []);
}

const openaiText = (chunks) => chunks.flatMap((chunk) => chunk.choices ?? [])
  .map(({ delta: { content } }) => content ?? '').join('');

async function isWell() {
  const { reply } = await asked([], { whole: true });

  assert.equal(reply.status, 200, reply.text);
  assert.equal(reply.json.answered, true);
}

describe('trouble ends the answer, is named, and keeps what came:', () => {
  for (const [name, behaviour, code, status, { requests = 1, repeats = 0, text } = {}] of [
    ['a refused key', { status: 401 }, 'MODEL_KEY_REFUSED', 502],
    ['a forbidden model', { status: 403 }, 'MODEL_KEY_REFUSED', 502],
    ['an unknown model', { status: 404 }, 'MODEL_NOT_FOUND', 502],
    ['a request that is refused', { status: 400 }, 'MODEL_ERROR', 502],
    ['a redirect', { reply: { status: 307, headers: { location: 'http://127.0.0.1:1/' } } },
      'MODEL_NOT_FOUND', 502],
    ['too many requests, for long', { status: 429, retryAfter: 60 },
      'MODEL_RATE_LIMITED', 503],
    ['an error without end', { status: 500 }, 'MODEL_ERROR', 502, { requests: 4 }],
    ['overload without end', { status: 529 }, 'MODEL_OVERLOADED', 503, { requests: 4 }],
    ['a gateway that waited in vain', { status: 504 }, 'MODEL_TIMEOUT', 504,
      { requests: 4 }],
    ['connections that are reset', { resetFirst: true }, 'MODEL_UNREACHABLE', 502,
      { requests: 4, repeats: 4 }],
    ['silence', { stallFirst: true }, 'MODEL_TIMEOUT', 504],
    ['silence after the header', { stallAfter: 0 }, 'MODEL_TIMEOUT', 504],
    ['silence after the role', { events: [{ choices: [{ delta: { role: 'assistant' } }] }],
      keepOpen: true }, 'MODEL_TIMEOUT', 504],
    ['silence in the middle', { stallAfter: 3 }, 'MODEL_TIMEOUT', 504, { text: some }],
    ['what is no HTTP', { garbage: 'hello\r\n\r\n' }, 'MODEL_NOT_UNDERSTOOD', 502],
    ['what is no stream', { bytes: 'x: y\n\nhello\n\n' }, 'MODEL_NOT_UNDERSTOOD', 502],
    ['a page', { reply: { headers: { 'content-type': 'text/html' },
      body: '<html>\n<body>\nSign in\n</body>\n</html>\n' } }, 'MODEL_NOT_UNDERSTOOD', 502],
    ['an empty 200', { reply: { body: '' } }, 'MODEL_NOT_UNDERSTOOD', 502],
    ['204', { reply: { status: 204 } }, 'MODEL_NOT_UNDERSTOOD', 502],
    ['events that are not JSON', { events: ['hello'] }, 'MODEL_NOT_UNDERSTOOD', 502],
    ['a line without end before any text', { bytes: `data: ${'x'.repeat(10_000_000)}` },
      'MODEL_NOT_UNDERSTOOD', 502],
    ['a line without end in the middle', { giantLine: 10_000_000 }, 'MODEL_CUT_OFF', 502,
      { text: some }],
    ['half an event in the middle', { wrongJson: true }, 'MODEL_CUT_OFF', 502,
      { text: some }],
    ['an error event in the middle', { errorAfter: 3 }, 'MODEL_CUT_OFF', 502,
      { text: some }],
    ['an error event at once', { events: [{ error: { message: 'secret words' } }] },
      'MODEL_ERROR', 502],
    ['an error event that is a text', { events: [{ error: 'secret words' }] },
      'MODEL_ERROR', 502],
    ['an error event with the status of a refusal',
      { events: [{ error: { message: 'secret words', code: 401 } }] },
      'MODEL_KEY_REFUSED', 502],
    ['an error event with the status of a failure',
      { events: [{ error: { message: 'secret words', code: 503 } }] },
      'MODEL_OVERLOADED', 503, { requests: 4 }],
    ['a closed connection in the middle', { cutAfter: 3, delayMs: 20 }, 'MODEL_CUT_OFF',
      502, { text: some }],
    ['a reset connection in the middle', { cutAfter: 3, reset: true, delayMs: 20 },
      'MODEL_CUT_OFF', 502, { text: some }],
    ['an end in the middle, without a reason', { events: [delta('The warranty lasts')] },
      'MODEL_CUT_OFF', 502, { text: some }],
    ['a reason that is an error', { events: [delta('The warranty lasts'),
      { choices: [{ delta: {}, finish_reason: 'error' }] }] }, 'MODEL_CUT_OFF', 502,
      { text: some }],
    ['an empty answer', { tokens: [] }, 'MODEL_EMPTY', 502],
    ['thoughts alone', { events: [{ choices: [{ delta: { reasoning_content: 'Hm.' } }] },
      { choices: [{ delta: {}, finish_reason: 'length' }] }] }, 'MODEL_EMPTY', 502],
    ['another choice alone', { events: [{ choices: [{ index: 1,
      delta: { content: 'No' } }] }, stop] }, 'MODEL_EMPTY', 502],
  ]) {
    test(name, async () => {
      const from = model.requests.length;
      const { tokens = null, ...bad } = behaviour;

      for (let i = 0; i < 4 * requests + repeats; i++) model.script(tokens, bad);
      const [{ reply: list }, { reply }, chunks, openai] = await Promise.all([asked([]),
        asked([], { whole: true }), openaiStream(), anna.post(openaiPath, openaiAsked())]);
      const sent = model.requests.length - from;
      model.forget();
      const told = await assertTroubled(anna, list, text);

      assert.equal(reply.status, status, reply.text);
      assert.equal(reply.json.code, code);
      assert.equal(reply.json.message, told);
      assert.ok(!reply.json.answered, 'an error is no answer');
      assert.equal(openai.status, status, openai.text);
      for (const { error } of [openai.json, chunks.at(-1)]) {
        assert.deepEqual([error.code, error.message], [code.toLowerCase(), told]);
      }
      assert.match(openaiText(chunks), text ?? /^$/);
      for (const { headers } of [reply, openai]) {
        // What the end point asked for, else our own.
        assert.equal(headers.get('retry-after'),
          status === 503 ? String(behaviour.retryAfter ?? 2) : null);
      }
      assert.doesNotMatch(JSON.stringify([list, chunks]) + reply.text + openai.text,
        /secret|Incorrect/);
      assert.ok(sent >= 4 * requests && sent <= 4 * requests + repeats, `${sent} requests`);
      await isWell();
    });
  }

  test('a blank answer', async () => {
    const { reply } = await asked([{ tokens: ['\n', ' '] }], { whole: true });

    assert.equal(reply.status, 502);
    assert.equal(reply.json.code, 'MODEL_EMPTY');
  });
});

describe('what passes by itself is not noticed:', () => {
  for (const [name, scripts, least = 200, most = 8000] of [
    ['500, once', [{ status: 500 }]],
    ['502, twice', [{ status: 502 }, { status: 502 }], 700],
    ['503, three times', [{ status: 503 }, { status: 503 }, { status: 503 }], 1700],
    ['529', [{ status: 529 }]],
    ['a connection that breaks after the role', [{ cutAfter: 0 }]],
    ['too many requests, without a time', [{ status: 429 }]],
    ['too many requests, for a second', [{ status: 429, retryAfter: 1 }], 1000],
    ['too many requests, for a time that is none',
      [{ status: 429, retryAfter: 'a while' }]],
    ['too many requests, until a moment ago',
      [{ status: 429, retryAfter: new Date(Date.now() - 60000).toUTCString() }]],
    ['overload, for a second', [{ status: 503, retryAfter: 1 }], 1000],
  ]) {
    test(name, async () => {
      for (const whole of [false, true]) {
        const { reply, ms, requests } = await asked(scripts, { whole });

        if (whole) assert.equal(reply.status, 200, reply.text);
        else assert.equal(of(reply, 'finish')[0].finishReason, 'stop');
        assert.match(whole ? reply.json.text : textOf(reply), some);
        assert.equal(requests.length, scripts.length + 1);
        assert.ok(ms >= least && ms < most, `it took ${ms} ms`);
        assert.equal(new Set(requests.map(({ headers }) => headers['x-request-id'])).size, 1);
        assert.match(requests[0].headers['x-request-id'], /^[\w-]{8,64}$/);
        for (const { body } of requests) assert.deepEqual(body, requests[0].body);
      }
    });
  }

  // libcurl repeats at once what a connection that was used before has lost.
  test('a reset connection', async () => {
    const { reply, requests } = await asked([{ resetFirst: true }]);

    assert.match(textOf(reply), some);
    assert.equal(requests.length, 2);
  });

  test('too many requests, until a date', async () => {
    // A date has whole seconds: two from now is between one and two.
    const { reply, ms } = await asked([{ status: 429,
      retryAfter: new Date(Date.now() + 2000).toUTCString() }], { whole: true });

    assert.equal(reply.status, 200, reply.text);
    assert.ok(ms >= 900 && ms < 9000, `it took ${ms} ms`);
  });

  test('but never once there is text', async () => {
    const { reply, requests } = await asked([{ cutAfter: 2, delayMs: 20 }]);

    await assertTroubled(anna, reply, /^The/);
    assert.equal(requests.length, 1);
    await isWell();
  });

  test('and not after the asker has left', async () => {
    const control = new AbortController();
    const from = model.requests.length;

    for (let i = 0; i < 4; i++) model.script(null, { status: 429, retryAfter: 1 });
    const reply = askWhole(anna, question, {}, { signal: control.signal });
    await until(() => model.requests.length > from, 'the first attempt');
    control.abort();
    await assert.rejects(reply);
    await until(async () => (await figure(lectern, 'model_calls')) === 0, 'the call to be gone');
    assert.equal(model.requests.length, from + 1);
    model.forget();
  });
});

describe('an end point that is odd is understood:', () => {
  const answer = 'It lasts thirty months, Größe 😀.';

  for (const [name, behaviour, text = answer] of [
    ['every byte on its own', { tokens: [...answer], splitBytes: 1 }],
    ['without [DONE]', { tokens: [answer], noDone: true }],
    ['without [DONE], and it stays open', { tokens: [answer], noDone: true, keepOpen: true }],
    ['with [DONE], and it stays open', { tokens: [answer], keepOpen: true }],
    ['without a reason', { events: [delta(answer), '[DONE]'] }],
    ['without a role', { events: [delta(answer), stop, '[DONE]'] }],
    ['content that is null', { events: [delta(null), delta(answer), delta(null), stop] }],
    ['content of another type', { events: [delta(7), delta({}), delta([]), delta(answer),
      stop] }],
    ['thoughts before the answer', { events: [
      { choices: [{ delta: { reasoning_content: 'Hm.', content: null } }] },
      { choices: [{ delta: { reasoning: 'Well.' } }] }, delta(answer), stop] }],
    ['several choices', { events: [{ choices: [{ index: 1, delta: { content: 'No.' } },
      { index: 0, delta: { content: answer } }] },
      { choices: [{ index: 1, delta: {}, finish_reason: 'length' }] }, stop] }],
    ['choices of another type', { events: [{ choices: {} }, { choices: null }, {},
      delta(answer), stop] }],
    ['the text beside the reason', { events: [delta(answer, { finish_reason: 'stop' })] }],
    ['text in halves of characters', { events: [
      `{"choices":[{"delta":{"content":"${answer}\\ud83d"}}]}`,
      '{"choices":[{"delta":{"content":"\\ude00"}}]}', stop] }, `${answer}\ufffd\ufffd`],
    ['bytes that are no UTF-8', { bytes: Buffer.concat([
      Buffer.from(`data: {"choices":[{"delta":{"content":"${answer}`),
      Buffer.from([0xf0, 0x9f]), Buffer.from('"}}]}\n\ndata: [DONE]\n\n')]) },
      `${answer}\ufffd`],
    ['NULs', { tokens: ['It lasts\0 thirty', '\0', ' months.'] }, 'It lasts thirty months.'],
    ['comments, CRLF, a byte order mark, no blank', { bytes: '\ufeff: hello\r\n\r\n' +
      `event: message\r\nid: 7\r\ndata:${JSON.stringify(delta(answer))}\r\n\r\n` +
      'retry: 5\r\n: ping\r\n\r\ndata:[DONE]\r\n\r\n' }],
    ['an event over several lines', { bytes:
      `data: {"choices":\ndata: [{"delta":{"content":\ndata: "${answer}"}}]}\n\ndata: [DONE]` }],
    ['packed', { tokens: [answer], gzip: true }],
    ['usage that is none', { events: [delta(answer), stop,
      { choices: [], usage: 'much' }, { usage: { prompt_tokens: '7' } }] }],
  ]) {
    test(name, async () => {
      const { reply, ms } = await asked([behaviour]);

      assert.equal(of(reply, 'error').length, 0, JSON.stringify(reply));
      assert.equal(textOf(reply), text);
      assert.equal(of(reply, 'finish')[0].finishReason, 'stop');
      assert.ok(ms < 8000, `it took ${ms} ms`);
      const kept = await lastMessage(anna, reply[0].messageMetadata.conversationId);
      assert.deepEqual([kept.status, kept.text], ['complete', text]);
    });
  }

  test('usage that is told', async () => {
    const usage = { prompt_tokens: 7, completion_tokens: 5, total_tokens: 12 };
    const { reply } = await asked([{ events: [delta(answer), stop, { choices: [], usage }] }],
      { whole: true });

    assert.deepEqual(reply.json.usage, { inputTokens: 7, outputTokens: 5, totalTokens: 12 });
  });

  test('a token of half a megabyte ends an answer that is too long', async () => {
    const { reply } = await asked([{ tokens: ['It lasts ', 'x'.repeat(500_000), ' on'],
      stallAfter: 3 }]);
    const kept = await lastMessage(anna, reply[0].messageMetadata.conversationId);

    assert.equal(of(reply, 'finish')[0].finishReason, 'length');
    assert.equal(kept.status, 'complete');
    await until(() => model.requests.at(-1).aborted !== null, 'the socket to be closed');
  });
});

test('one connection serves answer after answer', async () => {
  await isWell();
  const before = model.connections;

  for (let i = 0; i < 5; i++) await isWell();
  // A second one, when a title was asked for at the same time.
  assert.ok(model.connections - before <= 1, `${model.connections - before} opened`);
});

test('a connection that the other end has given up is replaced', async () => {
  await isWell();
  model.drop();
  await isWell();
});

test('a redirect is not followed', async (t) => {
  const other = await startModel();
  t.after(() => other.stop());
  const { reply } = await asked([{ reply: { status: 308,
    headers: { location: `${other.url}/chat/completions` } } }], { whole: true });

  assert.equal(reply.json.code, 'MODEL_NOT_FOUND');
  assert.equal(other.requests.length, 0);
});

test('the figures tell of requests, kinds of failure and tokens', async () => {
  const names = ['model_requests_total', 'model_retries_total',
    'model_errors_total{kind="key_refused"}', 'model_errors_total{kind="cut_off"}',
    'model_first_words_total', 'model_tokens_total{kind="output"}'];
  const figures = async () => {
    await until(async () => (await figure(lectern, 'model_calls')) === 0, 'titles to be asked for');
    return [...await Promise.all(names.map((name) => figure(lectern, name))), model.smalls.length];
  };
  const before = await figures();

  await asked([{ status: 401 }]);
  await asked([{ status: 500 }, { tokens: ['It', ' lasts'] }]);
  await asked([{ cutAfter: 2, delayMs: 20 }]);
  const [requests, retries, refused, cut, words, tokens, smalls] =
    (await figures()).map((value, i) => value - before[i]);

  // A title is one request, one text and one token.
  assert.deepEqual([requests - smalls, retries, refused, cut, words - smalls,
    tokens - smalls], [4, 1, 1, 1, 2, 2]);
});
