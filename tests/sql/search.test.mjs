import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';

import { Schema } from './schema.mjs';

const texts = {
  'lamps.txt': 'A lamp burns oil. Old lamps burned whale oil, new lamps burn gas.',
  'boats.txt': 'Boats sail on rivers. A boat with a lamp sails at night.',
  'whales.txt': 'Whales are hunted from boats for their oil.',
  'rivers.txt': 'Rivers run to the sea. The sea is deep.',
  'owls.txt': 'Owls see at night. An owl needs no lamp.',
};

// BM25 as the books have it, over the words that Postgres makes of a text.
async function bm25(schema, collection, question) {
  const words = async (text) => (await schema.rows(
    `select lexeme, cardinality(positions) from unnest(index_words($t$${text}$t$))`))
    .map(([lexeme, count]) => [lexeme, Number(count)]);
  const documents = await Promise.all(Object.entries(collection)
    .map(async ([name, text]) => {
      const counts = new Map(await words(`${name}\n\n\n\n${text}`));

      return { name, counts, length: [...counts.values()].reduce((a, b) => a + b) };
    }));
  const average = documents.reduce((sum, d) => sum + d.length, 0) / documents.length;
  const scores = [];

  for (const { name, counts, length } of documents) {
    let score = 0;
    for (const [lexeme] of await words(question)) {
      const df = documents.filter((d) => d.counts.has(lexeme)).length;
      const tf = counts.get(lexeme) ?? 0;
      const idf = Math.log(1 + (documents.length - df + 0.5) / (df + 0.5));

      score += idf * tf * 2.2 / (tf + 1.2 * (0.25 + 0.75 * length / average));
    }
    if (score > 0) scores.push({ title: name, score });
  }
  return scores.sort((a, b) => b.score - a.score);
}

function assertSameScores(found, expected) {
  assert.deepEqual(found.map(({ title }) => title),
    expected.map(({ title }) => title));
  for (const [i, { score }] of expected.entries()) {
    assert.ok(Math.abs(found[i].score - score) < 1e-9,
      `${found[i].title}: ${found[i].score}, expected ${score}`);
  }
}

describe('search', () => {
  let schema, anna, berta;
  const ids = {};

  before(async () => {
    schema = await Schema.create();
    anna = await schema.user('anna@example.com');
    berta = await schema.user('berta@example.com');
    for (const [name, text] of Object.entries(texts)) {
      const owner = name === 'owls.txt' || name === 'rivers.txt' ? null : anna;

      ids[name] = (await schema.upload(owner, name, text)).id;
    }
  });

  for (const question of ['lamp oil', 'Which boats sail at night?',
    'whale', 'the deep sea and its rivers']) {
    test(`"${question}" ranks own and shared texts as one collection, by BM25`,
      async () => {
        assertSameScores(await schema.search(anna, question),
          await bm25(schema, texts, question));
      });
  }

  test('another user sees the shared library alone, scored alone', async () => {
    const shared = { 'owls.txt': texts['owls.txt'], 'rivers.txt': texts['rivers.txt'] };

    assertSameScores(await schema.search(berta, 'lamp at night by the river'),
      await bm25(schema, shared, 'lamp at night by the river'));
  });

  test('what others upload moves neither results nor scores', async () => {
    const question = 'lamp oil at night';
    const before = await schema.search(anna, question);

    for (let n = 0; n < 5; n++) {
      await schema.upload(berta, `lamp${n}.txt`, `lamp oil night ${n} `.repeat(9));
    }
    assert.deepEqual(await schema.search(anna, question), before);
  });

  test('chosen documents narrow the results, and only to what one may see',
    async () => {
      const found = async (user, ...names) => (await schema.search(user, 'lamp',
        { documents: names.map((name) => ids[name]) })).map((r) => r.title);

      assert.deepEqual(await found(anna, 'boats.txt'), ['boats.txt']);
      assert.deepEqual(await found(anna), []);
      assert.deepEqual(await found(berta, 'boats.txt'), []);
      assert.deepEqual(await found(berta, 'boats.txt', 'owls.txt'), ['owls.txt']);
    });

  test('a deleted document is gone before its words are', async () => {
    const { id } = await schema.upload(anna, 'gone.txt', 'A singular zeppelin.');

    assert.equal((await schema.search(anna, 'zeppelin')).length, 1);
    await schema.query('document_delete', id, anna, false);
    assert.equal((await schema.search(anna, 'zeppelin')).length, 0);
  });

  test('a passage is exactly the bytes of its range, whatever the letters', async () => {
    const text = 'Größe zählt.\nЁлка 🎄 steht.\n';
    const { id } = await schema.upload(anna, 'ö.txt', text, { read: false });
    const cut = Buffer.byteLength('Größe zählt.\n');

    await schema.read(id, [0, cut]);
    const [hit] = await schema.search(anna, 'Ёлка');
    assert.equal(hit.text, 'Ёлка 🎄 steht.');
  });

  test('odd questions find nothing and break nothing', async () => {
    for (const question of ['', ' ', 'the of and is', '???', '日本語の質問',
      "'; drop table users; --", '\\', '<b>', '/', '&|!():*', 'x'.repeat(3000),
      '🎄', 'a'.repeat(8192)]) {
      assert.deepEqual(await schema.search(anna, question), [], question);
    }
  });

  test('a question of eight kilobytes is answered from its weightiest words',
    async () => {
      const words = Array.from({ length: 1100 }, (_, i) => `word${i}`).join(' ');
      const [first] = await schema.search(anna, `${words.slice(0, 8000)} whales hunted`);

      assert.equal(first.title, 'whales.txt');
    });

  test('a missing name, a missing number and lower case are told apart', async () => {
    const judge = async (question) => (await schema.search(anna, question))[0];

    assert.equal((await judge('Which lamp burns whale oil?')).missing, 0);
    assert.equal((await judge('Which lamp burns whale oil?')).best, 1);
    assert.ok((await judge('Did Captain Ahab burn whale oil?')).missing > 0.3);
    assert.ok((await judge('Who burned whale oil in 1851?')).missing > 0.2);
    assert.equal((await judge('Zeppelins burn oil?')).missing, 0);
    assert.equal((await judge('WHICH ZEPPELIN BURNS OIL')).missing, 0);
  });
});
