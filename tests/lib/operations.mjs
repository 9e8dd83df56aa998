// What /openapi.json offers, as somebody reads it who means no good: every
// operation with all its parameters, and a good value for each of them, so
// that one at a time can be replaced by an attack. A new route is attacked by
// the tests that run over these.
//
//   for (const operation of operations()) {
//     operation.name        // 'PATCH /api/documents/{id}'
//     operation.inPath      // ['id']; .inQuery, .inJson, .inForm likewise
//     goodBody(operation, { password })   // a JSON value that it takes
//     addressOf(operation, { id: '1' }, { limit: 5 })
//   }
//
// worldOf(client) makes one of everything that somebody can own, idsOf() says
// which of them an operation's path wants, and rowsOf() is what the database
// holds of somebody, to see that nothing of it was changed.

import { readFileSync } from 'node:fs';
import path from 'node:path';

import { add, askWhole, question } from './asking.mjs';
import { root } from './process.mjs';

export const description = JSON.parse(
  readFileSync(path.join(root, 'assets/openapi.json'), 'utf8'));

/** Names of the fields of a body's schema, of all its alternatives. */
const fieldsOf = (schema) => [...new Set([schema, ...schema?.oneOf ?? []]
  .flatMap((one) => Object.keys(one?.properties ?? {})))];

export function operations() {
  return Object.entries(description.paths).flatMap(([route, methods]) =>
    Object.entries(methods).map(([method, told]) => {
      const where = (place) => (told.parameters ?? [])
        .filter((parameter) => parameter.in === place).map(({ name }) => name);
      const content = told.requestBody?.content ?? {};

      return {
        name: `${method.toUpperCase()} ${route}`,
        method: method.toUpperCase(),
        route,
        isOpen: told.security?.length === 0,
        inPath: where('path'),
        inQuery: where('query'),
        takesJson: 'application/json' in content,
        inJson: fieldsOf(content['application/json']?.schema),
        inForm: fieldsOf(content['application/x-www-form-urlencoded']?.schema),
        required: [content['application/json']?.schema]
          .flatMap((schema) => schema?.oneOf?.[0] ?? schema ?? [])
          .flatMap(({ required }) => required ?? []),
      };
    }));
}

/** Good values by the name of the field; `known` wins over them. */
const goodValues = {
  text: 'A lamp weighs three kilograms.', title: 'Lamp', name: 'Lamp',
  query: 'lamp', message: 'How heavy is the lamp?', rating: 1, newPassword: 'a-long-password-2',
  currentPassword: 'a-long-password-1', password: 'a-long-password-1', code: '123456',
  email: 'nobody@example.com', newEmail: 'nobody@example.com', username: 'nobody@example.com',
  token: 'x'.repeat(24), model: 'lectern', documentIds: [], disabled: false,
  messages: [{ role: 'user', content: 'How heavy is the lamp?' }],
};

/** A JSON value with the fields that the operation requires. */
export function goodBody(operation, known = {}) {
  if (!operation.takesJson) return undefined;
  const names = operation.required.length > 0 ? operation.required
    : operation.inJson.slice(0, 1);

  return Object.fromEntries(names.map((name) => [name, known[name] ?? goodValues[name]]));
}

/** The query that the operation cannot do without. */
export const goodQuery = ({ route }) => route.endsWith('/export') && route.includes('{')
  ? { format: 'md' } : {};

/** The address with its path and query filled, percent-encoded unless `raw`. */
export function addressOf({ route, inPath }, at = {}, query = {}, { raw = false } = {}) {
  const encode = raw ? String : encodeURIComponent;
  const filled = route.replace(/\{(\w+)\}/g, (_, name) => encode(at[name] ?? 'some-id'));
  const rest = Object.entries(query).map(([name, value]) => `${name}=${encode(value)}`);

  if (inPath.some((name) => at[name] === '')) throw new Error(`An empty id in ${route}`);
  return filled + (rest.length > 0 ? `?${rest.join('&')}` : '');
}

/** One of everything: a document, a collection, an answer, a key. */
export async function worldOf(client) {
  const documentId = await add(client, { title: 'Kettle',
    text: 'The warranty of the Zephyr lasts thirty months. Keep the receipt.' });
  const { conversationId, messageId } = (await askWhole(client, question)).json;
  const { collection } = (await client.post('/api/collections',
    { name: 'Kettles', documentIds: [documentId] })).json;
  const { apiKey } = (await client.post('/api/keys', { name: 'tool' })).json;

  return { documentId, conversationId, messageId, collectionId: collection.id,
    keyId: apiKey.id, userId: client.user.id, modelId: `lectern/${collection.id}` };
}

// The start of a route, and whose id follows it.
const owners = [
  ['/api/documents/', 'documentId'], ['/api/keys/', 'keyId'],
  ['/api/chat/', 'conversationId'], ['/api/conversations/', 'conversationId'],
  ['/api/messages/', 'messageId'], ['/api/collections/', 'collectionId'],
  ['/api/admin/users/', 'userId'], ['/v1/models/', 'modelId'],
];

/** The ids in the operation's path, of somebody's world. */
export function idsOf({ name, route, inPath }, world) {
  const [, kind] = owners.find(([start]) => route.startsWith(start)) ?? [];

  return Object.fromEntries(inPath.map((parameter) => {
    if (parameter === 'token') return ['token', 'x'.repeat(24)];
    const value = parameter === 'id' ? world[kind] : world[parameter];
    if (!value) throw new Error(`tests/lib/operations.mjs knows no ${parameter} for ${name}`);
    return [parameter, value];
  }));
}

/** Everything that the database holds of somebody, as text, a table a line. */
export async function rowsOf({ postgres, database }, userId) {
  const ofDocuments = (table) => `select '${table}', x::text from ${table} x
    where document in (select id from documents where owner = '${userId}')`;

  return postgres.psql(database, `
    select 'users', x::text from users x where id = '${userId}' union all
    select 'sessions', x::text from sessions x where user_id = '${userId}' union all
    select 'keys', x::text from api_keys x where user_id = '${userId}' union all
    select 'factors', x::text from second_factors x where user_id = '${userId}' union all
    select 'conversations', x::text from conversations x where user_id = '${userId}' union all
    select 'messages', x::text from messages x join conversations c
      on c.id = conversation_id where c.user_id = '${userId}' union all
    select 'feedback', x::text from feedback x join messages m on m.id = message_id
      join conversations c on c.id = m.conversation_id where c.user_id = '${userId}' union all
    select 'collections', x::text from collections x where user_id = '${userId}' union all
    select 'members', x::text from collection_documents x join collections c
      on c.id = collection_id where c.user_id = '${userId}' union all
    select 'documents', x::text from documents x where owner = '${userId}' union all
    ${ofDocuments('originals')} union all ${ofDocuments('texts')}
    order by 1, 2`);
}
