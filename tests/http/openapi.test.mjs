// What /openapi.json says is true of the program: its routes are those of
// kore.conf, and replies have the shapes that it promises.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import Ajv from 'ajv/dist/2020.js';

import { askWhole, question, reader } from '../lib/asking.mjs';
import { Client } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { root } from '../lib/process.mjs';

let lectern, description, ajv;

before(async () => {
  lectern = await startLectern();
  description = (await new Client(lectern.url).get('/openapi.json')).json;
  ajv = new Ajv({ strict: false, validateFormats: false });
  ajv.addSchema(description, 'api');
});
after(async () => lectern?.stop());

/** Of kore.conf: {path: [methods]} of what is no page. */
function routes() {
  const found = {};

  for (const line of readFileSync(path.join(root, 'kore.conf'), 'utf8').split('\n')) {
    const [word, route, ...methods] = line.trim().split(/\s+/);
    if (word === 'restrict' && /^\^?\/(api|v1|health|ready|metrics|openapi)/.test(route)) {
      found[route.replace(/^\^|\$$/g, '')] = methods;
    }
  }
  return found;
}

const pattern = (route) => route.replace(/\{\w+\}/g, (name) =>
  `${route.startsWith('/v1/models') && name ? '.+' : '[^/]+'}`);

const pointer = (name) => name.replaceAll('~', '~0').replaceAll('/', '~1');

/** Holds a reply's body to what is said of its status. */
function holds(method, route, { status, json, text }) {
  const operation = description.paths[route][method];
  const key = operation.responses[status] ? status : 'default';
  const validate = ajv.getSchema(`api#/paths/${pointer(route)}/${method}/responses/${key}` +
    '/content/application~1json/schema');

  assert.ok(validate, `${method} ${route} says nothing of ${status}`);
  assert.ok(validate(json), `${method} ${route}: ${ajv.errorsText(validate.errors)}: ${text}`);
}

test('the routes are those of kore.conf, each with its methods', () => {
  const said = Object.fromEntries(Object.entries(description.paths)
    .map(([route, operations]) => [pattern(route), Object.keys(operations).sort()]));
  const there = Object.fromEntries(Object.entries(routes())
    .map(([route, methods]) => [route, methods.sort()]));

  assert.deepEqual(said, there);
});

test('it is OpenAPI 3.1 with a summary and an id of its own for every operation', () => {
  const operations = Object.values(description.paths).flatMap(Object.values);
  const ids = new Set(operations.map(({ operationId }) => operationId));

  assert.equal(description.openapi, '3.1.0');
  assert.equal(ids.size, operations.length);
  for (const { summary, responses, tags } of operations) {
    assert.ok(summary && tags.length === 1 && responses.default);
  }
});

describe('a reply is as promised:', () => {
  let anna, conversationId;

  before(async () => {
    anna = await reader(lectern);
    const whole = await askWhole(anna, question);
    conversationId = whole.json.conversationId;
    holds('post', '/api/chat', whole);
  });

  for (const route of ['/health', '/ready', '/openapi.json', '/api/auth/ok',
    '/api/auth/get-session', '/api/auth/list-sessions', '/api/auth/list-accounts',
    '/api/keys', '/api/documents', '/api/conversations', '/api/suggestions',
    '/api/collections', '/v1/models']) {
    test(`GET ${route}`, async () => {
      const reply = await anna.get(route);

      assert.equal(reply.status, 200, reply.text);
      holds('get', route, reply);
    });
  }

  test('GET /api/documents/{id} and GET /api/conversations/{id}', async () => {
    holds('get', '/api/documents/{id}', await anna.get(`/api/documents/${anna.documentId}`));
    holds('get', '/api/conversations/{id}',
      await anna.get(`/api/conversations/${conversationId}`));
  });

  test('POST /api/search, with results', async () => {
    const reply = await anna.post('/api/search', { query: 'warranty' });

    assert.ok(reply.json.results.length > 0);
    holds('post', '/api/search', reply);
  });

  test('POST /api/keys and POST /api/collections', async () => {
    holds('post', '/api/keys', await anna.post('/api/keys', { name: 'tool' }));
    const made = await anna.post('/api/collections', { name: 'Kettles' });
    holds('post', '/api/collections', made);
    holds('get', '/api/collections/{id}',
      await anna.get(`/api/collections/${made.json.collection.id}`));
  });

  test('errors, in the face of each part of the API', async () => {
    const nobody = new Client(lectern.url);

    holds('get', '/api/documents/{id}', await anna.get('/api/documents/none'));
    holds('post', '/api/search', await anna.post('/api/search', {}));
    holds('get', '/api/keys', await nobody.get('/api/keys'));
    holds('get', '/v1/models', await nobody.get('/v1/models'));
    holds('post', '/api/auth/sign-in/email', await nobody.post('/api/auth/sign-in/email',
      { email: 'nobody@example.com', password: 'not the one' }));
  });
});
