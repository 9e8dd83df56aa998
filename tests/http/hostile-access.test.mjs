// Ids that somebody else's things have: bob puts anna's into every path,
// query and body of /openapi.json that takes one, and is told to the letter
// what he is told of an id that nobody has; nothing of anna's is changed.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';

import { signedUp } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { addressOf, goodBody, goodQuery, idsOf, operations, rowsOf, worldOf }
  from '../lib/operations.mjs';

let lectern, anna, bob, annas, bobs, rowsBefore;

before(async () => {
  lectern = await startLectern();
  anna = await signedUp(lectern.url);
  bob = await signedUp(lectern.url);
  annas = await worldOf(anna);
  bobs = await worldOf(bob);
  rowsBefore = await rowsOf(lectern, anna.user.id);
});
after(async () => {
  assert.equal(lectern.restarts(), 0, lectern.tail());
  await lectern.stop();
});

/** A world of the same form that nobody has. */
const nobodys = () => Object.fromEntries(Object.entries(annas).map(([name, id]) =>
  [name, id.replace(/\w{32}$/, randomBytes(16).toString('hex'))]));
/** What is told, without what differs from one request to the next. */
const told = ({ status, text }) => [status, text
  .replace(/"requestId":"[^"]*"/, '').replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'DATE')
  .replace(/\b\w{32}\b/g, 'ID')];
const ask = ({ method }, address, json) => bob.request(method, address,
  { json, headers: { accept: 'application/json' } });

async function isAsUnknown(operation, made) {
  const [hers, unknown] = [await made(annas), await made(nobodys())];

  assert.deepEqual(told(hers), told(unknown), operation.name);
  for (const secret of ['thirty months', 'Kettle', anna.email]) {
    assert.ok(!hers.text.includes(secret) || unknown.text.includes(secret), hers.text);
  }
  assert.equal(await rowsOf(lectern, anna.user.id), rowsBefore, operation.name);
  return hers;
}

// No answer is running: as for any id.
const exceptions = { 'GET /api/chat/{id}/stream': 204 };

describe('an id of somebody else in the path of', () => {
  for (const operation of operations().filter(({ inPath }) => inPath.some((one) => one !== 'token'))) {
    test(operation.name, async () => {
      const reply = await isAsUnknown(operation, (world) =>
        ask(operation, addressOf(operation, idsOf(operation, world), goodQuery(operation)),
          goodBody(operation)));

      assert.equal(reply.status, exceptions[operation.name] ??
        (operation.route.startsWith('/api/admin/') ? 403 : 404), reply.text);
      // Of two ids each alone, the other one being bob's.
      for (const one of operation.inPath.length > 1 ? operation.inPath : []) {
        await isAsUnknown(operation, (world) => ask(operation,
          addressOf(operation, { ...idsOf(operation, bobs), [one]: idsOf(operation, world)[one] }),
          goodBody(operation)));
        assert.ok(!(await rowsOf(lectern, bob.user.id)).includes(annas.documentId));
      }
    });
  }
});

// Fields and query parameters that take an id, and whose.
const kinds = { documentIds: ({ documentId }) => [documentId], conversationId: 'conversationId',
  parentId: 'messageId', messageId: 'messageId', collection: 'collectionId', message: 'messageId',
  model: 'modelId', user: 'userId', id: 'conversationId' };
const idIn = (name, world) => typeof kinds[name] === 'function' ? kinds[name](world)
  : world[kinds[name]];

describe('an id of somebody else in a body or query of', () => {
  for (const operation of operations().filter(({ route }) => !route.startsWith('/api/auth/'))) {
    const inBody = operation.inJson.filter((name) => name in kinds && name !== 'message');
    const inQuery = operation.inQuery.filter((name) => name in kinds);
    if (inBody.length + inQuery.length === 0) continue;

    test(`${operation.name}: ${[...inBody, ...inQuery].join(', ')}`, async () => {
      const address = (query) => addressOf(operation, idsOf(operation, bobs), query);

      for (const name of inBody) {
        const more = name === 'id' || name === 'messageId'
          ? { id: `chat-${name}`, messages: [{ id: 'm1', role: 'user', parts:
            [{ type: 'text', text: 'How long is the warranty of the Zephyr?' }] }] }
          : goodBody(operation);
        await isAsUnknown(operation, (world) => ask(operation, address(),
          { ...more, [name]: idIn(name, world) }));
      }
      for (const name of inQuery) {
        await isAsUnknown(operation, (world) => ask(operation,
          address({ [name]: idIn(name, world) }), goodBody(operation)));
      }
    });
  }
});

describe('nobody at all', () => {
  for (const operation of operations().filter(({ isOpen }) => !isOpen)) {
    test(`is refused by ${operation.name}`, async () => {
      const reply = await fetch(lectern.url + addressOf(operation, idsOf(operation, annas)),
        { method: operation.method, redirect: 'manual',
          ...(operation.takesJson && { headers: { 'content-type': 'application/json' },
            body: JSON.stringify(goodBody(operation)) }) });

      assert.equal(reply.status, 401, await reply.text());
      assert.equal(await rowsOf(lectern, anna.user.id), rowsBefore);
    });
  }
});
