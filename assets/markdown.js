/*
 * Markdown of an answer on the page. The text comes from a model or from
 * documents and is not trusted: raw HTML stays text, images become their
 * words, link definitions ("[1]: http://…", which would turn a citation's
 * marker into a link) are not known, and elements.js makes but a short list of
 * elements. Nothing remote is ever loaded.
 *
 * A streamed text is rendered again and again; what did not change keeps its
 * elements (morph.js), so that a selection or an open card survives.
 */
import { make } from './dom.js';
import { elementsOf } from './elements.js';
import { Marked } from './marked.esm.js';
import { formulas } from './maths.js';
import { mend } from './mend.js';
import { morph } from './morph.js';

/* Deeper quotes are shown at this depth: every level costs a whole reading. */
const DEEP_QUOTES = /^((?:[ \t]*>){12})(?:[ \t]*>)+/gm;

/* "[1]" where a citation is meant; a document's own brackets come escaped.
   The blank before it goes, or the number could begin a line of its own. */
const marker = {
  name: 'marker',
  level: 'inline',
  start: (source) => source.match(/ ?\[\d{1,3}\]/)?.index,
  tokenizer(source) {
    const match = /^ ?\[(\d{1,3})\]/.exec(source);
    return match ? { type: 'marker', raw: match[0], number: Number(match[1]) } : undefined;
  },
};

function nothing() {
  return undefined;
}

const marked = new Marked({
  gfm: true,
  extensions: [marker, ...formulas],
  tokenizer: { html: nothing, tag: nothing, def: nothing, reflink: nothing },
});

/* The blocks of the text; one of plain text when it defeats the reader. */
function blocksOf(text) {
  try {
    return marked.lexer(text.replace(DEEP_QUOTES, '$1'))
      .filter((token) => token.type !== 'space');
  } catch {
    return [{ type: 'plain', raw: text }];
  }
}

function contentOf(token, markFor) {
  try {
    if (token.type !== 'plain')
      return elementsOf([token], { markFor });
  } catch {
    /* Nested beyond reason: shown as it was written */
  }
  return make('p', { class: 'plain' }, token.raw);
}

export class Prose {
  #host;
  #markFor;
  #blocks = [];

  /* `markFor(n)` makes the element for a marker. */
  constructor(host, markFor) {
    this.#host = host;
    this.#markFor = markFor;
  }

  #element(token) {
    const block = make('div', { class: 'block', dir: 'auto' }, contentOf(token, this.#markFor));
    block.normalize();
    return block;
  }

  /* Shows the text, or what has come of it while it `isGrowing`. */
  render(text, { isGrowing = false } = {}) {
    const tokens = blocksOf(isGrowing ? mend(text) : text);
    tokens.forEach((token, i) => {
      const block = this.#blocks[i];
      if (block?.raw === token.raw)
        return;
      const element = this.#element(token);
      if (block) {
        morph(block.element, element);
        block.raw = token.raw;
      } else {
        this.#host.append(element);
        this.#blocks.push({ raw: token.raw, element });
      }
    });
    for (const { element } of this.#blocks.splice(tokens.length))
      element.remove();
  }
}
