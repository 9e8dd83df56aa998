/*
 * Markdown of an answer to elements. The text comes from a model or from
 * documents and is not trusted: raw HTML stays text, images become their
 * words, link definitions ("[1]: http://…", which would turn a citation's
 * marker into a link) are not known, and what is left passes a sanitiser
 * with a short list of elements. Nothing remote is ever loaded.
 *
 * A streamed text is rendered again and again; blocks that did not change
 * keep their elements, so that a selection or an open card survives.
 */
import { Marked } from './marked.esm.js';
import './purify.min.js';

/* A classic script that the npm package brings in small form; it names itself. */
const { DOMPurify } = globalThis;

const ALLOWED = {
  ALLOWED_TAGS: ['a', 'blockquote', 'br', 'code', 'del', 'em', 'h3', 'h4', 'h5', 'h6', 'hr', 'li',
    'ol', 'p', 'pre', 'strong', 'sup', 'table', 'tbody', 'td', 'th', 'thead', 'tr', 'ul'],
  ALLOWED_ATTR: ['href', 'start', 'align'],
  ALLOWED_URI_REGEXP: /^(?:https?:\/\/|mailto:)/i,
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  RETURN_DOM_FRAGMENT: true,
};

/* "[1]" where a citation is meant; a document's own brackets come escaped.
   The blank before it goes, or the number could begin a line of its own. */
const marker = {
  name: 'marker',
  level: 'inline',
  start: (source) => source.match(/ ?\[\d{1,3}\]/)?.index,
  tokenizer(source) {
    const match = /^ ?\[(\d{1,3})\]/.exec(source);
    return match ? { type: 'marker', raw: match[0], number: match[1] } : undefined;
  },
  renderer: ({ number }) => `<sup>${number}</sup>`,
};

function escape(text) {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

function nothing() {
  return undefined;
}

const marked = new Marked({
  gfm: true,
  extensions: [marker],
  tokenizer: { html: nothing, tag: nothing, def: nothing, reflink: nothing },
  renderer: {
    heading({ tokens, depth }) {
      const level = Math.max(depth, 3);
      return `<h${level}>${this.parser.parseInline(tokens)}</h${level}>\n`;
    },
    image({ text }) {
      return escape(text);
    },
  },
});

DOMPurify.addHook('afterSanitizeAttributes', (element) => {
  if (element.tagName === 'A' && element.hasAttribute('href')) {
    element.setAttribute('rel', 'noopener noreferrer nofollow');
    element.setAttribute('target', '_blank');
  }
});

/* Each "[1]" becomes what `markFor(1)` makes; in a link it stays text. */
function placeMarks(root, markFor) {
  for (const place of root.querySelectorAll('sup')) {
    const number = place.textContent;
    place.replaceWith(place.closest('a') ? `[${number}]` : markFor(Number(number)));
  }
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
    const block = document.createElement('div');
    block.className = 'block';
    block.append(DOMPurify.sanitize(marked.parser([token]), ALLOWED));
    placeMarks(block, this.#markFor);
    return block;
  }

  /* Shows the text, or what has come of it. */
  render(text) {
    const tokens = marked.lexer(text).filter((token) => token.type !== 'space');
    let same = 0;
    while (same < tokens.length && this.#blocks[same]?.raw === tokens[same].raw)
      same++;
    for (const { element } of this.#blocks.splice(same))
      element.remove();
    for (const token of tokens.slice(same)) {
      const element = this.#element(token);
      this.#host.append(element);
      this.#blocks.push({ raw: token.raw, element });
    }
  }
}
