// Generated answers with right, wrong, split and nested markers, through the
// program: no citation that is shown fails, and no right one is lost.
//
// The answers are the same in every run. tests/unit/citeset_test.c does more of
// them without a server.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { startModel } from '../doubles/model.mjs';
import { add, ask, askWhole, conversation, holds, of, textOf } from '../lib/asking.mjs';
import { signedUp } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { until } from '../lib/wait.mjs';

let model, lectern, anna, documents;

// Numbers that look drawn by lot and are not (a linear congruence).
let state = 5;
const pick = (n) => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor(state / 2 ** 32 * n);
};
const one = (list) => list[pick(list.length)];

const syllables = ['ba', 'ko', 'ri', 'zu', 'mé', 'lan', 'tør', 'שי'];
const word = (n) => Array.from({ length: 4 }, (_, i) =>
  syllables[Math.floor(n / 7 ** i + i) % syllables.length]).join('') + String.fromCharCode(97 + n % 26,
  97 + Math.floor(n / 26) % 26);

// Three documents of one section each; a sentence has words that no other has.
const facts = [0, 1, 2].map((d) => Array.from({ length: 6 }, (_, s) => {
  const [a, b] = [word(d * 100 + s * 2), word(d * 100 + s * 2 + 1)];
  return { a, b, sentence: `The ${a} of it is a ${b} as ever.` };
}));

before(async () => {
  model = await startModel();
  lectern = await startLectern({ env: { LLM_URL: model.url, LLM_MODEL: 'double' } });
  anna = await signedUp(lectern.url);
  documents = [];
  for (const [d, list] of facts.entries()) {
    documents.push(await add(anna, { title: `Document ${d} 😀`,
      text: `Größe 😀 des Ganzen: ${d}.\n\n${list.map(({ sentence }) => sentence).join(' ')}\n` }));
  }
});
after(async () => {
  if (lectern) {
    assert.equal(lectern.restarts(), 0, lectern.tail());
    await lectern.stop();
  }
  await model?.stop();
});

const singles = [['[', ']'], ['[[', ']]'], ['[^', ']'], ['[Source ', ']'], ['【', '】'],
  ['【', '†source】'], ['［', '］'], ['[', '](https://evil.example/x)'], ['[', ', 99]'],
  ['[99][', ']'], ['[', '][0]']];
const pairs = [['[', '][', ']'], ['[', ', ', ']'], ['[[', '], [', ']]'], ['[Sources ', ' & ', ']'],
  ['[Source ', ', Source ', ']'], ['[', ', 42, ', ']']];
const wrongs = ['[0]', '[9]', '[99, 77]', '[[88]]', '[^12]', '【31】', '【4:1†source】', '[50-60]'];
const noises = ['`x[1]`', '$y[3] + z[9]$', '[sic]', '(2)', '\n\n```c\nv[1] = w[99];\n```\n\n'];

/** An answer: its text, and the facts its citations must stand on, in order. */
function compose() {
  const meant = [];
  const claim = (d) => {
    const fact = one(facts[d]);
    meant.push({ documentId: documents[d], ...fact });
    return `${fact.b} stands for ${fact.a}`;
  };
  const parts = Array.from({ length: 1 + pick(5) }, () => {
    const kind = pick(5);
    if (kind === 0) return `${word(900 + pick(50))} is told ${one(wrongs)}.`;
    if (kind === 1) return `${one(noises)}.`;
    const [a, b] = [pick(3), pick(3)];
    if (kind === 2 && a !== b) {
      const [open, between, close] = one(pairs);
      return `${claim(a)} and ${claim(b)} ${open}${a + 1}${between}${b + 1}${close}.`;
    }
    const [open, close] = one(singles);
    return `${claim(a)}${one(['', ' '])}${open}${a + 1}${close}.`;
  });
  return { text: parts.join(one([' ', '\n\n', '\n- '])), meant };
}

/** Cut into tokens anywhere, markers and characters of two units included. */
function tokens(text) {
  const list = [];

  for (let at = 0; at < text.length;) {
    const n = 1 + pick(7);
    list.push(text.slice(at, at + n));
    at += n;
  }
  return list.filter((token) => token !== '');
}

// What is no code and no maths; there a bracket is only a bracket.
const prose = (text) => text.replace(/```[\s\S]*?```|`[^`\n]*`|\$[^$\n]*\$/g, '');

function check(meant, text, citations, ends) {
  const shown = [...prose(text).matchAll(/\[(\d+)\]/g)].map(([, n]) => Number(n));

  assert.equal(shown.length, meant.length, text);
  for (const [i, n] of shown.entries()) {
    assert.ok(citations.some((citation) => citation.n === n &&
      citation.documentId === meant[i].documentId &&
      citation.quote.includes(meant[i].sentence)), `${meant[i].sentence}\n${text}`);
  }
  assert.doesNotMatch(prose(text), /【|［|†|\[\^|\[\[|\[\d+\s*[,;–-]|evil/, text);
  if (!ends) return;
  assert.equal(ends.length, meant.length, text);
  for (const [i, { startIndex, endIndex, citedText }] of ends.entries()) {
    assert.match(text.slice(startIndex, endIndex), /\[\d+\]$/);
    assert.ok(citedText.includes(meant[i].sentence), text);
  }
}

// A thing of 16-bit units may be cut in two by tokens(); a model would not.
const wellFormed = (list) => list.reduce((kept, token) => {
  const last = kept.at(-1);
  if (last && /[\ud800-\udbff]$/.test(last)) kept[kept.length - 1] += token;
  else kept.push(token);
  return kept;
}, []);

describe('an answer that says the documents do not tell', () => {
  for (const text of ['They do not say so [0].', 'The documents do not mention it.',
    'Das steht in keinem der Dokumente.', 'Les documents ne précisent pas cela [0].']) {
    test(`is no answer: ${text}`, async () => {
      model.script(tokens(text));
      const list = await ask(anna, { message: 'What stands for what?', documentIds: documents });
      const { messageMetadata } = of(list, 'finish')[0];

      assert.equal(messageMetadata.status, 'unanswered');
      assert.equal(messageMetadata.answered, false);
      assert.equal(textOf(list), text.replace(' [0]', ''));
      assert.deepEqual(of(list, 'data-citation'), []);
    });
  }

  test('of a part of the question answers the other part', async () => {
    const { a, b } = facts[0][0];

    model.script(tokens(`${b} stands for ${a} [1]. The rest is not told [0].`));
    const { json } = await askWhole(anna, 'What stands for what?', { documentIds: documents });
    assert.equal(json.answered, true);
    assert.equal(json.text, `${b} stands for ${a} [1]. The rest is not told.`);
  });
});

describe('generated answers', () => {
  test('show every right citation and no other, streamed, whole and stored', async () => {
    let right = 0;
    let conversationId;

    for (let i = 0; i < 120; i++) {
      const { text, meant } = compose();
      right += meant.length;
      model.script(wellFormed(tokens(text)), i % 3 === 0 ? { splitBytes: 1 + pick(40) } : {});
      if (i % 4 === 3) {
        const { json } = await askWhole(anna, 'What stands for what?',
          { documentIds: documents, conversationId });
        check(meant, json.text, json.citations);
        await holds(anna, json.citations);
        continue;
      }
      const list = await ask(anna, { message: 'What stands for what?',
        documentIds: documents, conversationId });
      const citations = of(list, 'data-citation').map(({ data }) => data);
      check(meant, textOf(list), citations, of(list, 'text-end')[0].citations ?? []);
      await holds(anna, citations);
      if (i % 20 === 0) ({ conversationId } = list[0].messageMetadata);
      if (i % 20 === 1) {
        const { messages } = await conversation(anna, conversationId);
        check(meant, messages.at(-1).text, messages.at(-1).citations);
      }
    }
    assert.ok(right > 200, `${right} right ones`);
  });

  test('show a source before the first text that mentions it', async () => {
    const { text } = { text: `${facts[1][0].b} stands for ${facts[1][0].a} [2] [1].` };

    model.script(tokens(text));
    const list = await ask(anna, { message: 'What stands for what?', documentIds: documents });
    let told = '';
    const known = new Set();
    for (const part of list) {
      if (part.type === 'source-document') known.add(part.sourceId);
      if (part.type !== 'text-delta') continue;
      told += part.delta;
      for (const [, n] of told.matchAll(/\[(\d+)\]/g)) assert.ok(known.has(n), told);
    }
    assert.equal(known.size, 2);
  });

  test('of which a document was changed meanwhile show only what still holds', async () => {
    const id = await add(anna, { title: 'Fleeting', text: 'The fleet of it is at anchor today.\n' });

    // Replaced by another text while the model writes about the first one.
    model.script(['The fleet is', ' at anchor', ' today', ' [1].'], { delayMs: 400 });
    const before = model.requests.length;
    const asked = askWhole(anna, 'Where is the fleet?', { documentIds: [id] });
    await until(() => model.requests.length > before, 'the model to be asked');
    await lectern.postgres.psql(lectern.database, `update texts set
      bytes = convert_to('Another text has taken its place by now.', 'UTF8')
      where document = '${id}'`);
    const { json } = await asked;

    assert.deepEqual(json.citations, []);
  });
});
