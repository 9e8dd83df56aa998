// OpenAI's API as it stands on the wire: chunks, whole answers, what a request
// may say, errors before and in the stream, who may ask, and callers that leave.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { startModel } from '../doubles/model.mjs';
import { add, holds, question, reader } from '../lib/asking.mjs';
import { allEvents, Client, readEvents, signedUp } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { until } from '../lib/wait.mjs';
import { rawExchange } from '../lib/wire.mjs';

const where = '/v1/chat/completions';
const user = (content) => ({ role: 'user', content });
const asked = (more = {}) => ({ model: 'lectern', messages: [user(question)], ...more });

let model, modelled, extractive, anna, bert;

before(async () => {
  model = await startModel();
  [modelled, extractive] = await Promise.all([
    startLectern({ env: { LLM_URL: model.url, LLM_MODEL: 'double' } }),
    startLectern({ workers: 1, env: { CHAT_DAILY: '3' } }),
  ]);
  [anna, bert] = await Promise.all([reader(modelled,
    { title: 'Kettle [draft] *1*' }), reader(extractive)]);
});
after(async () => {
  for (const lectern of [modelled, extractive]) {
    if (!lectern) continue;
    assert.equal(lectern.restarts(), 0, lectern.tail());
    await lectern.stop();
  }
  await model?.stop();
});

/** The chunks of a streamed answer; the last one is '[DONE]'. */
async function stream(client, more, options) {
  const response = await client.open('POST', where,
    { json: asked({ stream: true, ...more }), ...options });

  assert.equal(response.status, 200, response.status === 200 ? '' : await response.text());
  assert.equal(response.headers.get('content-type'), 'text/event-stream');
  return (await allEvents(response)).map((event) => event.json ?? event.data);
}

const deltas = (chunks) => chunks.flatMap((chunk) => chunk.choices ?? [])
  .map((choice) => choice.delta);
const textOf = (chunks) => deltas(chunks).map((delta) => delta.content ?? '').join('');

function refused(reply, status, code, param, message) {
  assert.equal(reply.status, status, reply.text);
  assert.deepEqual(Object.keys(reply.json), ['error']);
  const { error } = reply.json;
  assert.deepEqual(Object.keys(error).sort(), ['code', 'message', 'param', 'type']);
  assert.equal(error.code, code, reply.text);
  assert.equal(error.param, param ?? null, reply.text);
  if (message) assert.match(error.message, message);
  return error;
}

describe('a streamed answer', () => {
  test('is chunks of one id: role, text, sources, reason, [DONE]', async () => {
    const chunks = await stream(anna);
    const [first, ...rest] = chunks;

    assert.equal(rest.pop(), '[DONE]');
    assert.match(first.id, /^chatcmpl-[A-Za-z0-9]{32}$/);
    assert.ok(Math.abs(first.created - Date.now() / 1000) < 60);
    for (const chunk of [first, ...rest]) {
      assert.equal(chunk.id, first.id);
      assert.equal(chunk.object, 'chat.completion.chunk');
      assert.equal(chunk.created, first.created);
      assert.equal(chunk.model, 'lectern');
      assert.equal('usage' in chunk, false);
      assert.equal(chunk.choices.length, 1);
      assert.equal(chunk.choices[0].index, 0);
    }
    assert.deepEqual(first.choices[0].delta,
      { role: 'assistant', content: '', refusal: null });
    const last = rest.pop();
    assert.deepEqual(last.choices[0].delta, {});
    assert.equal(last.choices[0].finish_reason, 'stop');
    for (const chunk of [first, ...rest]) assert.equal(chunk.choices[0].finish_reason, null);
  });

  test('has its role before the model has said anything', async () => {
    model.script(null, { delayMs: 300 });
    const response = await anna.open('POST', where, { json: asked({ stream: true }) });
    const events = readEvents(response);
    const { value } = await events.next();

    assert.equal(JSON.parse(value.data).choices[0].delta.role, 'assistant');
    assert.ok((model.requests.at(-1)?.tokens ?? 0) === 0 || model.requests.at(-1).finished);
    for await (const event of events) if (event.data === '[DONE]') break;
    assert.equal(response.headers.get('x-accel-buffering'), 'no');
    assert.equal(response.headers.get('x-vercel-ai-ui-message-stream'), null);
  });

  test('passes the text on token by token', async () => {
    model.script(['The warranty', ' lasts "thirty"\n', 'months \\ 😀', ' [1', '].'],
      { delayMs: 30 });
    const chunks = await stream(anna);
    const contents = deltas(chunks).map((delta) => delta.content).filter(Boolean);

    assert.ok(contents.length >= 4, contents.join('|'));
    assert.ok(textOf(chunks).startsWith(
      'The warranty lasts "thirty"\nmonths \\ 😀 [1].\n\nSources:\n'), textOf(chunks));
  });

  test('tells its sources as annotations, as Markdown and as citations', async () => {
    model.script(['😀 Größe. ', 'The warranty lasts thirty months [1].',
      ' Again thirty months [1].']);
    const chunks = await stream(anna);
    const { annotations, x_citations: citations, x_answered: answered } =
      deltas(chunks).at(-2);
    const text = textOf(chunks);
    const characters = [...text];

    assert.equal(answered, true);
    assert.ok(citations.length > 0);
    await holds(anna, citations);
    assert.equal(annotations.length, 2, 'one for each marker');
    for (const { type, url_citation: place } of annotations) {
      assert.equal(type, 'url_citation');
      assert.equal(characters.slice(place.start_index, place.end_index).join(''), '[1]');
      assert.equal(place.title, 'Kettle [draft] *1*');
      assert.ok(citations.some(({ documentId, start, end }) => place.url ===
        `${modelled.url}/documents/${documentId}#${start}-${end}`), place.url);
    }
    assert.ok(text.endsWith('\n\nSources:\n\n- [1] [Kettle \\[draft\\] \\*1\\*]' +
      `(${annotations[0].url_citation.url})\n`), text);
  });

  test('ends with the usage when that is asked for', async () => {
    const chunks = await stream(anna, { stream_options: { include_usage: true } });
    const { usage, choices } = chunks.at(-2);

    assert.deepEqual(choices, []);
    assert.ok(usage.prompt_tokens > 50 && usage.completion_tokens > 3);
    assert.equal(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens);
    for (const chunk of chunks.slice(0, -2)) assert.equal(chunk.usage, null);
  });

  test('that fails on the way keeps its text and says so in an event', async () => {
    model.script(['The warranty ', 'lasts thirty ', 'months'],
      { delayMs: 30, cutAfter: 2, noDone: true });
    const chunks = await stream(anna);

    assert.equal(chunks.pop(), '[DONE]');
    const { error } = chunks.pop();
    assert.equal(error.type, 'server_error');
    assert.equal(error.code, 'model_cut_off');
    assert.ok(textOf(chunks).startsWith('The warranty '), textOf(chunks));
  });

  test('that the model cuts short says why', async () => {
    for (const reason of ['length', 'content_filter']) {
      model.script(null, { finishReason: reason });
      assert.equal((await stream(anna)).at(-2).choices[0].finish_reason, reason);
    }
  });

  test('without an answer in the documents says so and stops', async () => {
    const count = model.requests.length;
    const chunks = await stream(anna,
      { messages: [user('Who painted the ceiling of Chapel Zyxqwv?')] });

    assert.equal(textOf(chunks), 'The documents do not answer this question.');
    assert.equal(chunks.at(-2).choices[0].finish_reason, 'stop');
    assert.equal(deltas(chunks).at(-2).x_answered, false);
    assert.deepEqual(deltas(chunks).at(-2).annotations, []);
    assert.equal(model.requests.length, count, 'the model is not asked');
  });

  test('whose reader leaves stops the model at once', async () => {
    const leaving = new AbortController();

    model.script(Array(200).fill('word '), { delayMs: 20 });
    const response = await anna.open('POST', where,
      { json: asked({ stream: true }), signal: leaving.signal });
    let chunks = 0;
    await assert.rejects(async () => {
      for await (const event of readEvents(response)) {
        if (event.data && ++chunks === 4) leaving.abort();
      }
    });
    const left = performance.now();
    const call = model.requests.at(-1);
    await until(() => call.aborted !== null, 'the model to be left', { everyMs: 5 });
    assert.ok(performance.now() - left < 1000);
    assert.ok(call.tokens < 50, `${call.tokens} tokens`);
  });
});

describe('a whole answer', () => {
  test('is one completion with message, sources and usage', async () => {
    const reply = await anna.post(where, asked());
    const { choices: [choice], usage, ...rest } = reply.json;

    assert.equal(reply.status, 200, reply.text);
    assert.match(rest.id, /^chatcmpl-[A-Za-z0-9]{32}$/);
    assert.deepEqual([rest.object, rest.model], ['chat.completion', 'lectern']);
    assert.deepEqual([choice.index, choice.finish_reason, choice.message.role],
      [0, 'stop', 'assistant']);
    assert.match(choice.message.content, /\[1\][\s\S]*\n\nSources:\n\n- \[1\] \[Kettle/);
    assert.equal(choice.message.annotations.length, 1);
    await holds(anna, choice.message.x_citations);
    assert.equal(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens);
  });

  test('is the same text as the stream has', async () => {
    const whole = await anna.post(where, asked());

    assert.equal(textOf(await stream(anna)), whole.json.choices[0].message.content);
  });

  test('that fails has a status in place of a text', async () => {
    model.script(['The warranty ', 'lasts ', 'thirty '], { delayMs: 30, cutAfter: 2 });
    const error = refused(await anna.post(where, asked()), 502, 'model_cut_off');
    assert.equal(error.type, 'server_error');
  });

  test('whose caller leaves stops the model', async () => {
    const leaving = new AbortController();

    model.script(Array(200).fill('word '), { delayMs: 20 });
    const count = model.requests.length;
    const pending = anna.open('POST', where, { json: asked(), signal: leaving.signal });
    await until(() => model.requests.length > count && model.requests.at(-1).tokens > 2,
      'the model to write', { everyMs: 5 });
    leaving.abort();
    await assert.rejects(pending);
    await until(() => model.requests.at(-1).aborted !== null, 'the model to be left');
  });

  test('without a model is quoted, its usage estimated', async () => {
    const { choices: [choice], usage } = (await bert.post(where, asked())).json;

    assert.match(choice.message.content, /thirty months/);
    await holds(bert, choice.message.x_citations);
    assert.ok(usage.completion_tokens > 5);
  });

  test('leaves nothing behind', async () => {
    assert.deepEqual((await anna.get('/api/conversations')).json.conversations, []);
  });
});

describe('what the model is told', () => {
  test('are the caller’s turns, instructions and options', async () => {
    const reply = await anna.post(where, asked({ messages: [
      { role: 'system', content: 'Answer like a pirate.' },
      { role: 'developer', content: [{ type: 'text', text: 'Be brief.' }] },
      user('What is the Zephyr?'),
      { role: 'assistant', content: 'A kettle. [1]\n\nSources:\n\n- [1] [Kettle](https://x/y#1-2)\n' },
      user([{ type: 'text', text: 'How long does the warranty' },
        { type: 'text', text: 'of the Zephyr last?' }])],
    max_tokens: 50, max_completion_tokens: 77, temperature: 0.5, stop: ['END'], top_p: 0.9,
    user: 'somebody', seed: 1, presence_penalty: 0 }));

    assert.equal(reply.status, 200, reply.text);
    const { body } = model.requests.at(-1);
    const all = body.messages.map((message) => message.content).join('\n');
    assert.match(all, /Answer like a pirate\.\s+Be brief\./);
    assert.match(all, /What is the Zephyr\?/);
    assert.match(all, /A kettle\./);
    assert.doesNotMatch(all, /Sources:/);
    assert.match(all, /How long does the warranty\nof the Zephyr last\?/);
    assert.equal(body.max_tokens ?? body.max_completion_tokens, 77);
    assert.equal(body.temperature, 0.5);
    assert.deepEqual(body.stop, ['END']);
  });

  test('is of the documents chosen alone', async () => {
    const other = await add(anna, { title: 'Lamp',
      text: 'The Borealis lamp has a warranty of nine years.\n' });
    const reply = await anna.post(where, asked({ documentIds: [other],
      messages: [user('How long is the warranty of the Borealis lamp?')] }));

    assert.deepEqual(new Set(reply.json.choices[0].message.x_citations
      .map((citation) => citation.documentId)), new Set([other]));
    await anna.delete(`/api/documents/${other}`);
  });
});

describe('what is refused', () => {
  const bad = {
    'no model': [{ model: undefined }, 'model'],
    'a model that is no string': [{ model: 5 }, 'model'],
    'no messages': [{ messages: undefined }, 'messages'],
    'messages that are none': [{ messages: 'hello' }, 'messages'],
    'an empty list': [{ messages: [] }, 'messages'],
    'a message that is none': [{ messages: ['hello'] }, 'messages[0].role'],
    'an unknown role': [{ messages: [{ role: 'tool', content: 'x' }, user('x')] },
      'messages[0].role'],
    'a picture': [{ messages: [user([{ type: 'text', text: 'See' },
      { type: 'image_url', image_url: { url: 'data:' } }])] }, 'messages[0].content[1]'],
    'a content that is none': [{ messages: [user(5)] }, 'messages[0].content'],
    'an empty question': [{ messages: [user(' \n')] }, 'messages[0].content'],
    'a question that is too long': [{ messages: [user('x'.repeat(16385))] },
      'messages[0].content'],
    'an answer as the last message': [{ messages: [user('x'),
      { role: 'assistant', content: 'y' }] }, 'messages'],
    'instructions that are too long': [{ messages: [
      { role: 'system', content: 'x'.repeat(40000) }, user('x')] }, 'messages'],
    'a stream that is a word': [{ stream: 'yes' }, 'stream'],
    'stream options that are none': [{ stream_options: true }, 'stream_options'],
    'no tokens': [{ max_tokens: 0 }, 'max_tokens'],
    'half a token': [{ max_completion_tokens: 1.5 }, 'max_completion_tokens'],
    'heat': [{ temperature: 2.1 }, 'temperature'],
    'a top_p above one': [{ top_p: 1.1 }, 'top_p'],
    'a penalty beyond two': [{ frequency_penalty: -3 }, 'frequency_penalty'],
    'five stops': [{ stop: ['a', 'b', 'c', 'd', 'e'] }, 'stop'],
    'an empty stop': [{ stop: '' }, 'stop'],
    'two answers': [{ n: 2 }, 'n'],
    'tools': [{ tools: [{ type: 'function', function: { name: 'f' } }] }, 'tools'],
    'JSON as format': [{ response_format: { type: 'json_object' } }, 'response_format'],
    'sound': [{ modalities: ['text', 'audio'] }, 'modalities'],
    'logprobs': [{ logprobs: true }, 'logprobs'],
    'a search in the web': [{ web_search_options: {} }, 'web_search_options'],
    'document ids that are none': [{ documentIds: [1] }, 'documentIds'],
  };
  for (const [what, [fields, param]] of Object.entries(bad)) {
    test(`${what}, with the parameter to blame`, async () => {
      const error = refused(await anna.post(where, asked(fields)), 400,
        'validation_error', param);
      assert.equal(error.type, 'invalid_request_error');
      assert.ok(error.message.length > 10);
    });
  }

  test('but not what asks for nothing', async () => {
    const reply = await anna.post(where, asked({ tools: [{ type: 'function',
      function: { name: 'f' } }], tool_choice: 'none', n: 1, stop: null, logprobs: false,
    response_format: { type: 'text' }, logit_bias: {}, stream_options: null,
    store: false, metadata: {}, reasoning_effort: 'low', unheard_of: 1 }));

    assert.equal(reply.status, 200, reply.text);
  });

  test('a model or collection that there is not, with 404', async () => {
    for (const name of ['gpt-4o', 'lectern/nothing', 'lectern/', 'Lectern']) {
      refused(await anna.post(where, asked({ model: name })), 404, 'model_not_found', 'model');
    }
    refused(await anna.post(where, asked({ collection: 'nothing' })), 404,
      'collection_not_found', 'collection');
  });

  test('JSON that is none, a body that is too large, a wrong method, nobody', async () => {
    const headers = { 'content-type': 'application/json' };

    refused(await anna.request('POST', where, { body: '{"model":', headers }), 400,
      'bad_request');
    refused(await anna.request('POST', where, { body: '[]', headers }), 400,
      'validation_error');
    refused(await anna.request('POST', where, { body: 'x'.repeat(1048577), headers }), 413,
      'payload_too_large');
    const wrong = await anna.get(where);
    refused(wrong, 405, 'method_not_allowed');
    assert.match(wrong.headers.get('allow'), /POST/);
    refused(await anna.get('/v1/nothing'), 404, 'not_found');
    const nobody = new Client(modelled.url);
    for (const reply of [await nobody.post(where, asked()), await nobody.get('/v1/models'),
      await nobody.post(where, asked(), { headers: { authorization: 'Bearer lk_x' } })]) {
      assert.equal(refused(reply, 401, 'invalid_api_key').type, 'authentication_error');
    }
  });

  test('a request that is none, in the same form', async () => {
    const reply = await rawExchange(modelled.url,
      'POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nBad Name: y\r\n\r\n');

    assert.equal(reply.status, 400);
    assert.equal(JSON.parse(reply.text).error.type, 'invalid_request_error');
  });

  test('one question more than a day has', async () => {
    const carl = await reader(extractive);

    for (let n = 0; n < 3; n++) {
      assert.equal((await carl.post(where, asked())).status, 200);
    }
    const reply = await carl.post(where, asked({ stream: true }));
    assert.equal(refused(reply, 429, 'daily_limit_reached').type, 'rate_limit_error');
    const wait = Number(reply.headers.get('retry-after'));
    assert.ok(wait > 0 && wait <= 86400);
    assert.equal(reply.headers.get('x-should-retry'), 'false');
  });

  test('more answers at once than one may have', async () => {
    const dora = await reader(modelled);

    model.behave({ delayMs: 2000 });
    const leaving = new AbortController();
    const open = await Promise.all(Array.from({ length: 20 }, () => dora.open('POST', where,
      { json: asked({ stream: true }), signal: leaving.signal })));
    const full = open.filter((response) => response.status === 429);
    assert.ok(full.length > 0, open.map((response) => response.status).join());
    assert.ok(Number(full[0].headers.get('retry-after')) > 0);
    assert.equal((await full[0].json()).error.type, 'rate_limit_error');
    leaving.abort();
    model.behave({});
  });
});

describe('models', () => {
  test('are one for all documents and one for each collection', async () => {
    const eve = await signedUp(modelled.url);
    await modelled.postgres.psql(modelled.database, `insert into collections
      (id, user_id, name) values ('${'c'.repeat(32)}', '${eve.user.id}', 'Häuser / Pläne')`);
    const { json } = await eve.get('/v1/models');

    assert.equal(json.object, 'list');
    assert.deepEqual(json.data.map(({ id, object, owned_by: owner }) => [id, object, owner]),
      [['lectern', 'model', 'lectern'], ['lectern/Häuser / Pläne', 'model', 'lectern']]);
    for (const one of json.data) {
      assert.deepEqual((await eve.get(`/v1/models/${encodeURIComponent(one.id)}`)).json, one);
      assert.deepEqual((await eve.get(`/v1/models/${encodeURI(one.id)}`)).json, one);
      assert.equal(typeof one.created, 'number');
    }
    assert.equal((await eve.post(where, asked({ model: json.data[1].id }))).status, 200);
    const other = await anna.get('/v1/models');
    assert.deepEqual(other.json.data.map(({ id }) => id), ['lectern'], 'of others none');
    for (const id of ['gpt-4o', 'lectern%2Fnothing', 'lectern/H%C3%A4user%20%2F%20Pl%C3%A4ne']) {
      refused(await anna.get(`/v1/models/${id}`), 404, 'model_not_found', 'model');
    }
  });

  test('and answers are there for an API key and for a bearer token', async () => {
    const { key } = (await anna.post('/api/keys', { name: 'v1' })).json;
    const token = decodeURIComponent([...anna.cookies].find(([name]) =>
      name.endsWith('session_token'))[1]).split('.')[0];

    for (const secret of [key, token]) {
      const client = new Client(modelled.url,
        { headers: { authorization: `Bearer ${secret}` } });
      assert.equal((await client.get('/v1/models', { origin: null })).status, 200);
      const reply = await client.post(where, asked(), { origin: null });
      assert.equal(reply.status, 200, reply.text);
      assert.match(reply.json.choices[0].message.content, /thirty months/);
    }
  });
});
