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
import DOMPurify from './purify.es.mjs';

const ALLOWED = {
  ALLOWED_TAGS: ['a', 'blockquote', 'br', 'code', 'del', 'em', 'h3', 'h4', 'h5', 'h6', 'hr', 'li',
    'ol', 'p', 'pre', 'strong', 'table', 'tbody', 'td', 'th', 'thead', 'tr', 'ul'],
  ALLOWED_ATTR: ['href', 'start', 'align'],
  ALLOWED_URI_REGEXP: /^(?:https?:\/\/|mailto:)/i,
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  RETURN_DOM_FRAGMENT: true,
};

const MARKER = /\[(\d{1,3}(?:\s*,\s*\d{1,3})*)\]/g;

function escape(text) {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

function nothing() {
  return undefined;
}

const marked = new Marked({
  gfm: true,
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

/* Text nodes that may hold markers: not those of code or links. */
function proseNodes(root) {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT, {
    acceptNode(node) {
      if (node.nodeType === Node.TEXT_NODE)
        return NodeFilter.FILTER_ACCEPT;
      return /^(A|CODE|PRE)$/.test(node.tagName) ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_SKIP;
    },
  });
  const nodes = [];
  while (walker.nextNode())
    nodes.push(walker.currentNode);
  return nodes;
}

/* Puts chips where "[1]" or "[1, 2]" stands; `chipFor(n)` may say null. */
function placeChips(root, chipFor) {
  for (const node of proseNodes(root)) {
    const pieces = [];
    let from = 0;
    for (const match of node.data.matchAll(MARKER)) {
      const chips = match[1].split(',').map((number) => chipFor(Number(number)));
      if (chips.includes(null))
        continue;
      /* The blank before a marker would let it begin a line of its own */
      pieces.push(node.data.slice(from, match.index).replace(/[ \t]+$/, ''), ...chips);
      from = match.index + match[0].length;
    }
    if (pieces.length > 0)
      node.replaceWith(...pieces, node.data.slice(from));
  }
}

export class Prose {
  #host;
  #chipFor;
  #blocks = [];

  constructor(host, chipFor) {
    this.#host = host;
    this.#chipFor = chipFor;
  }

  #element(token) {
    const block = document.createElement('div');
    block.className = 'block';
    block.append(DOMPurify.sanitize(marked.parser([token]), ALLOWED));
    placeChips(block, this.#chipFor);
    return block;
  }

  /* Shows the text; `again` also renders blocks whose source is the same. */
  render(text, { again = false } = {}) {
    const tokens = marked.lexer(text).filter((token) => token.type !== 'space');
    if (again)
      this.#clear(0);
    let same = 0;
    while (same < tokens.length && this.#blocks[same]?.raw === tokens[same].raw)
      same++;
    this.#clear(same);
    for (const token of tokens.slice(same)) {
      const element = this.#element(token);
      this.#host.append(element);
      this.#blocks.push({ raw: token.raw, element });
    }
  }

  #clear(from) {
    for (const { element } of this.#blocks.splice(from))
      element.remove();
  }
}
