import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { startEmbeddings } from '../doubles/embeddings.mjs';
import { Client, signedUp } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { startPostgres } from '../lib/postgres.mjs';
import { until } from '../lib/wait.mjs';

const boat = 'A small boat sails across the harbour at night.';
const dog = 'My dog sleeps on the sofa all afternoon.';
const bread = 'The baker puts the loaves into a hot oven before dawn.';
// No word of it stands in `dog`.
const puppy = 'puppy nap couch';

/** A database with pgvector enabled, as an operator leaves it. */
async function vectorDatabase() {
  const postgres = await startPostgres();
  const database = await postgres.createDatabase();

  await postgres.psql(database, 'create extension vector');
  return { postgres, database };
}

async function startWith(embeddings, env = {}, where) {
  return startLectern({ ...where ?? await vectorDatabase(),
    env: { EMBED_URL: embeddings.openai, EMBED_MODEL: 'use-lite', ...env } });
}

async function upload(client, name, body) {
  const reply = await client.post(`/api/documents?filename=${name}`, undefined, { body });
  const { id } = reply.json.document;

  await until(async () => (await client.get(`/api/documents/${id}`))
    .json.document.status === 'ready', `${name} to be read`);
  return id;
}

async function search(client, query, options) {
  const reply = await client.post('/api/search', { query, ...options });

  assert.equal(reply.status, 200, reply.text);
  return reply.json.results;
}

const sql = (lectern, query) => lectern.postgres.psql(lectern.database, query);

/** Waits until every text of the database has its vector. */
async function embedded(lectern, model = 1) {
  await until(async () => await sql(lectern,
    `select not exists (select from vector_jobs where model = ${model})
	and exists (select from vector_models
	    where id = ${model} and is_complete)`) === 't',
  'all vectors', { seconds: 30 });
}

/** Waits until both workers ask the end point for a question's vector. */
async function serving(client, query = puppy) {
  let inRow = 0;

  await until(async () => {
    const results = await search(client, query);

    inRow = results.length > 0 && results[0].scores.vector !== null ? inRow + 1 : 0;
    return inRow >= 8;
  }, 'the vector side', { seconds: 20 });
}

describe('Searching by meaning', () => {
  let embeddings, lectern, anna, berta, ids;

  before(async () => {
    embeddings = await startEmbeddings({ apiKey: 'a-key' });
    lectern = await startWith(embeddings, { EMBED_API_KEY: 'a-key' });
    anna = await signedUp(lectern.url);
    berta = await signedUp(lectern.url);
    ids = { boat: await upload(anna, 'boat.txt', boat),
      dog: await upload(anna, 'dog.txt', dog),
      bread: await upload(anna, 'bread.txt', bread),
      berta: await upload(berta, 'hers.txt', 'Her puppy naps on the couch.') };
    await embedded(lectern);
    await serving(anna);
  });

  after(async () => {
    assert.equal(lectern.restarts(), 0, lectern.tail());
    await lectern.stop();
    await embeddings.stop();
  });

  test('a question finds a passage that shares no word with it', async () => {
    const [first] = await search(anna, puppy);

    assert.equal(first.documentId, ids.dog);
    assert.equal(first.scores.lexical, 0);
    assert.ok(first.scores.vector > 0.5, JSON.stringify(first.scores));
    assert.ok(first.score > 0);
  });

  test('words and meaning both tell in the scores', async () => {
    const [first] = await search(anna, 'where does the dog sleep');

    assert.equal(first.documentId, ids.dog);
    assert.ok(first.scores.lexical > 0 && first.scores.vector > 0);
  });

  test("another person's passages are neither found nor felt", async () => {
    const before = await search(anna, puppy);

    assert.ok(before.every((result) => result.documentId !== ids.berta));
    const more = await upload(berta, 'more.txt', 'A puppy naps on a couch. Naps!');
    await until(async () => (await search(berta, puppy, { documentIds: [more] }))
      .some((result) => result.scores.vector !== null), 'her new vectors');
    assert.deepEqual(await search(anna, puppy), before);
    assert.deepEqual(await search(anna, puppy, { documentIds: [ids.berta] }), []);
  });

  test('documentIds narrows the meaning too', async () => {
    const results = await search(anna, 'a vessel on the sea',
      { documentIds: [ids.boat, ids.bread] });

    assert.equal(results[0].documentId, ids.boat);
    assert.ok(results.every((r) => [ids.boat, ids.bread].includes(r.documentId)));
  });

  test('a question of meaning alone is answered, a foreign one refused', async () => {
    const ask = async (message) => (await anna.post('/api/chat', { message },
      { headers: { accept: 'application/json' } })).json;

    const known = await ask('puppy nap couch afternoon');
    assert.equal(known.answered, true, JSON.stringify(known));
    assert.match(known.text, /dog sleeps/);
    const foreign = await ask('Which treaty ended the Thirty Years War?');
    assert.equal(foreign.answered, false, JSON.stringify(foreign));
  });

  test('a document is ready without its vectors, which come when they can', async () => {
    embeddings.behave({ status: 500 });
    const id = await upload(anna, 'lamp.txt', 'The lamp burns kerosene.');
    const [first] = await search(anna, 'kerosene');

    assert.equal(first.documentId, id);
    embeddings.behave({});
    await embedded(lectern);
    await until(async () => (await search(anna, 'kerosene'))[0]
      ?.scores.vector > 0, 'its vector');
  });

  test('a replaced document embeds its changed passages alone', async () => {
    const part = (n) => `## Part ${n}\n\n${`Sentence about subject ${n}. `.repeat(160)}\n\n`;
    const text = [1, 2, 3, 4].map(part).join('');

    await upload(anna, 'parts.md', `# Parts\n\n${text}`);
    await embedded(lectern);
    const from = embeddings.texts.length;
    await upload(anna, 'parts.md', `# Parts\n\n${text}${part(5)}`);
    await embedded(lectern);
    const sent = embeddings.texts.slice(from).filter((t) => t.includes('Part '));

    assert.ok(sent.some((t) => t.includes('subject 5')), sent.join('\n'));
    assert.ok(sent.every((t) => !t.includes('subject 1')), sent.join('\n'));
  });

  test('deleting a document removes vectors that nothing else uses', async () => {
    const count = async () => Number(await sql(lectern, 'select count(*) from vectors_1'));
    const before = await count();
    const one = await upload(anna, 'twin-a.txt', `A twin text.\n\n${bread}`);
    await embedded(lectern);
    assert.ok(await count() > before);
    const reply = await anna.delete(`/api/documents/${one}`);
    assert.equal(reply.status, 204);

    assert.ok((await search(anna, 'twin text')).every((r) => r.documentId !== one));
    await until(async () => await count() === before, 'its vectors to go');
  });

  test('an end point that misbehaves costs the vectors, never the answer', async () => {
    const trouble = [{ status: 429, retryAfter: 1 }, { status: 500 }, { status: 401 },
      { drop: true }, { garbage: true }, { fewer: true }, { zeros: true }, { cut: 7 },
      { redirect: `${embeddings.url}/elsewhere` }, { stall: true }];

    for (const behaviour of trouble) {
      embeddings.behave(behaviour);
      const began = performance.now();
      const [first] = await search(anna, 'where does the dog sleep');

      assert.equal(first?.documentId, ids.dog, JSON.stringify(behaviour));
      assert.equal(first.scores.vector, null, JSON.stringify(behaviour));
      assert.ok(performance.now() - began < 2500, JSON.stringify(behaviour));
    }
    assert.ok(!embeddings.requests.some(({ path }) => path === '/elsewhere'));
    embeddings.behave({});
    await serving(anna, 'where does the dog sleep');
  });

  test('a failing end point is told to the log once, without its words', async () => {
    const told = () => lectern.logs().filter(({ message }) =>
      /^embeddings: the end point failed/.test(message)).length;
    const before = told();

    embeddings.behave({ status: 503 });
    for (let i = 0; i < 12; i++) await search(anna, 'dog');
    embeddings.behave({});
    assert.ok(told() - before <= 2, String(told() - before));	// two workers
    assert.ok(!lectern.lines().some((line) => line.includes('as told')));
    await serving(anna, 'where does the dog sleep');
  });
});

describe('Other end points', () => {
  for (const format of ['tei', 'ollama']) {
    test(`${format} is known by its address`, async () => {
      const embeddings = await startEmbeddings();
      const lectern = await startWith(embeddings, { EMBED_URL: embeddings[format],
        EMBED_QUERY_PREFIX: 'query: ', EMBED_PASSAGE_PREFIX: 'passage: ' });
      const anna = await signedUp(lectern.url);
      const id = await upload(anna, 'dog.txt', dog);

      await upload(anna, 'boat.txt', boat);
      await embedded(lectern);
      await serving(anna);
      assert.equal((await search(anna, puppy))[0].documentId, id);
      assert.ok(embeddings.texts.includes(`query: ${puppy}`));
      assert.ok(embeddings.texts.some((text) => text.startsWith('passage: ') &&
        text.includes(dog)));
      assert.ok(embeddings.requests.every(({ path }) =>
        path === new URL(embeddings[format]).pathname));
      await lectern.stop();
      await embeddings.stop();
    });
  }

  test('an end point that takes few texts, and not all, gets them as it likes', async () => {
    const embeddings = await startEmbeddings();

    embeddings.behave({ atMost: 3, refuse: /unspeakable/ });
    const lectern = await startWith(embeddings);
    const anna = await signedUp(lectern.url);
    for (let i = 0; i < 8; i++) await upload(anna, `n${i}.txt`, `Number ${i} sleeps.`);
    await upload(anna, 'bad.txt', 'The unspeakable text.');
    await embedded(lectern);

    assert.equal(await sql(lectern, `select count(*), count(vector) from vectors_1`), '9\t8');
    assert.equal((await search(anna, 'unspeakable'))[0].scores.vector, null);
    await lectern.stop();
    await embeddings.stop();
  });

  test('Retry-After is obeyed for passages', async () => {
    const embeddings = await startEmbeddings();
    const lectern = await startWith(embeddings);
    const anna = await signedUp(lectern.url);

    embeddings.behave({ status: 429, retryAfter: 3 });
    await upload(anna, 'dog.txt', dog);
    const asked = () => embeddings.requests.filter(({ texts }) =>
      texts.some((text) => text.includes(dog)));
    await until(() => asked().length === 1, 'the first try');
    embeddings.behave({});
    await embedded(lectern);
    assert.equal(asked().length, 2);
    assert.ok(asked()[1].at - asked()[0].at >= 2900, String(asked()[1].at - asked()[0].at));
    await lectern.stop();
    await embeddings.stop();
  });
});

describe('Another model', () => {
  test('the old one serves until the new one is complete, and is gone then', async () => {
    const embeddings = await startEmbeddings();
    const where = await vectorDatabase();
    let lectern = await startWith(embeddings, {}, where);
    const anna = await signedUp(lectern.url);
    const id = await upload(anna, 'dog.txt', dog);

    await upload(anna, 'boat.txt', boat);
    await embedded(lectern);
    await lectern.stop();
    // Passages of the new model are refused for now, questions are not.
    embeddings.behave({ refuse: /sleeps on the sofa|sails|lamp burns/ });
    lectern = await startWith(embeddings, { EMBED_MODEL: 'turned' }, where);
    const again = new Client(lectern.url);
    await again.post('/api/auth/sign-in/email', { email: anna.email, password: anna.password });
    await serving(again);
    assert.equal((await search(again, puppy))[0].documentId, id);
    assert.equal(embeddings.requests.at(-1).body.model, 'use-lite');

    embeddings.behave({});
    // The end point is left alone for a while after a failure.
    await embedded(lectern, 2);
    assert.equal(await sql(lectern, "select to_regclass('vectors_1') is null"), 't');
    await until(async () => {
      await search(again, puppy);
      return embeddings.requests.at(-1).body.model === 'turned';
    }, 'the new model to be asked');
    await serving(again);
    assert.equal((await search(again, puppy))[0].documentId, id);
    await lectern.stop();
    await embeddings.stop();
  });

  test('vectors that were stored before a kill are not asked for again', async () => {
    const embeddings = await startEmbeddings();
    const lectern = await startWith(embeddings, { EMBED_BATCH: '2' });
    const anna = await signedUp(lectern.url);

    for (let i = 0; i < 5; i++) await upload(anna, `n${i}.txt`, `Document number ${i}.`);
    await embedded(lectern);
    await lectern.kill();
    await sql(lectern, 'update vector_models set is_complete = false');
    await sql(lectern, `insert into vector_jobs (model, document)
      select 1, id from documents; delete from vectors_1 where ctid in
      (select ctid from vectors_1 limit 1)`);
    const from = embeddings.texts.length;
    await lectern.start();
    await embedded(lectern);
    assert.equal(embeddings.texts.slice(from).filter((t) => t.includes('Document')).length, 1);
    await lectern.stop();
    await embeddings.stop();
  });
});

describe('A large collection', () => {
  test('beyond ten thousand passages an index is made and read, with the same result',
    async () => {
      const embeddings = await startEmbeddings();
      const lectern = await startWith(embeddings);
      const anna = await signedUp(lectern.url);
      const id = await upload(anna, 'dog.txt', dog);

      await upload(anna, 'boat.txt', boat);
      await upload(anna, 'bread.txt', bread);
      await embedded(lectern);
      await serving(anna);
      const small = await search(anna, puppy);
      // As many vectors of nobody's as the index is made for, all different.
      await sql(lectern, `insert into vectors_1 select -1, sha256(n::text::bytea),
	  ('[' || repeat('0,', n % 500) || '1,' || repeat('0,', 510 - n % 500) ||
	  n::float / 10000 || ']')::halfvec from generate_series(1, 10000) n;
	insert into index_segments (id, scope, chunks, tokens, languages, first_chunk,
	  last_chunk) select nextval('segment_ids'), id, 20000, 0, 0, 0, -1 from scopes
	  where owner is not null`);
      await upload(anna, 'more.txt', 'A lamp stands on the table.');
      await until(async () => await sql(lectern,
        "select to_regclass('vectors_1_idx') is not null") === 't', 'the index',
      { seconds: 60 });
      const plan = await sql(lectern, `set enable_seqscan = off; explain
	select digest from vectors_1 order by vector <=> (select vector
	from vectors_1 where scope > 0 limit 1) limit 5`);
      assert.match(plan, /vectors_1_idx/);

      const large = await search(anna, puppy);
      assert.equal(large[0].documentId, id);
      assert.equal(large[0].scores.vector, small[0].scores.vector);
      await lectern.stop();
      await embeddings.stop();
    });
});

describe('Without pgvector or an end point', () => {
  test('where the extension may not be created, searching is lexical and says so', async () => {
    const embeddings = await startEmbeddings();
    const lectern = await startLectern({ env: { EMBED_URL: embeddings.openai,
      EMBED_MODEL: 'use-lite' } });
    const anna = await signedUp(lectern.url);
    const id = await upload(anna, 'dog.txt', dog);
    const [first] = await search(anna, 'dog');

    assert.equal(first.documentId, id);
    assert.equal(first.scores.vector, null);
    assert.equal(embeddings.requests.length, 0);
    await until(async () => /pgvector/.test((await anna.get('/ready'))
      .json.dependencies.embeddings), '/ready to say so');
    // Enabled while it runs: used with the next document.
    await sql(lectern, 'create extension vector');
    await upload(anna, 'boat.txt', boat);
    await embedded(lectern);
    await serving(anna);
    await lectern.stop();
    await embeddings.stop();
  });
});
