import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Client, signedUp } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { until } from '../lib/wait.mjs';

const manual = `# Lamp manual

## Filling

Unscrew the burner and pour whale oil into the font, up to the mark.

## Trimming

Trim the wick with scissors every evening. A ragged wick smokes — und rußt.
`;
const boats = 'Boats sail at night. The harbour master lights a lamp for them.';

describe('POST /api/search', () => {
  let lectern, anna, berta, ids;

  before(async () => {
    lectern = await startLectern();
    anna = await signedUp(lectern.url);
    berta = await signedUp(lectern.url);
    ids = { manual: await upload(anna, 'manual.md', manual),
      boats: await upload(anna, 'boats.txt', boats),
      berta: await upload(berta, 'hers.txt', 'Her lamp burns kerosene.') };
  });

  after(async () => {
    assert.equal(lectern.restarts(), 0, lectern.tail());
    await lectern.stop();
  });

  async function upload(client, name, body) {
    const reply = await client.post(`/api/documents?filename=${name}`, undefined,
      { body });
    const { id } = reply.json.document;

    await until(async () => (await client.get(`/api/documents/${id}`))
      .json.document.status === 'ready', `${name} to be read`);
    return id;
  }

  const search = async (client, body) => {
    const reply = await client.post('/api/search', body);

    assert.equal(reply.status, 200, reply.text);
    return reply.json.results;
  };

  test('a result has the promised fields and no others', async () => {
    const [result] = await search(anna, { query: 'How do I trim the wick?' });

    assert.deepEqual(Object.keys(result), ['documentId', 'externalId', 'title',
      'chunkId', 'start', 'end', 'text', 'score', 'scores']);
    assert.deepEqual(Object.keys(result.scores), ['lexical', 'vector']);
    assert.equal(result.documentId, ids.manual);
    assert.equal(result.title, 'Lamp manual');
    assert.equal(result.externalId, null);
    assert.equal(result.scores.vector, null);
    assert.ok(result.score > 0);
    assert.match(result.text, /Trim the wick/);
  });

  test('text is exactly the bytes from start to end of the document', async () => {
    for (const query of ['wick', 'whale oil', 'harbour']) {
      for (const { documentId, start, end, text } of await search(anna, { query })) {
        const reply = await anna.get(`/api/documents/${documentId}/text`,
          { headers: { range: `bytes=${start}-${end - 1}` } });

        assert.equal(reply.status, 206);
        assert.equal(reply.text, text);
      }
    }
  });

  test('results are ordered by score and as many as asked for', async () => {
    const results = await search(anna, { query: 'lamp wick oil night', limit: 50 });
    const scores = results.map((r) => r.score);

    assert.ok(results.length >= 2);
    assert.deepEqual(scores, scores.toSorted
      ? scores.toSorted((a, b) => b - a) : [...scores].sort((a, b) => b - a));
    assert.deepEqual(await search(anna, { query: 'lamp wick oil night', limit: 1 }),
      results.slice(0, 1));
  });

  test('offset leaves the first results out, so that pages follow each other', async () => {
    const query = 'lamp wick oil night';
    const all = await search(anna, { query, limit: 50 });

    assert.deepEqual(await search(anna, { query, limit: 1, offset: 1 }), all.slice(1, 2));
    assert.deepEqual(await search(anna, { query, offset: 50 }), []);
  });

  test('a word in another form and in another case is found', async () => {
    assert.equal((await search(anna, { query: 'TRIMMED WICKS' }))[0].documentId,
      ids.manual);
    assert.equal((await search(anna, { query: 'rußt' }))[0].documentId, ids.manual);
  });

  test('a word that stands in the title alone finds the document', async () => {
    const found = await search(anna, { query: 'manual' });

    assert.ok(found.length > 0);
    assert.ok(found.every((r) => r.documentId === ids.manual));
  });

  test('documentIds narrow it, and never to what is not one\'s own', async () => {
    const within = async (client, ...documentIds) => (await search(client,
      { query: 'lamp', documentIds })).map((r) => r.documentId);

    assert.deepEqual(await within(anna, ids.boats), [ids.boats]);
    assert.deepEqual(await within(anna), []);
    assert.deepEqual(await within(anna, 'nonsense', "'};--", ids.berta), []);
    assert.deepEqual(await within(berta, ids.manual, ids.berta), [ids.berta]);
  });

  test('a second user sees nothing of the first one\'s texts', async () => {
    for (const query of ['wick', 'harbour', 'whale oil lamp']) {
      for (const result of await search(berta, { query })) {
        assert.equal(result.documentId, ids.berta);
      }
    }
  });

  test('what means nothing finds nothing', async () => {
    for (const query of ['zorblax', 'the and of', '?!', '\u{1F9D9}', '日本語', '\\']) {
      assert.deepEqual(await search(anna, { query }), [], query);
    }
  });

  test('a query of 8 KiB is answered', async () => {
    const query = `${'lorem ipsum dolor '.repeat(500)}wick`.slice(-8192);

    assert.equal((await search(anna, { query }))[0].documentId, ids.manual);
  });

  for (const [what, body, field] of [
    ['no query', {}, 'query'],
    ['an empty query', { query: '' }, 'query'],
    ['a query of blanks', { query: ' \n ' }, 'query'],
    ['a query that is a number', { query: 7 }, 'query'],
    ['a query with a NUL', { query: 'a\0b' }, undefined],
    ['a query that is too long', { query: 'x'.repeat(8193) }, 'query'],
    ['limit 0', { query: 'x', limit: 0 }, 'limit'],
    ['limit 51', { query: 'x', limit: 51 }, 'limit'],
    ['offset 51', { query: 'x', offset: 51 }, 'offset'],
    ['a negative offset', { query: 'x', offset: -1 }, 'offset'],
    ['a limit that is no whole number', { query: 'x', limit: 1.5 }, 'limit'],
    ['documentIds that are no list', { query: 'x', documentIds: 'a' }, 'documentIds'],
    ['documentIds of numbers', { query: 'x', documentIds: [1] }, 'documentIds'],
    ['a list as body', [], undefined],
  ]) {
    test(`${what} is refused with 400`, async () => {
      const reply = await anna.post('/api/search', body);

      assert.equal(reply.status, 400, reply.text);
      assert.ok(reply.json.message);
      if (field) assert.equal(reply.json.field, field);
    });
  }

  test('without a session it is 401, by GET 405', async () => {
    assert.equal((await new Client(lectern.url).post('/api/search',
      { query: 'lamp' })).status, 401);
    assert.equal((await anna.get('/api/search')).status, 405);
  });
});
