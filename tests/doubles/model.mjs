// A double of an OpenAI-compatible model server, on a real socket.
//
//   const model = await startModel();
//   ... LLM_URL: model.url, LLM_MODEL: 'double' ...
//   model.behave({ delayMs: 50 });        // from now on, for every request
//   model.script(['Hel', 'lo'], {...});   // the next request only
//   model.requests.at(-1).body, .aborted  // what was asked, when it left
//   await model.stop();
//
// GET /v1/models and POST /v1/chat/completions, whole or streamed (SSE chunks
// as OpenAI sends them: role first, one delta a chunk, finish_reason, usage if
// asked for, [DONE]). Without a script the answer is the first sentence of the
// first passage in the prompt, with [1] behind it, as a good model would.
//
// Small calls (temperature 0, at most 64 tokens: a title, a question made whole) are
// apart: they are recorded in `smalls`, take no script and heed no behave(), so
// that a test of answers need not know when they come. They get the question
// that they are about, as it is; answerSmall((messages) => text) says another
// thing, null refuses them with 400, {delayMs, ...} behaves that way.
//
// Everything that a model server does wrong is an option of behave()/script():
//
//   delayMs        pause before each token
//   stallFirst     accept the request and never answer it
//   stallAfter     that many tokens, then silence with the socket open
//   cutAfter       that many tokens, then the socket is destroyed
//   noDone         end the stream without [DONE]
//   errorAfter     that many tokens, then an {"error": ...} chunk
//   wrongJson      a chunk that is not JSON in the middle
//   giantLine      one data line of that many bytes in the middle
//   splitBytes     write the stream in pieces of that many bytes, so that
//                  chunks and UTF-8 sequences are cut anywhere
//   status         answer with that status and an OpenAI error body
//   retryAfter     that answer's Retry-After: seconds, a date, anything
//   garbage        bytes that are no HTTP at all
//   reply          {status, headers, body}: exactly that, whatever it is
//   events         in place of tokens and all that follows them these data
//                  lines: objects as JSON, texts as they are
//   bytes          in place of all events these bytes
//   resetFirst     reset the connection before a word is said
//   reset          cutAfter resets the connection instead of closing it
//   keepOpen       after the last event leave the reply open
//   gzip           pack the stream, though nobody asked for that
//   ignoreClose    go on writing after the client has left
//   finishReason   'length', 'content_filter', ... instead of 'stop'
//
// Several failures, then a success: script() each of them. `connections` counts
// the sockets that were opened. startModel({ tls: { key, cert } }) is served by
// HTTPS. A refused connection needs no double: stop() it and keep the URL;
// startModel({ port: model.port }) comes back there.

import { once, setMaxListeners } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import { setTimeout as pause } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';

export async function startModel({ port = 0, apiKey, tls } = {}) {
  const model = new Model(apiKey, tls);

  await model.listen(port);
  return model;
}

class Model {
  /** Base address, as LLM_URL wants it. */
  url;
  port;
  /** Sockets accepted so far. */
  connections = 0;
  /**
   * Every request in order of arrival: {method, path, headers, body (parsed),
   * at, tokens (written so far), finished, aborted (ms after `at` when the
   * client closed the socket before the end, else null)}.
   */
  requests = [];
  /** The same of small calls. */
  smalls = [];

  #apiKey;
  #scheme;
  #server;
  #behaviour = {};
  #scripts = [];
  #small = composeSmall;
  #stopping = new AbortController();

  constructor(apiKey, tls) {
    const answer = (request, response) => this.#answer(request, response);

    // As many as there are streams.
    setMaxListeners(0, this.#stopping.signal);
    this.#apiKey = apiKey;
    this.#scheme = tls ? 'https' : 'http';
    this.#server = tls ? https.createServer(tls, answer) : http.createServer(answer);
    this.#server.on('connection', (socket) => {
      this.connections++;
      // A test that failed before stop() must not keep its file from ending.
      socket.unref();
    });
    // A client that does not trust the certificate.
    this.#server.on('tlsClientError', () => {});
  }

  async listen(port) {
    // Below the range of outgoing ports, so that nobody takes it meanwhile.
    for (let tries = 0; ; tries++) {
      const candidate = port || 10000 + Math.floor(Math.random() * 22000);
      try {
        this.#server.listen(candidate, '127.0.0.1');
        await once(this.#server, 'listening');
        break;
      } catch (error) {
        if (port || tries > 50) throw error;
      }
    }
    this.#server.unref();
    this.port = this.#server.address().port;
    this.url = `${this.#scheme}://127.0.0.1:${this.port}/v1`;
  }

  /** Sets the behaviour of every request from now on; {} is the good one. */
  behave(behaviour) {
    this.#behaviour = behaviour;
  }

  /** The next request gets these tokens (null: composed) and this behaviour. */
  script(tokens, behaviour = {}) {
    this.#scripts.push({ tokens, behaviour });
  }

  /** What small calls are told from now on: text, null or a behaviour. */
  answerSmall(compose) {
    this.#small = compose;
  }

  /** Drops the scripts that nobody has asked for. */
  forget() {
    this.#scripts = [];
  }

  /** Closes every connection that waits for a request. */
  drop() {
    this.#server.closeIdleConnections();
  }

  /** Closes every connection and the port. */
  async stop() {
    this.#stopping.abort();
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  async #answer(request, response) {
    const record = { method: request.method, path: request.url,
      headers: request.headers, body: undefined, at: performance.now(),
      tokens: 0, finished: false, aborted: null };

    response.on('close', () => {
      if (!record.finished) record.aborted = performance.now() - record.at;
    });
    response.on('error', () => {});
    try {
      await this.#dispatch(request, response, record);
    } catch (error) {
      // A client that left, or stop(): the record says so.
      if (!response.destroyed && !this.#stopping.signal.aborted) throw error;
    }
  }

  async #dispatch(request, response, record) {
    const parts = [];
    for await (const part of request) parts.push(part);
    record.body = parsed(Buffer.concat(parts).toString('utf8'));
    (isSmall(record.body) ? this.smalls : this.requests).push(record);

    if (this.#apiKey && request.headers.authorization !== `Bearer ${this.#apiKey}`) {
      return this.#refuse(response, record, 401);
    }
    if (request.method === 'GET' && request.url === '/v1/models') {
      return this.#send(response, record, 200, { object: 'list', data: [
        { id: 'double', object: 'model', created: 1700000000, owned_by: 'tests' }] });
    }
    if (request.method !== 'POST' || request.url !== '/v1/chat/completions') {
      return this.#refuse(response, record, 404);
    }
    if (record.body === undefined) return this.#refuse(response, record, 400);
    if (isSmall(record.body)) return this.#answerSmallCall(response, record);
    const next = this.#scripts.shift() ?? {};

    return this.#act(response, record, next.tokens ?? compose(record.body.messages),
      { ...this.#behaviour, ...next.behaviour });
  }

  #answerSmallCall(response, record) {
    const reply = this.#small(record.body.messages);

    if (reply === null) return this.#refuse(response, record, 400);
    return typeof reply === 'string' ? this.#act(response, record, [reply], {})
      : this.#act(response, record, ['Small talk'], reply);
  }

  async #act(response, record, tokens, how) {
    if (how.stallFirst) return undefined;
    if (how.resetFirst) return void response.socket.resetAndDestroy();
    if (how.reply) {
      record.finished = true;
      response.writeHead(how.reply.status ?? 200, how.reply.headers);
      return response.end(how.reply.body);
    }
    if (how.garbage !== undefined) {
      response.socket.end(how.garbage);
      return undefined;
    }
    if (how.status) return this.#refuse(response, record, how.status, how.retryAfter);
    if (record.body.stream) return this.#stream(response, record, tokens, how);
    return this.#whole(response, record, tokens, how);
  }

  #send(response, record, status, value, headers = {}) {
    record.finished = true;
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(value));
  }

  #refuse(response, record, status, retryAfter) {
    const [type, message] = refusals[status] ?? ['server_error', 'The server had an error'];

    this.#send(response, record, status,
      { error: { message, type, param: null, code: null } },
      retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) });
  }

  async #whole(response, record, tokens, how) {
    await this.#wait((how.delayMs ?? 0) * tokens.length);
    if (how.wrongJson) {
      record.finished = true;
      response.writeHead(200, { 'content-type': 'application/json' });
      return response.end('{"choices": [');
    }
    if (how.cutAfter !== undefined) return response.destroy();
    record.tokens = tokens.length;
    return this.#send(response, record, 200, {
      ...head(record, 'chat.completion'),
      choices: [{ index: 0, finish_reason: how.finishReason ?? 'stop',
        message: { role: 'assistant', content: tokens.join('') } }],
      usage: usage(record, tokens),
    });
  }

  async #stream(response, record, tokens, how) {
    const write = (data) => this.#write(response, `data: ${data}\n\n`, how);
    const chunk = (delta, finish_reason = null) => write(JSON.stringify({
      ...head(record, 'chat.completion.chunk'),
      choices: [{ index: 0, delta, logprobs: null, finish_reason }] }));
    const middle = Math.floor(tokens.length / 2);

    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache', ...how.gzip && { 'content-encoding': 'gzip' } });
    response.flushHeaders();
    if (how.stallAfter === 0) return;
    if (how.gzip) {
      record.finished = true;
      const packed = [...tokens.map((content) => ({ choices: [{ delta: { content } }] })),
        { choices: [{ delta: {}, finish_reason: 'stop' }] }];
      return void response.end(gzipSync(packed
        .map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')));
    }
    if (how.events || how.bytes) {
      if (how.bytes) await this.#write(response, how.bytes, how);
      for (const event of how.events ?? []) {
        await write(typeof event === 'string' ? event : JSON.stringify(event));
      }
      record.finished = true;
      if (!how.keepOpen) response.end();
      return;
    }
    await chunk({ role: 'assistant', content: '' });
    for (const [n, content] of tokens.entries()) {
      if (how.stallAfter === n) return;
      if (how.cutAfter === n) return void this.#cut(response, how);
      if (how.errorAfter === n) {
        record.finished = true;
        await write(JSON.stringify({ error: { message: 'Overloaded',
          type: 'server_error', param: null, code: null } }));
        return void response.end();
      }
      if (how.wrongJson && n === middle) await write('{"choices": [{"delta": {"con');
      if (how.giantLine && n === middle) {
        await write(JSON.stringify({ filler: 'x'.repeat(how.giantLine) }));
      }
      await this.#wait(how.delayMs ?? 0);
      await chunk({ content });
      record.tokens = n + 1;
    }
    if (how.stallAfter >= tokens.length) return;
    if (how.cutAfter >= tokens.length) return void this.#cut(response, how);
    await chunk({}, how.finishReason ?? 'stop');
    if (record.body.stream_options?.include_usage) {
      await write(JSON.stringify({ ...head(record, 'chat.completion.chunk'),
        choices: [], usage: usage(record, tokens) }));
    }
    if (!how.noDone) await write('[DONE]');
    record.finished = true;
    if (!how.keepOpen) response.end();
  }

  #cut(response, how) {
    if (how.reset) response.socket.resetAndDestroy();
    else response.destroy();
  }

  /** Text, or bytes as they are. */
  async #write(response, text, how) {
    const bytes = Buffer.from(text);

    if (response.destroyed) {
      if (how.ignoreClose) return;
      throw new Error('the client has left');
    }
    for (let at = 0; at < bytes.length; at += how.splitBytes ?? bytes.length) {
      const isRoom = response.write(bytes.subarray(at,
        at + (how.splitBytes ?? bytes.length)));
      if (how.splitBytes) await new Promise(setImmediate);
      if (!isRoom && !response.destroyed) {
        await Promise.race([once(response, 'drain'), once(response, 'close')]);
      }
    }
  }

  /** Ends early when the double is stopped. */
  async #wait(ms) {
    if (ms > 0) await pause(ms, undefined, { signal: this.#stopping.signal });
  }
}

const refusals = {
  400: ['invalid_request_error', 'We could not parse the JSON body of your request.'],
  401: ['invalid_request_error', 'Incorrect API key provided.'],
  404: ['invalid_request_error', 'The model does not exist or you do not have access to it.'],
  429: ['rate_limit_error', 'Rate limit reached for requests.'],
  500: ['server_error', 'The server had an error while processing your request.'],
  502: ['server_error', 'Bad gateway.'],
  503: ['server_error', 'The engine is currently overloaded.'],
  529: ['overloaded_error', 'Overloaded.'],
};

const isSmall = (body) => body?.temperature === 0 && body.max_tokens <= 64;

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function head(record, object) {
  return { id: 'chatcmpl-double', object, created: 1700000000,
    model: record.body.model, system_fingerprint: null };
}

// Four bytes a token, as estimates go.
function usage(record, tokens) {
  const prompt = Math.ceil(JSON.stringify(record.body.messages).length / 4);

  return { prompt_tokens: prompt, completion_tokens: tokens.length,
    total_tokens: prompt + tokens.length };
}

/**
 * What a model that obeys its instructions answers: the first sentence of
 * passage 1 and its mark. Passages stand in the last message, each in a fence
 * whose opening line says number="1"; a line "From: ..." is their title. A
 * prompt without passages gets a plain greeting.
 */
function compose(messages = []) {
  const content = messages.at(-1)?.content ?? '';
  const prompt = typeof content === 'string' ? content
    : content.map((part) => part.text ?? '').join('\n');
  const passage = /<[^>\n]*\bnumber="1"[^>\n]*>\n([\s\S]*?)(?:\n<\/|$)/
    .exec(prompt)?.[1];

  if (passage === undefined) return ['Hello', ' from', ' the', ' double', '.'];
  const line = passage.split('\n').map((text) => text.trim())
    .find((text) => /\w.*\w/.test(text) && !/^(?:[#<`~=-]|From: )/.test(text)) ?? '';
  const sentence = /^.*?[.!?](?=\s|$)/.exec(line)?.[0] ?? line;

  return [...sentence.match(/\s*\S+/g) ?? [], ' [1]'];
}

/** The question of a title, or the last one of a conversation, as it stands. */
function composeSmall(messages) {
  const prompt = messages.at(-1).content;

  return (/<question[^>]*>\n([\s\S]*?)\n<\/question/.exec(prompt)?.[1] ??
    /Last question: ([\s\S]*)$/.exec(prompt)?.[1] ?? prompt).trim();
}
