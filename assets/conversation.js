/*
 * What the chat page asks of the server, in its terms: a question with the
 * place that it takes in the conversation. The client names the conversation
 * and the question itself, so that one that was sent twice, because nothing
 * was heard of it, is stored once.
 */
import { ask } from './api.js';

const NAME_BYTES = 16;

/* A name that nothing else has. */
export function newName() {
  return Array.from(crypto.getRandomValues(new Uint8Array(NAME_BYTES)),
    (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/*
 * Resolves to the Response whose body is the stream. `parentId` is the
 * message that the question follows; `replaces` the question that it is
 * another version of, or, with `isAgain`, the message to be answered anew;
 * `fields` say what is to be asked (documentIds, collection).
 */
export function askIn(conversation, { id, text, parentId, replaces, isAgain }, fields, signal) {
  const messages = [{ id, role: 'user', parts: [{ type: 'text', text }] }];
  if (parentId)
    messages.unshift({ id: parentId, role: 'assistant', parts: [] });
  const question = { ...fields, id: conversation, messages,
    trigger: isAgain ? 'regenerate-message' : 'submit-message' };
  if (replaces)
    question.messageId = replaces;
  return ask(question, signal);
}

/* Messages in pairs {question, answer}; an answer may be missing (null). */
export function pairsOf(messages) {
  const found = [];
  for (const message of messages) {
    if (message.role === 'user')
      found.push({ question: message, answer: null });
    else if (found.length > 0)
      found.at(-1).answer = message;
  }
  return found;
}

export function isUnfinished({ answer }) {
  return answer === null || answer.status === 'running';
}
