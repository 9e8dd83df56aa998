// What an answer is given to stand on: passages joined with their neighbours,
// documents whole, and as much of it as the model's window holds.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { startModel } from '../doubles/model.mjs';
import { add, askWhole, holds, reader } from '../lib/asking.mjs';
import { signedUp } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';

let model, wide, narrow, extractive;

before(async () => {
  model = await startModel();
  const modelled = { LLM_URL: model.url, LLM_MODEL: 'double' };
  [wide, narrow, extractive] = await Promise.all([
    startLectern({ env: modelled }),
    startLectern({ env: { ...modelled, CONTEXT_TOKENS: '1000' } }),
    startLectern(),
  ]);
});
after(async () => {
  for (const lectern of [wide, narrow, extractive]) {
    if (!lectern) continue;
    assert.equal(lectern.restarts(), 0, lectern.tail());
    await lectern.stop();
  }
  await model?.stop();
});

const filler = (topic, count) => Array.from({ length: count }, (_, i) =>
  `The ${topic} of chamber ${i + 1} was inspected by the keeper, who noted Größe ${i} in the ledger.`)
  .join(' ');

// One section of some ten chunks, the answer somewhere in its middle, another
// section behind it.
const chronicle = `# Chronicle

## Vault

${filler('vault', 40)} The astrolabe stands on the marble plinth. ${filler('cellar', 40)}

## Garden

The garden holds nine yew trees. ${filler('hedge', 10)}
`;

/** The passages of the last prompt: {title, heading, text}. */
function passages() {
  const prompt = model.requests.at(-1).body.messages.at(-1).content;

  return [...prompt.matchAll(
    /<passage key="\w+" number="\d+">\nFrom: (.*)\n\n([\s\S]*?)\n<\/passage key/g)]
    .map(([, from, text]) => ({ from, text }));
}

const size = () => model.requests.at(-1).body.messages
  .reduce((sum, { content }) => sum + Buffer.byteLength(content), 0);

describe('a passage', () => {
  test('is widened by its neighbours, byte for byte as the document has them', async () => {
    const anna = await reader(wide, { text: chronicle, title: 'Chronicle' });
    const { results } = (await anna.post('/api/search',
      { query: 'Where does the astrolabe stand?', limit: 1 })).json;

    await askWhole(anna, 'Where does the astrolabe stand?');
    const [best, ...others] = passages();

    assert.ok(best.text.length > results[0].text.length + 1000, 'both neighbours');
    assert.ok(best.text.includes(results[0].text));
    assert.equal(chronicle.split(best.text).length, 2, 'it stands there just so');
    assert.ok(best.from.endsWith('Chronicle > Vault'), best.from);
    for (const { text } of others) {
      assert.ok(!best.text.includes(text.slice(0, 200)), 'nothing is given twice');
    }
  });

  test('that was widened is cited where the quote stands', async () => {
    const anna = await reader(wide, { text: chronicle, title: 'Chronicle' });

    await askWhole(anna, 'Where does the astrolabe stand?');
    // Something that only a neighbour says.
    const [, chamber] = /chamber (\d+) was/.exec(passages()[0].text);
    model.script([`The vault of chamber ${chamber} was inspected`, ' [1].']);
    const { json } = await askWhole(anna, 'Where does the astrolabe stand?');

    assert.equal(json.citations.length, 1, JSON.stringify(json));
    assert.match(json.citations[0].quote, new RegExp(`chamber ${chamber} was`));
    assert.equal(json.citations[0].heading, 'Chronicle > Vault');
    await holds(anna, json.citations);
  });

  test('of another section stays one of its own, under its own heading', async () => {
    const anna = await reader(wide, { title: 'Two',
      text: '# Two\n\n## Lamp\n\nThe lamp of Orbis is amber.\n\n## Case\n\nThe case of Orbis is oak.\n' });

    await askWhole(anna, 'Which colour has the lamp of Orbis, and what is its case?');
    const found = passages();
    assert.deepEqual(found.map(({ from }) => from).sort(),
      ['Two > Two > Case', 'Two > Two > Lamp']);
  });

  test('keeps its page when pages are joined', async () => {
    const anna = await reader(wide, { text: chronicle, title: 'Chronicle' });
    const { postgres, database } = wide;
    // As a document with pages has them: a page for each chunk.
    await postgres.psql(database, `update chunks set page = ordinal + 1,
      page_breaks = '{}' where document = '${anna.documentId}'`);
    await askWhole(anna, 'Where does the astrolabe stand?');
    // In its last chunk, before what the next one has as well.
    const last = passages()[0].text.match(/The \w+ of chamber \d+ was inspected/g).at(-5);
    model.script([`${last}`, ' [1].']);
    const { json } = await askWhole(anna, 'Where does the astrolabe stand?');
    const page = await postgres.psql(database, `select max(page) from chunks
      where document = '${anna.documentId}' and start_byte <= ${json.citations[0].start}`);

    assert.equal(json.citations[0].page, Number(page));
    await holds(anna, json.citations);
  });
});

describe('documents that were chosen', () => {
  test('are given whole when they fit, in their order', async () => {
    const anna = await reader(wide);
    const other = await add(anna, { title: 'Orbis', text: 'Orbis is a lamp.\n\nIt is amber.\n' });

    await askWhole(anna, 'Summarise this', { documentIds: [other, anna.documentId] });
    const found = passages();
    const text = found.map((passage) => passage.text).join('\n');

    assert.match(found[0].text, /^Orbis is a lamp\.\n\nIt is amber\.$/);
    for (const part of ['140 seconds', 'grey button', 'vinegar', 'thirty months', 'receipt']) {
      assert.ok(text.includes(part), part);
    }
  });

  test('are searched when they are too long for that', async () => {
    const anna = await reader(narrow, { text: chronicle, title: 'Chronicle' });
    const { json } = await askWhole(anna, 'Where does the astrolabe stand?',
      { documentIds: [anna.documentId] });

    assert.ok(passages()[0].text.includes('astrolabe'));
    assert.ok(json.citations.length > 0);
  });

  test('of somebody else are nothing, whole or not', async () => {
    const anna = await reader(wide);
    const bob = await signedUp(wide.url);
    const before = model.requests.length;
    const { json } = await askWhole(bob, 'How long does the warranty of the Zephyr last?',
      { documentIds: [anna.documentId] });

    assert.equal(model.requests.length, before, 'no model was asked');
    assert.equal(json.answered, false);
    assert.deepEqual(json.citations, []);
  });

  test('that are deleted are not given', async () => {
    const anna = await reader(wide);
    const other = await add(anna, { title: 'Orbis', text: 'Orbis is a lamp.\n' });

    assert.equal((await anna.request('DELETE', `/api/documents/${other}`)).status, 204);
    await askWhole(anna, 'Summarise this', { documentIds: [other, anna.documentId] });
    assert.ok(passages().every(({ text }) => !text.includes('Orbis')));
  });

  test('are quoted by the same rule as ever where there is no model', async () => {
    const anna = await reader(extractive);
    const inside = { documentIds: [anna.documentId] };
    const right = await askWhole(anna, 'How long does the warranty of the Zephyr last?', inside);
    const wrong = await askWhole(anna, 'Who painted the ceiling of the Sistine Chapel?', inside);

    assert.match(right.json.text, /thirty months/);
    assert.equal(wrong.json.answered, false);
    assert.deepEqual(wrong.json.citations, []);
  });
});

describe('a small window', () => {
  test('of a thousand tokens is not exceeded, and answers are cited', async () => {
    const anna = await reader(narrow, { text: chronicle, title: 'Chronicle' });
    let conversationId;

    for (const message of ['Where does the astrolabe stand?',
      'How many yew trees does the garden hold?', 'Where does the astrolabe stand?']) {
      const { json } = await askWhole(anna, message, { conversationId });
      conversationId = json.conversationId;
      assert.ok(json.citations.length > 0, JSON.stringify(json));
      assert.ok(size() <= 2250, `${size()} bytes`);
      await holds(anna, json.citations);
    }
  });

  test('takes a question that is longer than itself', async () => {
    const anna = await reader(narrow, { text: chronicle, title: 'Chronicle' });
    const { json } = await askWhole(anna,
      `Where does the astrolabe stand? ${'astrolabe '.repeat(400)}`);

    assert.equal(json.answered, true);
    assert.ok(size() <= 2250, `${size()} bytes`);
  });
});
