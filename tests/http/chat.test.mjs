// Asking: the streamed answer, its citations, refusals, bad input, and who may
// see what.

import assert from 'node:assert/strict';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';

import { startModel } from '../doubles/model.mjs';
import { add, ask, askWhole, conversation, holds, lastMessage, of, parts, question,
  reader, textOf } from '../lib/asking.mjs';
import { readEvents, signedUp } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';

let model, modelled, extractive;

before(async () => {
  model = await startModel();
  [modelled, extractive] = await Promise.all([
    startLectern({ env: { LLM_URL: model.url, LLM_MODEL: 'double',
      LLM_API_KEY: 'model-secret' } }),
    startLectern(),
  ]);
});
after(async () => {
  for (const lectern of [modelled, extractive]) {
    if (!lectern) continue;
    assert.equal(lectern.restarts(), 0, lectern.tail());
    await lectern.stop();
  }
  await model?.stop();
});

describe('a streamed answer', () => {
  test('comes in the order that the protocol asks for', async () => {
    const anna = await reader(modelled);
    const list = await ask(anna, { message: question });
    const types = list.map((part) => part.type ?? part);
    const order = types.filter((type, i) => type !== types[i - 1]);

    // What comes in one read of the model's leaves in one piece.
    if (order[4] === 'text-delta') order.splice(4, 1);
    assert.deepEqual(order, ['start', 'data-status', 'start-step', 'text-start',
      'source-document', 'text-delta', 'text-end',
      'data-citation', 'finish-step', 'finish', '[DONE]']);
    assert.ok(types.indexOf('source-document') <
      list.findIndex(({ delta }) => delta?.includes('[1]')), 'a source before its mention');
    assert.match(list[0].messageId, /^[A-Za-z0-9]{32}$/);
    assert.match(list[0].messageMetadata.conversationId, /^[A-Za-z0-9]{32}$/);
    assert.ok(of(list, 'data-status').every((part) => part.transient === true));
    assert.equal(of(list, 'finish')[0].finishReason, 'stop');
    assert.ok(!JSON.stringify(list).includes('null'), 'no field is null');
  });

  test('carries the headers that keep proxies from holding it back', async () => {
    const anna = await reader(modelled);
    const response = await anna.open('POST', '/api/chat', { json: { message: question } });

    assert.equal(response.headers.get('content-type'), 'text/event-stream');
    assert.match(response.headers.get('cache-control'), /no-cache.*no-transform/);
    assert.equal(response.headers.get('x-accel-buffering'), 'no');
    assert.equal(response.headers.get('x-vercel-ai-ui-message-stream'), 'v1');
    await parts(response);
  });

  test('cites bytes of the document, in all three places alike', async () => {
    const anna = await reader(modelled);
    const list = await ask(anna, { message: question });
    const text = textOf(list);
    const citations = of(list, 'data-citation').map((part) => part.data);
    const ends = of(list, 'text-end')[0].citations;

    assert.ok(citations.length > 0);
    await holds(anna, citations);
    assert.deepEqual(of(list, 'source-document').map((part) => part.sourceId),
      [...new Set(citations.map((citation) => String(citation.n)))]);
    for (const { source, startIndex, endIndex, citedText } of ends) {
      assert.ok(text.slice(startIndex, endIndex).endsWith(`[${source.id}]`), text);
      assert.ok(citations.some((citation) => String(citation.n) === source.id &&
        citation.quote === citedText));
      assert.equal(source.providerMetadata.lectern.documentId, anna.documentId);
    }
    for (const [, n] of text.matchAll(/\[(\d+)\]/g)) {
      assert.ok(citations.some((citation) => citation.n === Number(n)), text);
    }
  });

  test('is kept as it was told', async () => {
    const anna = await reader(modelled);
    const list = await ask(anna, { message: question });
    const kept = await conversation(anna, list[0].messageMetadata.conversationId);

    assert.equal(kept.title, question);
    assert.deepEqual(kept.messages.map(({ role, status }) => [role, status]),
      [['user', 'complete'], ['assistant', 'complete']]);
    assert.equal(kept.messages[0].text, question);
    assert.equal(kept.messages[1].id, list[0].messageId);
    assert.equal(kept.messages[1].text, textOf(list));
    assert.deepEqual(kept.messages[1].citations,
      of(list, 'data-citation').map((part) => part.data));
  });

  test('has its first part before the model has said anything', async () => {
    const anna = await reader(modelled);

    model.script(null, { delayMs: 300 });
    const response = await anna.open('POST', '/api/chat', { json: { message: question } });
    const events = readEvents(response);
    const first = JSON.parse((await events.next()).value.data);
    const asked = model.requests.at(-1);

    assert.equal(first.type, 'start');
    assert.ok(asked.tokens === 0 || asked.finished, 'told before a token');
    for await (const event of events) if (event.data === '[DONE]') break;
  });

  test('tells the model the rules, the conversation and fenced passages', async () => {
    const anna = await reader(modelled);
    const first = await ask(anna, { message: question });
    const { conversationId } = first[0].messageMetadata;
    await ask(anna, { message: 'How is the Zephyr descaled?', conversationId });
    const { headers, body } = model.requests.at(-1);
    const keys = new Set(body.messages.at(-1).content
      .match(/<\/?passage key="\w+"/g).map((tag) => tag.replace('</', '<')));

    assert.equal(headers.authorization, 'Bearer model-secret');
    assert.equal(body.stream, true);
    assert.equal(body.model, 'double');
    assert.deepEqual(body.messages.map((message) => message.role), ['system', 'user']);
    assert.ok(body.messages[1].content.includes(`by="user">\n${question}\n</turn`));
    assert.ok(body.messages[1].content.includes(`by="assistant">\n${textOf(first)}\n</turn`));
    assert.equal(keys.size, 1, 'one key for all passages of an answer');
    assert.match([...keys][0], /key="[A-Za-z0-9]{32}"/);
    assert.match(body.messages.at(-1).content, /Question: How is the Zephyr descaled\?$/);
  });

  test('over HTTP/1.0 comes without chunks', async () => {
    const anna = await reader(modelled);
    const body = JSON.stringify({ message: question });
    const socket = net.connect(modelled.port, '127.0.0.1');
    const cookie = [...anna.cookies].map((pair) => pair.join('=')).join('; ');

    socket.write(`POST /api/chat HTTP/1.0\r\nhost: x\r\norigin: ${modelled.url}\r\n` +
      `cookie: ${cookie}\r\ncontent-type: application/json\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    let text = '';
    for await (const part of socket) text += part;
    const [head, ...rest] = text.split('\r\n\r\n');
    assert.doesNotMatch(head, /transfer-encoding/i);
    assert.ok(rest.join('').startsWith('data: {"type":"start"'), rest.join(''));
    assert.ok(rest.join('').endsWith('data: [DONE]\n\n'), rest.join(''));
  });
});

describe('markers', () => {
  test('that are wrong never leave, wherever the tokens cut them', async () => {
    const anna = await reader(modelled);

    model.script(['The warranty lasts thirty months ', '[', '1', ']', ' [9', '9].',
      ' It boils in 140 seconds [1', ', 77', '].'], { splitBytes: 7 });
    const list = await ask(anna, { message: question });

    assert.equal(textOf(list), 'The warranty lasts thirty months [1]. ' +
      'It boils in 140 seconds [1].');
    const citations = of(list, 'data-citation').map((part) => part.data);
    await holds(anna, citations);
    assert.ok(citations.some(({ quote }) => quote.includes('thirty months')));
  });

  test('are narrowed to the sentence that supports the statement', async () => {
    const anna = await reader(modelled, { text: 'The light of the Zephyr is ' +
      'amber. Its warranty lasts thirty months. Rinse it with water.\n' });

    model.script(['It has a light, which is amber [1]. ',
      'Thirty months of warranty [1]. Amber, as said, is the light [1].']);
    const list = await ask(anna, { message: question });

    assert.deepEqual(of(list, 'data-citation').map((part) => part.data.quote),
      ['The light of the Zephyr is amber.', 'Its warranty lasts thirty months.']);
    assert.deepEqual(of(list, 'text-end')[0].citations.map(({ citedText }) => citedText),
      ['The light of the Zephyr is amber.', 'Its warranty lasts thirty months.',
        'The light of the Zephyr is amber.']);
    await holds(anna, of(list, 'data-citation').map((part) => part.data));
  });

  test('count in UTF-16 units for the client and in bytes for the document', async () => {
    const anna = await reader(modelled);

    model.script(['😀 Größe: 24 cm hoch [1].']);
    const list = await ask(anna, { message: 'Größe des Zephyr kettle?' });
    const [{ startIndex, endIndex }] = of(list, 'text-end')[0].citations;

    assert.equal(textOf(list).slice(startIndex, endIndex), '😀 Größe: 24 cm hoch [1]');
    await holds(anna, of(list, 'data-citation').map((part) => part.data));
  });
});

describe('without a model', () => {
  test('the answer is verbatim sentences, each with its source', async () => {
    const ben = await reader(extractive);
    const list = await ask(ben, { message: question });
    const text = textOf(list);
    const citations = of(list, 'data-citation').map((part) => part.data);

    assert.match(text, /word for word/);
    assert.ok(text.includes('The warranty of the Zephyr lasts thirty months. [1]'), text);
    assert.ok(citations.length > 0);
    await holds(ben, citations);
    for (const { quote } of citations) assert.ok(text.includes(quote), quote);
  });

  test('JSON says the same, whole', async () => {
    const ben = await reader(extractive);
    const reply = await askWhole(ben, question);
    const { text, citations, answered, usage, conversationId, messageId } = reply.json;

    assert.equal(reply.status, 200);
    assert.equal(answered, true);
    assert.equal(usage, null);
    await holds(ben, citations);
    const kept = await conversation(ben, conversationId);
    assert.equal(kept.messages[1].id, messageId);
    assert.equal(kept.messages[1].text, text);
  });

  test('brackets that the document itself has are no markers', async () => {
    const ben = await reader(extractive, { title: 'Paper',
      text: 'The quagga was studied by Owen [12] and Gray [1, 2]. It is extinct.\n' });
    const { text, citations } = (await askWhole(ben, 'Who studied the quagga?')).json;

    assert.deepEqual([...text.matchAll(/\[(\d+)\]/g)].map(([, n]) => n), ['1']);
    await holds(ben, citations);
  });
});

describe('a question that the documents do not answer', () => {
  const strange = 'What did Ambassador Quuxwhistle say about the Flornbazzle treaty?';

  test('gets an honest answer, no citation, and no model', async () => {
    const anna = await reader(modelled);
    const before = model.requests.length;
    const list = await ask(anna, { message: strange });
    const kept = await lastMessage(anna, list[0].messageMetadata.conversationId);

    assert.equal(textOf(list), 'The documents do not answer this question.');
    assert.equal(of(list, 'source-document').length, 0);
    assert.equal(of(list, 'data-citation').length, 0);
    assert.equal(of(list, 'finish')[0].messageMetadata.answered, false);
    assert.equal(model.requests.length, before);
    assert.equal(kept.status, 'unanswered');
  });

  test('is told as JSON too', async () => {
    const ben = await reader(extractive);
    const { answered, citations } = (await askWhole(ben, strange)).json;

    assert.equal(answered, false);
    assert.deepEqual(citations, []);
  });

  test('is what one becomes that looks in the wrong document', async () => {
    const ben = await reader(extractive);
    const other = await add(ben, { title: 'Bread', text: 'Knead the dough for ten minutes.\n' });
    const { answered } = (await askWhole(ben, question, { documentIds: [other] })).json;

    assert.equal(answered, false);
  });
});

describe('a document with words of any length', () => {
  for (const length of [300, 5000]) {
    test(`is answered from: ${length} characters`, async () => {
      const word = 'xyzzy'.repeat(length / 5);
      const text = `# Codes\n\nThe code of the Frobnitz is ${word} and nothing else.\n\n` +
        'The Frobnitz is opened with the green lever.\n';
      const asked = 'How is the Frobnitz opened, and what is its code?';

      for (const lectern of [extractive, modelled]) {
        const ben = await reader(lectern, { title: 'Codes', text });
        for (const message of [asked, `${asked} Is it ${word.slice(0, 900)}?`]) {
          const reply = await askWhole(ben, message);

          assert.equal(reply.status, 200, reply.text);
          assert.equal(reply.json.answered, true);
          assert.ok(reply.json.citations.length > 0);
          await holds(ben, reply.json.citations);
        }
      }
    });
  }
});

test('a conversation is answered once at a time', async () => {
  const anna = await reader(modelled);

  model.script(null, { delayMs: 100 });
  const response = await anna.open('POST', '/api/chat', { json: { message: question } });
  const events = readEvents(response);
  const { messageMetadata } = JSON.parse((await events.next()).value.data);
  const second = await anna.post('/api/chat',
    { message: question, conversationId: messageMetadata.conversationId });

  assert.equal(second.status, 409);
  assert.equal(second.json.code, 'ANSWER_RUNNING');
  await anna.post(`/api/chat/${messageMetadata.conversationId}/stop`);
  for await (const event of events) if (event.data === '[DONE]') break;
});

test('useChat regenerates an answer beside the old one', async () => {
  const anna = await reader(modelled);
  const user = { id: 'u', role: 'user', parts: [{ type: 'text', text: question }] };
  const first = await ask(anna, { id: 'again', trigger: 'submit-message', messages: [user] });
  const second = await ask(anna, { id: 'again', trigger: 'regenerate-message',
    messageId: first[0].messageId, messages: [user] });
  const kept = await conversation(anna, 'again');

  assert.equal(kept.clientId, 'again');
  assert.deepEqual(kept.messages.map((message) => message.text),
    [question, textOf(second)]);
  assert.equal(kept.messages[1].id, second[0].messageId);
});

describe('bad input is refused and stores nothing', () => {
  for (const [name, json, field] of [
    ['nothing at all', {}, 'message'],
    ['an empty message', { message: '' }, 'message'],
    ['a blank message', { message: ' \n\t' }, 'message'],
    ['a message that is a number', { message: 7 }, 'message'],
    ['a message that is too long', { message: 'x'.repeat(16385) }, 'message'],
    ['messages without a question', { id: 'x', messages: [{ role: 'assistant' }] }, 'messages'],
    ['messages without text', { id: 'x', messages: [{ role: 'user', parts: [] }] }, 'messages'],
    ['messages that are a string', { id: 'x', messages: 'hi' }, 'messages'],
    ['messages without an id',
      { messages: [{ role: 'user', parts: [{ type: 'text', text: 'hi' }] }] }, 'id'],
    ['an id that is too long', { id: 'x'.repeat(129),
      messages: [{ role: 'user', parts: [{ type: 'text', text: 'hi' }] }] }, 'id'],
    ['document ids that are numbers', { message: 'hi', documentIds: [1] }, 'documentIds'],
    ['document ids that are a string', { message: 'hi', documentIds: 'a' }, 'documentIds'],
  ]) {
    test(name, async () => {
      const anna = await signedUp(extractive.url);
      const reply = await anna.post('/api/chat', json);

      assert.equal(reply.status, 400, reply.text);
      assert.equal(reply.json.field, field);
      assert.deepEqual((await anna.get('/api/conversations')).json.conversations, []);
    });
  }

  test('a conversation that does not exist', async () => {
    const anna = await signedUp(extractive.url);
    const reply = await anna.post('/api/chat', { message: 'hi', conversationId: 'none' });

    assert.equal(reply.status, 404);
    assert.equal(reply.json.code, 'CONVERSATION_NOT_FOUND');
  });

  test('nobody who is not signed in', async () => {
    const reply = await fetch(`${extractive.url}/api/chat`, { method: 'POST',
      headers: { 'content-type': 'application/json' }, body: '{"message":"hi"}' });

    assert.equal(reply.status, 401);
  });
});

describe('somebody else', () => {
  test('neither asks, reads, stops, resumes, renames nor deletes', async () => {
    const anna = await reader(extractive);
    const list = await ask(anna, { id: 'shared-name', trigger: 'submit-message',
      messages: [{ id: 'm', role: 'user', parts: [{ type: 'text', text: question }] }] });
    const { conversationId } = list[0].messageMetadata;
    const mallory = await signedUp(extractive.url);

    for (const id of [conversationId, 'shared-name']) {
      const path = `/api/conversations/${id}`;
      assert.equal((await mallory.get(path)).status, 404);
      assert.equal((await mallory.patch(path, { title: 'mine' })).status, 404);
      assert.equal((await mallory.delete(path)).status, 404);
      assert.equal((await mallory.post(`/api/chat/${id}/stop`)).status, 404);
      assert.equal((await mallory.get(`/api/chat/${id}/stream`)).status, 204);
    }
    assert.equal((await mallory.post('/api/chat',
      { message: question, conversationId })).status, 404);
    assert.deepEqual((await mallory.get('/api/conversations')).json.conversations, []);

    // A client id is the owner's alone: the same one makes another conversation.
    const own = await ask(mallory, { id: 'shared-name', trigger: 'submit-message',
      messages: [{ id: 'm', role: 'user', parts: [{ type: 'text', text: question }] }] });
    assert.notEqual(own[0].messageMetadata.conversationId, conversationId);
    assert.equal(of(own, 'data-citation').length, 0);
    assert.equal(of(own, 'finish')[0].messageMetadata.answered, false);

    const named = await askWhole(mallory, question, { documentIds: [anna.documentId] });
    assert.equal(named.json.answered, false);
    assert.equal((await conversation(anna, conversationId)).messages.length, 2);
  });
});

describe('conversations', () => {
  test('are listed newest first, in pages, and found by their title', async () => {
    const anna = await reader(extractive);
    const asked = ['Zephyr warranty?', 'Zephyr descaling?', 'Zephyr lid button?'];
    for (const message of asked) await ask(anna, { message });
    const first = (await anna.get('/api/conversations?limit=2')).json;
    const second = (await anna.get(
      `/api/conversations?limit=2&cursor=${first.nextCursor}`)).json;

    assert.deepEqual([...first.conversations, ...second.conversations]
      .map(({ title }) => title), [...asked].reverse());
    assert.equal(second.nextCursor, null);
    assert.deepEqual(Object.keys(first.conversations[0]).sort(),
      ['clientId', 'createdAt', 'id', 'title', 'updatedAt']);
    assert.deepEqual((await anna.get('/api/conversations?q=DESCALING')).json
      .conversations.map(({ title }) => title), [asked[1]]);
    for (const query of ['limit=0', 'limit=101', 'limit=x', 'cursor=1', 'cursor=x.y']) {
      assert.equal((await anna.get(`/api/conversations?${query}`)).status, 400, query);
    }
  });

  test('are renamed and deleted', async () => {
    const anna = await reader(extractive);
    const list = await ask(anna, { message: question });
    const path = `/api/conversations/${list[0].messageMetadata.conversationId}`;
    const renamed = await anna.patch(path, { title: 'Kettles' });

    assert.equal(renamed.status, 200);
    assert.equal(renamed.json.conversation.title, 'Kettles');
    assert.equal((await anna.get(path)).json.conversation.title, 'Kettles');
    for (const title of ['', '  ', 7, 'x'.repeat(401)]) {
      assert.equal((await anna.patch(path, { title })).status, 400);
    }
    assert.equal((await anna.delete(path)).status, 204);
    assert.equal((await anna.get(path)).status, 404);
    assert.equal((await anna.delete(path)).status, 404);
  });
});

test('the key of the model stands in no log', () => {
  for (const lectern of [modelled, extractive]) {
    assert.ok(!lectern.lines().join('\n').includes('model-secret'));
    assert.ok(!lectern.lines().join('\n').includes('Zephyr'));
  }
});
