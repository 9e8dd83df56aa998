// The real `ai` package, unmodified: DefaultChatTransport and the reader that
// useChat is made of, against the program.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { DefaultChatTransport, readUIMessageStream } from 'ai';

import { startModel } from '../doubles/model.mjs';
import { signedUp } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { until } from '../lib/wait.mjs';

const question = 'How long does the warranty of the Zephyr last?';

let model, lectern, anna;

before(async () => {
  model = await startModel();
  lectern = await startLectern({ workers: 1,
    env: { LLM_URL: model.url, LLM_MODEL: 'double' } });
  anna = await signedUp(lectern.url);
  const { document } = (await anna.post('/api/documents', { title: 'Kettle',
    text: 'The warranty of the Zephyr lasts thirty months. Keep the receipt.\n' })).json;
  await until(async () => (await anna.get(`/api/documents/${document.id}`)).json
    .document.status === 'ready', 'the document to be ready', { seconds: 30 });
});
after(async () => {
  if (lectern) {
    assert.equal(lectern.restarts(), 0, lectern.tail());
    await lectern.stop();
  }
  await model?.stop();
});

const transport = () => new DefaultChatTransport({
  api: `${lectern.url}/api/chat`,
  headers: { origin: lectern.url,
    cookie: [...anna.cookies].map((pair) => pair.join('=')).join('; ') },
});

const user = (text) => ({ id: `u-${text.length}`, role: 'user',
  parts: [{ type: 'text', text }] });

const send = (chatId, messages, more = {}) => transport().sendMessages(
  { chatId, messages, trigger: 'submit-message', messageId: undefined, ...more });

/** The message as useChat would show it in the end, and what went wrong. */
async function read(stream) {
  const errors = [];
  let last;

  for await (const message of readUIMessageStream({ stream,
    onError: (error) => errors.push(error.message) })) {
    last = structuredClone(message);
  }
  return { message: last, errors };
}

const of = (message, type) => message.parts.filter((part) => part.type === type);

test('a message is sent and its answer becomes a message with sources', async () => {
  const { message, errors } = await read(await send('chat-1', [user(question)]));

  assert.deepEqual(errors, []);
  assert.equal(message.role, 'assistant');
  assert.match(message.id, /^[A-Za-z0-9]{32}$/);
  assert.match(message.metadata.conversationId, /^[A-Za-z0-9]{32}$/);
  assert.equal(message.metadata.answered, true);
  const [text] = of(message, 'text');
  assert.equal(text.state, 'done');
  assert.equal(text.text, 'The warranty of the Zephyr lasts thirty months. [1]');
  const [source] = of(message, 'source-document');
  assert.deepEqual([source.sourceId, source.title], ['1', 'Kettle']);
  assert.equal(of(message, 'data-citation')[0].data.quote,
    'The warranty of the Zephyr lasts thirty months.');
  assert.equal(of(message, 'data-status').length, 0, 'a status is transient');
});

test('a conversation goes on under the id that the client chose', async () => {
  const first = await read(await send('chat-2', [user(question)]));
  const second = await read(await send('chat-2',
    [user(question), first.message, user('And where does the receipt of the Zephyr go?')]));
  const { conversation } = (await anna.get('/api/conversations/chat-2')).json;

  assert.equal(second.message.metadata.conversationId, conversation.id);
  assert.deepEqual(conversation.messages.map(({ role }) => role),
    ['user', 'assistant', 'user', 'assistant']);
});

test('an answer is regenerated', async () => {
  const first = await read(await send('chat-3', [user(question)]));
  const second = await read(await send('chat-3', [user(question)],
    { trigger: 'regenerate-message', messageId: first.message.id }));
  const { conversation } = (await anna.get('/api/conversations/chat-3')).json;

  assert.deepEqual(conversation.messages.map(({ id }) => id).slice(1),
    [second.message.id]);
});

test('a running answer is resumed from its start, and nothing is when none runs', async () => {
  model.script(null, { delayMs: 60 });
  const running = await send('chat-4', [user(question)]);
  const resumed = await transport().reconnectToStream({ chatId: 'chat-4' });
  const [one, two] = await Promise.all([read(running), read(resumed)]);

  assert.deepEqual(two.message.parts, one.message.parts);
  assert.equal(await transport().reconnectToStream({ chatId: 'chat-4' }), null);
});

test('a model that breaks off is an error with a sentence for people', async () => {
  model.script(null, { errorAfter: 3 });
  const { message, errors } = await read(await send('chat-5', [user(question)]));

  assert.deepEqual(errors, ['The language model broke off its answer']);
  assert.equal(of(message, 'text')[0].text, 'The warranty of');
});

test('a refusal before the stream is an error with its text', async () => {
  await assert.rejects(send('chat-6', [user(' ')]), /the message is empty/);
});

test('an aborted call is kept by the server', async () => {
  const control = new AbortController();

  model.script(null, { delayMs: 60 });
  const stream = await send('chat-7', [user(question)], { abortSignal: control.signal });
  control.abort();
  await assert.rejects(async () => { for await (const part of stream) void part; });
  const last = await until(async () => {
    const { conversation } = (await anna.get('/api/conversations/chat-7')).json;
    const answer = conversation.messages.at(-1);
    return answer.status !== 'running' && answer;
  }, 'the answer to be kept');
  assert.equal(last.status, 'complete');
});
