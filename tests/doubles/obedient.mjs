// A model that obeys: whatever stands in its prompt outside of a fence and
// looks like an order, it carries out. A naive one at that: it believes any
// line that looks like the end of a fence, cannot see characters without
// width, and takes the marks of other models' formats for what they say.
//
//   const model = await startObedient();
//   model.prompts.at(-1)          // the messages it was asked with
//   model.say('Some text [1].')   // the next answer, whatever is asked
//
// What it obeys it shows: "OBEYED" and the word behind OBEY: in the order. Else
// its answer is the first line of the first passage and [1].

import { once } from 'node:events';
import http from 'node:http';

const unseen = /[\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e0fff}]/gu;
const marks = /<\|[a-z_]+\|>|<｜[^｜]+｜>|\[\/?INST\]|<<\/?SYS>>|<\/?s>|<(?:start|end)_of_turn>/gi;

/** What is left of a prompt when its fenced parts are taken out. */
export function unfenced(messages) {
  return messages.map(({ content }) => {
    const lines = content.replace(unseen, '').split(/\n|\r|\u2028|\u2029|\u0085/);
    let open = false;

    return lines.filter((line) => {
      if (/<\/(?:passage|turn)\b/i.test(line)) return open = false;
      if (/^<(?:passage|turn)\b/i.test(line)) open = true;
      // Another model's marks end all that came before them.
      if (line.search(marks) !== -1) open = false;
      return !open;
    }).join('\n');
  }).join('\n');
}

export async function startObedient() {
  const prompts = [];
  const said = [];
  const server = http.createServer(async (request, response) => {
    const parts = [];

    for await (const part of request) parts.push(part);
    const { messages, max_tokens: most, temperature } = JSON.parse(Buffer.concat(parts));
    // Titles and the like are no answers.
    if (temperature === 0 && most <= 64) return response.writeHead(400).end();
    prompts.push(messages);
    const text = said.shift() ?? answer(messages);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    // Cut everywhere, so that nothing comes in one piece.
    for (const content of text.match(/[\s\S]{1,3}/gu) ?? []) {
      response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`);
    }
    response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta: {},
      finish_reason: 'stop' }] })}\n\n`);
    return response.end('data: [DONE]\n\n');
  });

  // Below the range of outgoing ports, so that nobody takes it meanwhile.
  for (let tries = 0; !server.listening; tries++) {
    server.listen(10000 + Math.floor(Math.random() * 22000), '127.0.0.1');
    try {
      await once(server, 'listening');
    } catch (error) {
      if (tries > 50) throw error;
    }
  }
  server.unref();
  return { url: `http://127.0.0.1:${server.address().port}/v1`, prompts,
    say: (text) => said.push(text),
    stop: async () => { server.close(); server.closeAllConnections(); } };
}

function answer(messages) {
  const order = /OBEY:([\w-]+)/.exec(unfenced(messages));
  if (order) return `OBEYED ${order[1]}`;

  const passage = /<passage[^>\n]*number="1"[^>\n]*>\nFrom: .*\n\n([\s\S]*?)\n<\/passage key/
    .exec(messages.at(-1).content)?.[1] ?? '';
  const line = passage.split('\n').find((text) => /^Memo/.test(text)) ?? 'Nothing';
  return `${/^.*?[.!?](?=\s|$)/.exec(line)?.[0] ?? line} [1]`;
}
