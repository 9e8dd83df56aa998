// Asking the program, as the tests of chat do: somebody with a document, a
// question, the parts of the answer, and whether its citations hold.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';

import { allEvents, signedUp } from './http.mjs';
import { until } from './wait.mjs';

const handbook = `# Kettle handbook

The Zephyr kettle boils one litre of water in 140 seconds. Its lid opens with
the grey button. 😀 Größe: 24 cm hoch.

## Descaling

Descale the Zephyr with citric acid every six weeks. Rinse it twice afterwards.

- never use vinegar in the Zephyr
- the descaling light is amber

## Warranty

The warranty of the Zephyr lasts thirty months. Keep the receipt.
`;
export const question = 'How long does the warranty of the Zephyr last?';

/** Somebody new whose handbook is ready to be asked. */
export async function reader(lectern, { text = handbook, title = 'Kettle' } = {}) {
  const client = await signedUp(lectern.url);

  client.documentId = await add(client, { title, text });
  return client;
}

export async function add(client, document) {
  const reply = await client.post('/api/documents', document);

  assert.equal(reply.status, 201, reply.text);
  const { id } = reply.json.document;
  await until(async () => {
    const { document: now } = (await client.get(`/api/documents/${id}`)).json;
    assert.notEqual(now.status, 'failed', now.error);
    return now.status === 'ready';
  }, 'the document to be ready', { seconds: 30 });
  return id;
}

/** The parts of a streamed answer, in order; the last one is '[DONE]'. */
export async function ask(client, json, options) {
  const response = await client.open('POST', '/api/chat', { json, ...options });

  assert.equal(response.status, 200, response.status === 200 ? '' : await response.text());
  return parts(response);
}

export async function parts(response) {
  return (await allEvents(response)).map((event) => event.json ?? event.data);
}

export const askWhole = (client, message, more = {}, options = {}) => client.post('/api/chat',
  { message, ...more }, { headers: { accept: 'application/json' }, ...options });

export const of = (list, type) => list.filter((part) => part.type === type);
export const textOf = (list) => of(list, 'text-delta').map((part) => part.delta).join('');

/** Every citation is exactly what the document's text has there. */
export async function holds(client, citations) {
  for (const { documentId, start, end, quote, sha256 } of citations) {
    const reply = await client.get(`/api/documents/${documentId}/text`,
      { headers: { range: `bytes=${start}-${end - 1}` } });
    assert.equal(reply.status, 206, reply.text);
    assert.equal(reply.text, quote);
    assert.equal(sha256, createHash('sha256').update(reply.bytes).digest('hex'));
  }
}

export async function conversation(client, id) {
  const reply = await client.get(`/api/conversations/${id}`);

  assert.equal(reply.status, 200, reply.text);
  return reply.json.conversation;
}

/** Waits until no answer of the conversation runs; its last message. */
export async function lastMessage(client, id) {
  return until(async () => {
    const { messages } = await conversation(client, id);
    return messages.at(-1)?.status === 'running' ? null : messages.at(-1);
  }, 'the answer to be kept', { seconds: 20 });
}
