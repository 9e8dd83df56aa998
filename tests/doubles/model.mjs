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
//   retryAfter     seconds, as the header of such an answer
//   garbage        bytes that are no HTTP at all
//   ignoreClose    go on writing after the client has left
//   finishReason   'length', 'content_filter', ... instead of 'stop'
//
// A refused connection needs no double: stop() it and keep the URL.

import { once } from 'node:events';
import http from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

export async function startModel({ port = 0, apiKey } = {}) {
  const model = new Model(apiKey);

  await model.listen(port);
  return model;
}

class Model {
  /** Base address, as LLM_URL wants it. */
  url;
  /**
   * Every request in order of arrival: {method, path, headers, body (parsed),
   * at, tokens (written so far), finished, aborted (ms after `at` when the
   * client closed the socket before the end, else null)}.
   */
  requests = [];

  #apiKey;
  #server = http.createServer((request, response) => this.#answer(request, response));
  #behaviour = {};
  #scripts = [];
  #stopping = new AbortController();

  constructor(apiKey) {
    this.#apiKey = apiKey;
    // A test that failed before stop() must not keep its file from ending.
    this.#server.on('connection', (socket) => socket.unref());
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
    this.url = `http://127.0.0.1:${this.#server.address().port}/v1`;
  }

  /** Sets the behaviour of every request from now on; {} is the good one. */
  behave(behaviour) {
    this.#behaviour = behaviour;
  }

  /** The next request gets these tokens (null: composed) and this behaviour. */
  script(tokens, behaviour = {}) {
    this.#scripts.push({ tokens, behaviour });
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

    this.requests.push(record);
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
    const text = Buffer.concat(parts).toString('utf8');

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
    try {
      record.body = JSON.parse(text);
    } catch {
      return this.#refuse(response, record, 400);
    }
    const next = this.#scripts.shift() ?? {};
    const how = { ...this.#behaviour, ...next.behaviour };
    const tokens = next.tokens ?? compose(record.body.messages);

    if (how.stallFirst) return undefined;
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
      'cache-control': 'no-cache' });
    response.flushHeaders();
    if (how.stallAfter === 0) return;
    await chunk({ role: 'assistant', content: '' });
    for (const [n, content] of tokens.entries()) {
      if (how.stallAfter === n) return;
      if (how.cutAfter === n) return void response.destroy();
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
    if (how.cutAfter >= tokens.length) return void response.destroy();
    await chunk({}, how.finishReason ?? 'stop');
    if (record.body.stream_options?.include_usage) {
      await write(JSON.stringify({ ...head(record, 'chat.completion.chunk'),
        choices: [], usage: usage(record, tokens) }));
    }
    if (!how.noDone) await write('[DONE]');
    record.finished = true;
    response.end();
  }

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
  503: ['server_error', 'The engine is currently overloaded.'],
};

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
