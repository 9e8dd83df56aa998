import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { startEmbeddings } from '../doubles/embeddings.mjs';
import { Client, signedUp } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { startPostgres } from '../lib/postgres.mjs';
import { until } from '../lib/wait.mjs';

const texts = {
  'ship.txt': 'A small boat sails across the harbour at night.',
  'boot.txt': 'Leather boots keep the feet dry in autumn rain.',
  'dog.txt': 'My dog sleeps on the sofa all afternoon.',
  'oven.txt': 'The baker puts the loaves into a hot oven before dawn.',
  'lamp.txt': 'The lamp burns oil; trim its wick with scissors every evening, ' +
    'wipe the glass with a dry cloth, and fill the font before it is dark.',
  // The same but for its form.
  'copy.txt': 'The LAMP burns oil: trim its wick with scissors every evening, ' +
    'wipe the glass with a dry cloth and fill the font before it is dark!',
};

describe('Joining words and meaning', () => {
  let embeddings, lectern, anna, where;
  const ids = {};

  async function restart(env) {
    if (lectern) await lectern.stop();
    lectern = await startLectern({ ...where, env: { EMBED_URL: embeddings.tei, ...env } });
    const client = new Client(lectern.url);
    if (anna) {
      await client.post('/api/auth/sign-in/email', { email: anna.email,
        password: anna.password });
    }
    return client;
  }

  const search = async (client, query, limit) => {
    const reply = await client.post('/api/search', { query, limit });

    assert.equal(reply.status, 200, reply.text);
    return reply.json.results;
  };

  /** Both workers use vectors. */
  const serving = async (client) => {
    let inRow = 0;

    await until(async () => {
      const [first] = await search(client, 'dog');

      inRow = first && first.scores.vector !== null ? inRow + 1 : 0;
      return inRow >= 8;
    }, 'the vector side', { seconds: 20 });
  };

  before(async () => {
    const postgres = await startPostgres();
    const database = await postgres.createDatabase();

    await postgres.psql(database, 'create extension vector');
    where = { postgres, database };
    embeddings = await startEmbeddings();
    await restart();
    const client = await signedUp(lectern.url);
    for (const [name, body] of Object.entries(texts)) {
      const reply = await client.post(`/api/documents?filename=${name}`, undefined, { body });
      ids[name] = reply.json.document.id;
    }
    await until(async () => await postgres.psql(database, `select exists (
      select from vector_models where is_complete) and not exists (
      select from vector_jobs) and not exists (select from documents
      where status <> 'ready')`) === 't', 'all vectors', { seconds: 30 });
    anna = client;
    await serving(anna);
  });

  after(async () => {
    await lectern.stop();
    await embeddings.stop();
  });

  test('the score is the weighted sum, in falling order', async () => {
    const results = await search(anna, 'a boat at night');

    assert.equal(results[0].documentId, ids['ship.txt']);
    for (let i = 1; i < results.length; i++) {
      assert.ok(results[i - 1].score >= results[i].score);
    }
    assert.ok(results.every(({ score }) => score > 0 && score <= 1));
  });

  test('of passages that say the same one is shown', async () => {
    const results = await search(anna, 'trim the wick of the lamp');
    const lamps = results.filter(({ documentId }) =>
      [ids['lamp.txt'], ids['copy.txt']].includes(documentId));

    assert.equal(lamps.length, 1, JSON.stringify(results));
  });

  test('the limit is kept, and filled', async () => {
    assert.equal((await search(anna, 'dog', 1)).length, 1);
    assert.equal((await search(anna, 'lamp boat dog oven boots', 4)).length, 4);
  });

  test('pages of any size are of one order', async () => {
    const berta = await signedUp(lectern.url);
    const words = ['lamp', 'boat', 'dog', 'oven', 'boots', 'rain', 'sofa', 'glass'];
    const bodies = Array.from({ length: 130 }, (_, n) => `Note ${n} speaks of ${words
      .filter((_word, bit) => (n + 1) >> bit & 1).join(' and ')}, ${'and so on '.repeat(n % 7)}.`);
    const replies = await Promise.all(bodies.map((body, n) =>
      berta.post(`/api/documents?filename=${n}.txt`, undefined, { body })));
    assert.ok(replies.every(({ status }) => status === 201));
    await until(async () => await where.postgres.psql(where.database, `select not exists (
      select from vector_jobs) and not exists (select from documents
      where status <> 'ready')`) === 't', 'all vectors', { seconds: 60 });
    const page = async (limit, offset) => {
      const reply = await berta.post('/api/search', { query: words.join(' '), limit, offset });

      assert.equal(reply.status, 200, reply.text);
      return reply.json.results;
    };
    const all = [...await page(50, 0), ...await page(50, 50)];

    assert.equal(all.length, 100);
    assert.equal(new Set(all.map(({ chunkId }) => chunkId)).size, 100);
    for (let at = 0; at <= 50; at += 10) {
      assert.deepEqual(await page(10, at), all.slice(at, at + 10));
    }
    assert.deepEqual(await page(40, 50), all.slice(50, 90));
  });

  test('RETRIEVAL_WEIGHT 0 is lexical, 100 is by meaning alone', async () => {
    const words = await restart({ RETRIEVAL_WEIGHT: '0' });
    const [first] = await search(words, 'dog');
    assert.equal(first.scores.vector, null);
    assert.equal(first.score, first.scores.lexical);

    const meaning = await restart({ RETRIEVAL_WEIGHT: '100' });
    await serving(meaning);
    const results = await search(meaning, 'where does my puppy nap');
    assert.equal(results[0].documentId, ids['dog.txt']);
    const vectors = results.map(({ scores }) => scores.vector);
    assert.deepEqual(vectors, [...vectors].sort((a, b) => b - a));
  });

  test('end points hear the id of the request that asks them', async () => {
    const client = await restart({ RERANK_URL: embeddings.rerank, RERANK_MODEL: 'r' });

    await serving(client);
    const from = embeddings.requests.length;
    const { headers } = await client.post('/api/search', { query: 'boots in rain' });
    const heard = embeddings.requests.slice(from).map((request) => request.headers['x-request-id']);
    assert.deepEqual(heard, Array(2).fill(headers.get('x-request-id')));
  });

  test('a reranker decides the order, in both forms, and is not needed', async () => {
    for (const env of [{ RERANK_URL: embeddings.rerank, RERANK_MODEL: 'r' },
      { RERANK_URL: embeddings.teiRerank }]) {
      const client = await restart(env);

      await serving(client);
      const from = embeddings.requests.length;
      const results = await search(client, 'boots in rain, dog, boat');
      const asked = embeddings.requests.slice(from)
        .filter(({ path }) => path.endsWith('rerank'));
      assert.equal(asked.length, 1);
      assert.equal(asked[0].body.query, 'boots in rain, dog, boat');
      assert.equal(results[0].documentId, ids['boot.txt']);
      const scores = results.map(({ score }) => score);
      assert.deepEqual(scores, [...scores].sort((a, b) => b - a));

      for (const behaviour of [{ status: 500 }, { garbage: true }, { drop: true }]) {
        embeddings.behave({ ...behaviour, only: /rerank/ });
        const without = await search(client, 'where does the dog sleep');
        assert.equal(without[0].documentId, ids['dog.txt'], JSON.stringify(behaviour));
      }
      embeddings.behave({ stall: true, only: /rerank/ });
      const began = performance.now();
      assert.equal((await search(client, 'where does the dog sleep'))[0].documentId,
        ids['dog.txt']);
      assert.ok(performance.now() - began < 4500);
      embeddings.behave({});
    }
  });
});
