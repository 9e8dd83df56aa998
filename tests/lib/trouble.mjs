// What tests of a model's end point in trouble share.

import assert from 'node:assert/strict';

import { conversation, lastMessage, of, question, textOf } from './asking.mjs';

/** Two seconds until the model's first word, one of silence after it. */
export const patience = { LLM_TIMEOUT_SECONDS: '2' };

/** How a good answer of the double begins. */
export const some = /^The warranty/;

/** A figure of /metrics, by its name and labels. */
export async function figure(server, name) {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  const line = text.split('\n').find((each) => each.startsWith(`lectern_${name} `));

  assert.ok(line, `there is no ${name}`);
  return Number(line.split(' ')[1]);
}

/**
 * A stream that ended in trouble: told so, closed in order, and kept with the
 * question and the text that had come (undefined: none). What it was told.
 */
export async function assertTroubled(client, list, text) {
  const { conversationId } = list[0].messageMetadata;
  const kept = await lastMessage(client, conversationId);
  const { messages } = await conversation(client, conversationId);
  const types = list.map((part) => part.type ?? part);

  assert.equal(of(list, 'error').length, 1, types.join(' '));
  assert.equal(of(list, 'finish')[0].finishReason, 'error');
  assert.equal(of(list, 'finish')[0].messageMetadata.answered, false);
  assert.equal(list.at(-1), '[DONE]');
  assert.equal(messages[0].text, question);
  assert.equal(kept.status, 'failed');
  assert.equal(kept.text, textOf(list));
  if (text !== undefined) assert.match(kept.text, text);
  else assert.equal(kept.text, '');
  return of(list, 'error')[0].errorText;
}
