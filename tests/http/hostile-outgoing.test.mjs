// An end point that redirects: the model, the embeddings and the mail provider
// are addresses of the environment, and what they say of other addresses is
// never followed, whichever way they say it. The second listener, which stands
// for something that only this machine can reach, sees no connection.

import assert from 'node:assert/strict';
import http from 'node:http';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';

import { add, ask, askWhole, of, question, reader } from '../lib/asking.mjs';
import { signedUp } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { freePort } from '../lib/process.mjs';
import { until } from '../lib/wait.mjs';

let inner, outer;

before(async () => {
  inner = await startInner();
  outer = await startOuter();
});
after(async () => {
  await outer.stop();
  inner.server.close();
});

/** What nobody from outside should reach: counts who comes. */
async function startInner() {
  const port = await freePort();
  const found = { port, connections: 0 };

  found.server = net.createServer((socket) => {
    found.connections++;
    socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: application/json\r\n\r\n{}');
  });
  await new Promise((resolve) => found.server.listen(port, '127.0.0.1', resolve));
  return found;
}

/** An end point that answers everything by sending the caller elsewhere. */
async function startOuter() {
  const port = await freePort();
  const found = { url: `http://127.0.0.1:${port}`, requests: 0, status: 302, headers: {} };
  const server = http.createServer((request, response) => {
    request.resume().on('end', () => {
      found.requests++;
      response.writeHead(found.status, found.headers);
      response.end();
    });
  });

  found.stop = () => new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  });
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  return found;
}

/** Every way of sending somebody to the inner address. */
function* detours() {
  const target = `http://127.0.0.1:${inner.port}/v1/chat/completions`;

  for (const status of [301, 302, 303, 307, 308]) yield [status, { location: target }];
  for (const location of [`//127.0.0.1:${inner.port}/`, `http://localhost:${inner.port}/`,
    `http://2130706433:${inner.port}/`, `http://[::ffff:127.0.0.1]:${inner.port}/`,
    `telnet://127.0.0.1:${inner.port}/`, `gopher://127.0.0.1:${inner.port}/_x`, `ftp://127.0.0.1:${inner.port}/`,
    'file:///etc/passwd']) {
    yield [307, { location }];
  }
  yield [300, { location: target }];
  yield [305, { location: target }];
  yield [200, { location: target, refresh: `0; url=${target}`, 'content-location': target,
    link: `<${target}>; rel=preload` }];
  yield [401, { 'www-authenticate': `Basic realm="x"`, location: target }];
  yield [503, { 'retry-after': '0', location: target, 'alt-svc': `h1="127.0.0.1:${inner.port}"` }];
}

/** Runs for each detour; each must have been met, and none taken. */
async function sendAway(run) {
  for (const [status, headers] of detours()) {
    const before = outer.requests;

    Object.assign(outer, { status, headers });
    await run(`${status} ${JSON.stringify(headers)}`);
    assert.ok(outer.requests > before, `${status}: nobody asked`);
    assert.equal(inner.connections, 0, `${status} ${JSON.stringify(headers)}`);
  }
}

async function serve(env, use) {
  const lectern = await startLectern({ env });

  try {
    await use(lectern);
    assert.equal(lectern.restarts(), 0, lectern.tail());
  } finally {
    await lectern.stop();
  }
}

describe('a redirect is not followed, and said to be trouble,', () => {
  test('by whoever asks the model', async () => {
    await serve({ LLM_URL: `${outer.url}/v1`, LLM_MODEL: 'double' }, async (lectern) => {
      const anna = await reader(lectern);

      await sendAway(async (what) => {
        const reply = await askWhole(anna, question);
        assert.ok([502, 503, 504].includes(reply.status), `${what}: ${reply.status} ${reply.text}`);
        assert.match(reply.json.code, /^MODEL_/);
        assert.doesNotMatch(reply.text, new RegExp(`${inner.port}|passwd`));
      });
      Object.assign(outer, { status: 307, headers: { location: `http://127.0.0.1:${inner.port}/` } });
      assert.equal(of(await ask(anna, { message: question }), 'error').length, 1);
      assert.equal(inner.connections, 0);
    });
  });

  test('by whoever asks for embeddings: passages are found by their words', async () => {
    await serve({ EMBED_URL: `${outer.url}/v1`, EMBED_MODEL: 'double', EMBED_DIMENSIONS: '512' },
      async (lectern) => {
        const anna = await reader(lectern);

        await until(() => outer.requests > 0, 'the end point to be asked');
        for (const [status, headers] of detours()) {
          Object.assign(outer, { status, headers });
          await add(anna, { title: 'More', text: `More of it: ${status} ${JSON.stringify(headers)}` });
          const reply = await anna.post('/api/search', { query: 'warranty Zephyr' });
          assert.equal(reply.status, 200, reply.text);
          assert.ok(reply.json.results.length > 0);
          assert.equal(reply.json.results[0].scores.vector, null);
        }
        assert.equal(inner.connections, 0);
      });
  });

  test('by whoever hands a letter to the provider', async () => {
    await serve({ MAIL_URL: `${outer.url}/emails`, MAIL_API_KEY: 're_1', MAIL_FROM: 'a@example.com' },
      async (lectern) => {
        const letter = (what, email) => lectern.postgres.psql(lectern.database,
          `select ${what} from outbox where recipient = '${email}' and attempts > 0`);

        await sendAway(async (what) => {
          const { email } = await signedUp(lectern.url);

          await until(async () => await letter("sent_at is not null or reason is not null", email) === 't',
            'the answer to be noted');
          // 200 is a letter well received, whatever else it says.
          assert.equal(await letter('sent_at is not null', email), what.startsWith('200') ? 't' : 'f', what);
        });
      });
  });

  test('by `lectern check`, which names who does it', async () => {
    await serve({ LLM_URL: `${outer.url}/v1`, LLM_MODEL: 'double', EMBED_URL: `${outer.url}/v1`,
      EMBED_MODEL: 'double', EMBED_DIMENSIONS: '512', RERANK_URL: `${outer.url}/rerank`,
      RERANK_MODEL: 'double' }, async (lectern) => {
      await sendAway(async (what) => {
        const { code, stdout } = await lectern.run('check');

        assert.notEqual(code, 0, `${what}: ${stdout}`);
      });
    });
  });
});
