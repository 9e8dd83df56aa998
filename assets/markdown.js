/*
 * Markdown of an answer to elements. The text comes from a model or from
 * documents and is not trusted: raw HTML stays text, images become their
 * words, link definitions ("[1]: http://…", which would turn a citation's
 * marker into a link) are not known, and what is left passes a sanitiser
 * with a short list of elements. Nothing remote is ever loaded.
 *
 * A streamed text is rendered again and again; what did not change keeps its
 * elements (morph.js), so that a selection or an open card survives.
 */
import { copyOf, part } from './dom.js';
import { Marked } from './marked.esm.js';
import { formulas } from './maths.js';
import { mend } from './mend.js';
import { morph } from './morph.js';
import { text as words } from './texts.js';
import './purify.min.js';

/* A classic script that the npm package brings in small form; it names itself. */
const { DOMPurify } = globalThis;

const ALLOWED = {
  ALLOWED_TAGS: ['a', 'blockquote', 'br', 'code', 'del', 'em', 'h3', 'h4', 'h5', 'h6', 'hr', 'li',
    'ol', 'p', 'pre', 'strong', 'sup', 'table', 'tbody', 'td', 'th', 'thead', 'tr', 'ul', 'var'],
  ALLOWED_ATTR: ['href', 'start', 'align', 'class'],
  ALLOWED_URI_REGEXP: /^(?:https?:\/\/|mailto:)/i,
  ADD_URI_SAFE_ATTR: ['align', 'start'],
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  RETURN_DOM_FRAGMENT: true,
};
const LANGUAGE = /^language-([\w+#.-]{1,24})$/;

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
  extensions: [marker, ...formulas],
  tokenizer: { html: nothing, tag: nothing, def: nothing, reflink: nothing },
  renderer: {
    heading({ tokens, depth }) {
      const level = Math.max(depth, 3);
      return `<h${level}>${this.parser.parseInline(tokens)}</h${level}>\n`;
    },
    image({ text }) {
      return escape(text);
    },
    checkbox({ checked }) {
      return checked ? '☑ ' : '☐ ';
    },
  },
});

DOMPurify.addHook('afterSanitizeAttributes', (element) => {
  if (element.tagName === 'A' && element.hasAttribute('href')) {
    element.setAttribute('rel', 'noopener noreferrer nofollow');
    element.setAttribute('target', '_blank');
  }
  if (element.hasAttribute('class')
    && (element.tagName !== 'CODE' || !LANGUAGE.test(element.className)))
    element.removeAttribute('class');
});

/* Each "[1]" becomes what `markFor(1)` makes; in a link it stays text. */
function placeMarks(root, markFor) {
  for (const place of root.querySelectorAll('sup')) {
    const number = place.textContent;
    place.replaceWith(place.closest('a') ? `[${number}]` : markFor(Number(number)));
  }
}

/* Code gets its language and a button that copies it; wide things scroll by
   themselves and by keyboard. */
function dress(root) {
  for (const pre of root.querySelectorAll('pre')) {
    const frame = copyOf('code-template');
    const language = LANGUAGE.exec(pre.firstElementChild?.className ?? '')?.[1] ?? '';
    part(frame, 'code-language').textContent = language;
    pre.dir = 'ltr';
    pre.tabIndex = 0;
    pre.setAttribute('role', 'group');
    pre.setAttribute('aria-label', words('chat.codeOf', { language }).trim());
    pre.replaceWith(frame);
    frame.append(pre);
  }
  for (const table of root.querySelectorAll('table')) {
    const frame = copyOf('table-template');
    table.replaceWith(frame);
    frame.append(table);
  }
}

function plain(text) {
  const paragraph = document.createElement('p');
  paragraph.className = 'plain';
  paragraph.textContent = text;
  return paragraph;
}

/* The blocks of the text; one of plain text when it defeats the reader. */
function blocksOf(text) {
  try {
    return marked.lexer(text.replace(DEEP_QUOTES, '$1'))
      .filter((token) => token.type !== 'space');
  } catch {
    return [{ type: 'plain', raw: text }];
  }
}

function contentOf(token) {
  try {
    if (token.type !== 'plain')
      return DOMPurify.sanitize(marked.parser([token]), ALLOWED);
  } catch {
    /* Nested beyond reason: shown as it was written */
  }
  return plain(token.raw);
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
    block.dir = 'auto';
    block.append(contentOf(token));
    placeMarks(block, this.#markFor);
    dress(block);
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
