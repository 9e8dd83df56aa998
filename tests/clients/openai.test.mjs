// The real `openai` package, unmodified, against the program: streams, whole
// answers, models, its typed errors, and calls that are given up.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import OpenAI from 'openai';

import { startModel } from '../doubles/model.mjs';
import { question, reader } from '../lib/asking.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { until } from '../lib/wait.mjs';

const messages = [{ role: 'user', content: question }];

let model, lectern, anna, key, client;

before(async () => {
  model = await startModel();
  lectern = await startLectern({ env: { LLM_URL: model.url, LLM_MODEL: 'double' } });
  anna = await reader(lectern);
  ({ key } = (await anna.post('/api/keys', { name: 'openai' })).json);
  client = by(key);
});
after(async () => {
  if (lectern) {
    assert.equal(lectern.restarts(), 0, lectern.tail());
    await lectern.stop();
  }
  await model?.stop();
});

const by = (apiKey, more) => new OpenAI({ apiKey, baseURL: `${lectern.url}/v1`,
  maxRetries: 0, ...more });

test('a whole answer comes with its sources and usage', async () => {
  const { data, response } = await client.chat.completions
    .create({ model: 'lectern', messages }).withResponse();
  const { message, finish_reason: reason } = data.choices[0];

  assert.ok(message.content.startsWith('The warranty of the Zephyr lasts thirty months. [1]'));
  assert.equal(reason, 'stop');
  assert.equal(message.annotations[0].url_citation.title, 'Kettle');
  assert.equal(message.x_citations[0].documentId, anna.documentId);
  assert.equal(data.usage.total_tokens,
    data.usage.prompt_tokens + data.usage.completion_tokens);
  assert.match(data._request_id, /^[\w-]{8,}$/);
  assert.equal(response.status, 200);
});

test('a streamed one comes in pieces, and is the same in the end', async () => {
  const whole = await client.chat.completions.create({ model: 'lectern', messages });
  // What comes in one read of the model's leaves in one piece.
  model.behave({ delayMs: 20 });
  const stream = await client.chat.completions.create({ model: 'lectern', messages,
    stream: true, stream_options: { include_usage: true } });
  let text = '', pieces = 0, usage, reason;

  for await (const chunk of stream) {
    if (chunk.choices[0]?.delta.content) pieces++;
    text += chunk.choices[0]?.delta.content ?? '';
    reason = chunk.choices[0]?.finish_reason ?? reason;
    usage = chunk.usage ?? usage;
  }
  model.behave({});
  assert.ok(pieces > 3, `${pieces} pieces`);
  assert.equal(reason, 'stop');
  assert.equal(text, whole.choices[0].message.content);
  assert.deepEqual(usage, whole.usage);
});

test('the client’s own collector of streams has it all', async () => {
  const run = client.chat.completions.stream({ model: 'lectern', messages });
  const completion = await run.finalChatCompletion();
  const { message } = completion.choices[0];

  assert.match(message.content, /thirty months\. \[1\]/);
  assert.equal(message.role, 'assistant');
  assert.equal(message.annotations.length, 1);
  assert.equal(message.x_citations.length, 1);
});

test('errors before the answer have their types', async () => {
  const create = (fields, who = client) => who.chat.completions
    .create({ model: 'lectern', messages, ...fields });

  await assert.rejects(create({}, by('lk_wrong')), (error) =>
    error instanceof OpenAI.AuthenticationError && error.code === 'invalid_api_key');
  await assert.rejects(create({ model: 'gpt-4o' }), (error) =>
    error instanceof OpenAI.NotFoundError && error.code === 'model_not_found' &&
    error.param === 'model' && error.requestID !== null);
  await assert.rejects(create({ temperature: 9 }), (error) =>
    error instanceof OpenAI.BadRequestError && error.param === 'temperature');
  await assert.rejects(create({ messages: [] }), OpenAI.BadRequestError);
  model.script(null, { status: 401 });
  await assert.rejects(create({}), (error) =>
    error instanceof OpenAI.InternalServerError && error.status === 502);
});

test('too many answers at once are a RateLimitError, and tried again', async () => {
  const leaving = new AbortController();

  model.behave({ delayMs: 1000 });
  const busy = await Promise.allSettled(Array.from({ length: 20 }, () =>
    client.chat.completions.create({ model: 'lectern', messages, stream: true },
      { signal: leaving.signal })));
  const full = busy.find((result) => result.status === 'rejected');
  assert.ok(full.reason instanceof OpenAI.RateLimitError, full.reason);
  leaving.abort();
  model.behave({});
  const reply = await until(() => by(key, { maxRetries: 2 }).chat.completions
    .create({ model: 'lectern', messages }).catch(() => false), 'room', { seconds: 30 });
  assert.equal(reply.choices[0].finish_reason, 'stop');
});

test('an error in the middle is thrown after the text so far', async () => {
  model.script(['The warranty ', 'lasts ', 'thirty ', 'months'],
    { delayMs: 30, errorAfter: 3 });
  const stream = await client.chat.completions
    .create({ model: 'lectern', messages, stream: true });
  let text = '';

  await assert.rejects(async () => {
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
  }, (error) => error instanceof OpenAI.APIError && error.type === 'server_error');
  assert.ok(text.startsWith('The warranty lasts'), text);
});

test('a call that is given up stops the model at once', async () => {
  model.script(Array(300).fill('word '), { delayMs: 20 });
  const stream = await client.chat.completions
    .create({ model: 'lectern', messages, stream: true });
  let pieces = 0;

  for await (const chunk of stream) {
    if (chunk.choices[0]?.delta.content && ++pieces === 3) break;
  }
  const call = model.requests.at(-1);
  await until(() => call.aborted !== null, 'the model to be left', { everyMs: 5 });
  assert.ok(call.tokens < 60, `${call.tokens} tokens`);
});

test('the models are listed and found', async () => {
  const ids = [];

  for await (const one of client.models.list()) ids.push(one.id);
  assert.deepEqual(ids, ['lectern']);
  assert.equal((await client.models.retrieve('lectern')).owned_by, 'lectern');
  await assert.rejects(client.models.retrieve('gpt-4o'), OpenAI.NotFoundError);
});

test('a collection is a model', async () => {
  await lectern.postgres.psql(lectern.database, `with c as (insert into collections
    (id, user_id, name) values ('${'k'.repeat(32)}', '${anna.user.id}', 'Kitchen') returning id)
    insert into collection_documents (collection_id, document_id)
    select id, '${anna.documentId}' from c`);
  const ids = (await client.models.list()).data.map(({ id }) => id);

  assert.deepEqual(ids, ['lectern', 'lectern/Kitchen']);
  assert.equal((await client.models.retrieve('lectern/Kitchen')).id, 'lectern/Kitchen');
  const reply = await client.chat.completions.create({ model: 'lectern/Kitchen', messages });
  assert.equal(reply.model, 'lectern/Kitchen');
  assert.equal(reply.choices[0].message.x_citations[0].documentId, anna.documentId);
});
