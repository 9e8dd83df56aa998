// People who use the program without a pause and remember what they were told:
// the load of `make chaos` and `make soak`.
//
//   const traffic = await startTraffic({ servers: [lectern], people: 6 });
//   await traffic.through('a crash', async () => { ... });  // the fault itself
//   await traffic.stop();
//   await traffic.audit();       // throws what was lost, mixed up or odd
//
// Each person has a word that nobody else knows, in all that they write: where
// it turns up in an answer to somebody else, something has leaked. A change
// that was accepted has to be there at the end; one whose answer did not come
// may be. While a fault lasts, and until each kind of request has succeeded
// again, honest refusals (502, 503, 504, 429, 507) and lost connections are
// expected; at any other time, and any other failure at all times, is odd.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import http from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

import { of, textOf } from './asking.mjs';
import { signedUp } from './http.mjs';
import { until } from './wait.mjs';
import { exchange } from './wire.mjs';

const honest = new Set([429, 502, 503, 504, 507]);
const lost = /ECONNRE(SET|FUSED)|EPIPE|socket hang up|aborted/;

/**
 * servers   what startLectern() gives, on one database; people use them in turn
 * people    how many
 * pauseMs   between two requests of a person
 * asks      false: nobody asks questions (there is no model)
 */
export async function startTraffic({ servers, people = 6, pauseMs = 0, asks = true }) {
  const traffic = new Traffic(servers, pauseMs, asks);

  for (let n = 0; n < people; n++) await traffic.join();
  traffic.begin();
  return traffic;
}

class Traffic {
  /** Finished requests, and how many of them ended how: '200', 'ECONNRESET'. */
  requests = 0;
  endings = {};
  /** Milliseconds that looking a session up took, one number each. */
  times = [];
  /** What nothing explains, as sentences. */
  odd = [];
  /** The fault that lasts, by its name. */
  fault;

  #servers;
  #pauseMs;
  #kinds;
  #people = [];
  #succeeded = new Map();		// kind -> when it last began and then succeeded
  #loops = [];
  #isOver = false;

  constructor(servers, pauseMs, asks) {
    this.#servers = servers;
    this.#pauseMs = pauseMs;
    this.#kinds = Object.keys(kinds).filter((kind) => asks || !kinds[kind].asks);
  }

  async join() {
    const n = this.#people.length;
    const { url } = this.#servers[n % this.#servers.length];
    const person = new Person(await signedUp(url), this);

    person.key = (await person.client.post('/api/keys', { name: 'traffic' })).json.key;
    this.#people.push(person);
  }

  begin() {
    this.#loops = this.#people.map((person, n) => this.#live(person, n));
  }

  async #live(person, n) {
    for (let step = n; !this.#isOver; step++) {
      const kind = this.#kinds[step % this.#kinds.length];
      const round = Math.floor(step / this.#kinds.length);
      if (this.fault === undefined && round % (kinds[kind].every ?? 1)) continue;
      const began = performance.now();
      const fault = this.fault;

      try {
        await kinds[kind].act(person);
        this.#succeeded.set(kind, began);
        if (kind === 'a session') this.times.push(performance.now() - began);
      } catch (error) {
        this.#judge(kind, error, fault ?? this.fault);
        await pause(20);
      }
      if (this.#pauseMs > 0) await pause(this.#pauseMs);
    }
  }

  #judge(kind, error, fault) {
    const isHonest = honest.has(error.status) || lost.test(error.code ?? error.message) ||
      error.isTrouble;

    if (!isHonest || fault === undefined) {
      this.odd.push(`${kind}, ${fault ?? 'without a fault'}: ${error.message}`);
    }
  }

  /** Counts an ending; `text` must not hold what is others'. */
  note(person, ending, text = '') {
    this.requests++;
    this.endings[ending] = (this.endings[ending] ?? 0) + 1;
    for (const other of this.#people) {
      if (other !== person && text.includes(other.word)) {
        this.odd.push(`somebody was shown what is another's: ${text.slice(0, 300)}`);
      }
    }
  }

  /**
   * Does harm by `work`, and waits until every kind of request that began
   * afterwards has succeeded: service has returned without help.
   */
  async through(name, work, seconds = 30) {
    this.fault = name;
    await work();
    const since = performance.now();
    await until(() => this.#kinds.every((kind) => this.#succeeded.get(kind) > since),
      `service to return after ${name}`, { seconds }).catch((error) => {
      const missing = this.#kinds.filter((kind) => !(this.#succeeded.get(kind) > since));
      throw new Error(`${error.message}: no ${missing}; ${this.odd.slice(-3).join('; ')}`);
    });
    this.fault = undefined;
    return performance.now() - since;
  }

  /** Waits until every kind of request has succeeded once more, without a fault. */
  async flows(seconds = 30) {
    return this.through(undefined, () => {}, seconds);
  }

  async stop() {
    this.#isOver = true;
    await Promise.all(this.#loops);
    for (const person of this.#people) person.agent.destroy();
  }

  /** Everything accepted is there, at each of the servers, and nothing was odd. */
  async audit() {
    for (const person of this.#people) {
      for (const { url } of this.#servers) await person.audit(url);
    }
    assert.deepEqual(this.odd.slice(0, 10), [], `of ${this.requests} requests`);
  }
}

class Person {
  client;
  traffic;
  word = `quo${randomBytes(8).toString('hex')}`;
  key;
  agent = new http.Agent({ keepAlive: true });
  /** id -> {text, titles: what it may be called, gone: true, false, 'maybe'}. */
  documents = new Map();
  /** id -> {question, answer, status}, of answers that were read to their end. */
  answers = new Map();
  #count = 0;

  constructor(client, traffic) {
    this.client = client;
    this.traffic = traffic;
  }

  next() { return ++this.#count; }

  get cookie() {
    return [...this.client.cookies].map((pair) => pair.join('=')).join('; ');
  }

  /** A reply of one of the wanted statuses; others are thrown. */
  async send(method, path, { wanted = [200], headers = {}, url = this.client.url,
    cookie = this.cookie, ...content } = {}) {
    let reply;

    try {
      reply = await exchange(url, method, path, { agent: this.agent, ...content,
        headers: { ...cookie && { cookie }, ...!headers.authorization && { origin: url },
          ...headers } });
    } catch (error) {
      this.traffic.note(this, error.code ?? error.message.slice(0, 40));
      throw error;
    }
    this.traffic.note(this, reply.status, reply.text);
    if (!wanted.includes(reply.status)) {
      throw Object.assign(new Error(`${method} ${path} ${reply.status}: ${reply.text}`),
        { status: reply.status });
    }
    return reply;
  }

  there() {
    return [...this.documents].filter(([, { gone }]) => gone === false);
  }

  /** One of the documents that are there, for a change or a look. */
  some() {
    const there = this.there();

    return there[this.next() % there.length] ?? [];
  }

  keep(reply, text, title) {
    this.documents.set(reply.json.document.id, { text, titles: new Set([title]), gone: false });
  }

  async audit(url) {
    for (const [id, { text, titles, gone }] of this.documents) {
      const reply = await this.send('GET', `/api/documents/${id}`, { url, wanted: [200, 404] });
      const isThere = reply.status === 200;

      if (gone !== 'maybe') assert.equal(isThere, !gone, `document ${id} at ${url}`);
      if (!isThere) continue;
      assert.ok(titles.has(reply.json.document.title), reply.text);
      await until(async () => (await this.send('GET', `/api/documents/${id}`, { url }))
        .json.document.status === 'ready', `document ${id} to be ready`, { seconds: 60 });
      assert.equal((await this.send('GET', `/api/documents/${id}/text`, { url }))
        .text.trimEnd(), text);
    }
    for (const [id, { question, answer, status }] of this.answers) {
      const { messages } = (await this.send('GET', `/api/conversations/${id}`, { url }))
        .json.conversation;
      assert.deepEqual(messages.map(({ text }) => text), [question, answer]);
      assert.equal(messages[1].status, status);
    }
  }
}

const streamed = (text) => text.split('\n').filter((line) => line.startsWith('data: '))
  .map((line) => line.slice(6)).map((data) => data === '[DONE]' ? data : JSON.parse(data));

const lampText = ({ word }, n) =>
  `The code of lamp ${n} is ${word}.${' It hangs in the hall.'.repeat(n % 40)}`;

const kinds = {
  'a session': { async act(person) {
    const { json } = await person.send('GET', '/api/auth/get-session');

    assert.equal(json?.user.email, person.client.email);
  } },

  'a document': { async act(person) {
    const n = person.next();
    const title = `Note ${n} of ${person.word}`;
    const text = lampText(person, n);

    person.keep(await person.send('POST', '/api/documents',
      { json: { title, text }, wanted: [201] }), text, title);
  } },

  'a page': { async act(person) {
    const n = person.next();
    const title = `${n}-${person.word}`;
    const text = lampText(person, n);

    person.keep(await person.send('POST', `/api/documents?filename=${title}.html`,
      { body: `<p>${text}</p>`, headers: { 'content-type': 'text/html' }, wanted: [201] }),
    text, title);
  } },

  'a question': { asks: true, async act(person) {
    const question = `What is the code ${person.word} of lamp ${person.next()}?`;
    const reply = await person.send('POST', '/api/chat', { json: { message: question } });
    const parts = streamed(reply.text);
    const [trouble] = of(parts, 'error');

    if (trouble || parts.at(-1) !== '[DONE]') {
      throw Object.assign(new Error(`a stream ended by ${trouble?.errorText ?? 'nothing'}`),
        { isTrouble: true });
    }
    const { answered } = of(parts, 'finish')[0].messageMetadata;
    person.answers.set(parts[0].messageMetadata.conversationId,
      { question, answer: textOf(parts), status: answered ? 'complete' : 'unanswered' });
  } },

  'a search': { async act(person) {
    const { json } = await person.send('POST', '/api/search', { json: { query: person.word } });

    for (const { text } of json.results) assert.ok(text.includes('lamp'), text);
  } },

  'a new title': { async act(person) {
    const [id, document] = person.some();
    if (!id) return;
    const title = `Renamed ${person.next()} of ${person.word}`;

    document.titles.add(title);
    await person.send('PATCH', `/api/documents/${id}`, { json: { title } });
    document.titles = new Set([title]);
  } },

  'a list': { async act(person) {
    const { json } = await person.send('GET', '/api/documents');

    for (const { title } of json.documents) assert.ok(title.includes(person.word), title);
  } },

  'a removal': { async act(person) {
    // As many as come, so that a long run does not become another load.
    while (person.there().length > 20) {
      const [id, document] = person.some();

      document.gone = 'maybe';
      await person.send('DELETE', `/api/documents/${id}`, { wanted: [204] });
      document.gone = true;
    }
  } },

  'a key': { asks: true, async act(person) {
    const { json } = await person.send('POST', '/v1/chat/completions', { cookie: '',
      headers: { authorization: `Bearer ${person.key}` },
      json: { model: 'lectern', messages: [{ role: 'user',
        content: `Where is lamp ${person.word}?` }] } });

    assert.equal(json.choices[0].finish_reason, 'stop');
  } },

  // Seldom: a hash takes as long as a hundred other requests.
  'a sign-in': { every: 10, async act(person) {
    const { email, password } = person.client;
    const reply = await person.send('POST', '/api/auth/sign-in/email',
      { cookie: '', json: { email, password } });
    const cookie = reply.cookies.map((line) => line.split(';')[0]).join('; ');

    await person.send('POST', '/api/auth/sign-out', { cookie });
    const { text } = await person.send('GET', '/api/auth/get-session', { cookie });
    assert.equal(text, 'null', 'a session that was signed out');
  } },

  'a document read': { async act(person) {
    const [id, { text } = {}] = person.some();
    if (!id) return;
    const { json } = await person.send('GET', `/api/documents/${id}`);

    if (json.document.status !== 'ready') return;
    const reply = await person.send('GET', `/api/documents/${id}/text`);
    assert.equal(reply.text.trimEnd(), text);
  } },
};
