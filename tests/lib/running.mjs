// Answers while they run: read part by part, beside whatever else happens.
//
//   const running = await begin(anna, { message: question });
//   await running.text();                 // the first words have come
//   running.id, running.parts, running.seen()
//   await running.ended;                  // [DONE], or the connection was lost

import assert from 'node:assert/strict';
import http from 'node:http';

import { startModel } from '../doubles/model.mjs';
import { Client, readEvents } from './http.mjs';
import { startLectern } from './lectern.mjs';
import { of, textOf } from './asking.mjs';
import { until, within } from './wait.mjs';

/** Words that a slow model says: enough to be interrupted. */
export const words = (count, word = 'word') =>
  Array.from({ length: count }, (_, i) => ` ${word}${i}`);

/** A question as useChat sends it, the last of `messages`. */
export const tab = (id, messages, more = {}) => ({ id, trigger: 'submit-message',
  messages, ...more });
export const said = (id, text, role = 'user') =>
  ({ id, role, parts: [{ type: 'text', text }] });

/** Asks and goes on reading; resolves when the answer has begun. */
export async function begin(client, json, options) {
  const response = await client.open('POST', '/api/chat', { json, ...options });

  if (response.status !== 200) {
    throw new Error(`${response.status}: ${await response.text()}`);
  }
  return follow(response);
}

/** The same of the stream that a resume gives. */
export async function resume(client, id, options) {
  const response = await client.open('GET', `/api/chat/${id}/stream`, options);

  if (response.status !== 200) throw new Error(`resume: ${response.status}`);
  return follow(response);
}

/** A stream that was opened otherwise. */
export async function follow(response) {
  const running = new Running(response);

  await until(() => running.parts.length > 0, 'the first part');
  return running;
}

/** Which worker has answered, as the ids of its requests show. */
export const workerOf = ({ headers }) =>
  (headers['x-request-id'] ?? headers.get('x-request-id')).slice(0, 16);

/**
 * A connection to each of two workers: worker -> a function that sends a
 * request as a client would and resolves with {status, headers, body}, where
 * body is a stream.
 */
export async function eachWorker(lectern) {
  const workers = new Map();

  await until(async () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const send = (client, method, path) => exchange(agent, client, method, path);
    const reply = await send(new Client(lectern.url), 'GET', '/health');
    await drained(reply);
    const worker = workerOf(reply);
    if (workers.has(worker)) agent.destroy();
    else workers.set(worker, send);
    return workers.size === 2;
  }, 'a connection to each worker', { everyMs: 0 });
  return workers;
}

function exchange(agent, client, method, path) {
  const cookie = [...client.cookies].map((pair) => pair.join('=')).join('; ');

  return new Promise((resolve, reject) => {
    http.request(client.url + path, { agent, method,
      headers: { cookie, origin: client.url } }, (reply) =>
      resolve({ status: reply.statusCode, headers: reply.headers, body: reply }))
      .on('error', reject).end();
  });
}

/** The text of such a reply. */
export async function drained({ body }) {
  const parts = [];

  for await (const part of body) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}

class Running {
  /** Parts in order, as far as they have come; '[DONE]' is the last one. */
  parts = [];
  /** Resolves with the parts at the end; never rejects. */
  ended;
  /** The error that ended it early. */
  lost;
  worker;

  constructor(response) {
    this.worker = workerOf(response);
    this.ended = this.#read(response);
  }

  async #read(response) {
    try {
      for await (const { data } of readEvents(response)) {
        if (data === undefined) continue;
        this.parts.push(data === '[DONE]' ? data : JSON.parse(data));
      }
    } catch (error) {
      this.lost = error;
    }
    return this.parts;
  }

  get id() { return this.parts[0].messageMetadata.conversationId; }

  get messageId() { return this.parts[0].messageId; }

  /** The text so far. */
  seen() { return textOf(this.parts); }

  of(type) { return of(this.parts, type); }

  /** Waits until that many bytes of text have come. */
  async text(length = 1, seconds = 10) {
    await until(() => this.seen().length >= length, 'text', { seconds });
  }

  /** Waits for the end. */
  async end(seconds = 20) {
    return within(this.ended, 'the end of the answer', seconds);
  }
}

/** Another instance on the same database. */
export async function beside(lectern, { env = {}, ...more } = {}) {
  return startLectern({ postgres: lectern.postgres, database: lectern.database,
    migrate: false, ...more, env });
}

/** Two instances on one database, with a model: {model, first, second, stop()}. */
export async function startPair() {
  const model = await startModel();
  const env = { LLM_URL: model.url, LLM_MODEL: 'double' };
  const first = await startLectern({ env });
  const second = await beside(first, { env });

  return { model, first, second,
    async stop() {
      for (const lectern of [first, second]) {
        assert.equal(lectern.restarts(), 0, lectern.tail());
        await lectern.stop();
      }
      await model.stop();
    } };
}

/** The same signed-in person, at another instance. */
export function at(client, lectern) {
  const other = new Client(lectern.url);

  for (const pair of client.cookies) other.cookies.set(...pair);
  other.documentId = client.documentId;
  return other;
}

/** The one value that a statement returns, as text. */
export const sql = (lectern, statement) =>
  lectern.postgres.psql(lectern.database, statement);

/** No trace of running answers is left in the database. */
export async function isQuiet(lectern) {
  return await sql(lectern, `select (select count(*) from answers) +
    (select count(*) from answer_log)`) === '0';
}
