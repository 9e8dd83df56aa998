/*
 * Tokens of Markdown (as marked's lexer gives them) to elements. Nothing goes
 * by way of HTML: elements are made by the names that stand here, words are
 * set as text, and the one attribute that a text can fill is the address of a
 * link. A token of any other type is shown as it was written.
 */
import { copyOf, make, part } from './dom.js';
import { text as words } from './texts.js';

const ADDRESS = /^(?:https?:\/\/|mailto:)/i;
const LANGUAGE = /^[\w+#.-]{1,24}(?=\s|$)/;
const ENTITY = /&(?:#\d{1,7}|#x[\da-f]{1,6}|[a-z]\w{1,30});/gi;

/* Its value is text, whatever it is given. */
const decoder = document.createElement('textarea');

function decoded(text) {
  return text.replace(ENTITY, (entity) => {
    decoder.innerHTML = entity;
    return decoder.value;
  });
}

/* Blocks that may be wider than the page scroll by themselves and by keyboard. */
function codeBlock({ text, lang = '' }) {
  const frame = copyOf('code-template');
  const language = LANGUAGE.exec(lang)?.[0] ?? '';
  part(frame, 'code-language').textContent = language;
  frame.append(make('pre', {
    dir: 'ltr', tabindex: 0, role: 'group', 'aria-label': words('chat.codeOf', { language }).trim(),
  }, make('code', {}, text)));
  return frame;
}

function tableBlock({ header, rows }, context) {
  const row = (cells, tag) => make('tr', {}, ...cells.map(({ tokens, align }) =>
    make(tag, { align: align ?? false }, elementsOf(tokens, context))));
  const frame = copyOf('table-template');
  frame.append(make('table', {}, make('thead', {}, row(header, 'th')),
    make('tbody', {}, ...rows.map((cells) => row(cells, 'td')))));
  return frame;
}

function list({ ordered, start, items }, context) {
  return make(ordered ? 'ol' : 'ul', { start: ordered && start !== 1 ? start : false },
    ...items.map(({ tokens }) => make('li', {}, elementsOf(tokens, context))));
}

function link({ href, tokens }, context) {
  const address = decoded(href);
  const content = elementsOf(tokens, { ...context, isInLink: true });
  return ADDRESS.test(address)
    ? make('a', { href: address, rel: 'noopener noreferrer nofollow', target: '_blank' }, content)
    : content;
}

function around(tag) {
  return ({ tokens }, context) => make(tag, {}, elementsOf(tokens, context));
}

const MAKERS = {
  blockquote: around('blockquote'),
  br: () => make('br'),
  checkbox: ({ checked }) => (checked ? '☑ ' : '☐ '),
  code: codeBlock,
  codespan: ({ text }) => make('code', {}, text),
  del: around('del'),
  em: around('em'),
  escape: ({ text }) => text,
  formula: ({ formula }) => make('var', {}, formula),
  formulaBlock: ({ formula }) => make('p', {}, make('var', {}, formula)),
  /* The page has headings of two levels above an answer. */
  heading: ({ tokens, depth }, context) =>
    make(`h${Math.max(depth, 3)}`, {}, elementsOf(tokens, context)),
  hr: () => make('hr'),
  image: ({ text }) => decoded(text),
  link,
  list,
  marker: ({ raw, number }, { markFor, isInLink }) => (isInLink ? raw : markFor(number)),
  paragraph: around('p'),
  space: () => '',
  strong: around('strong'),
  table: tableBlock,
  text: ({ text, tokens }, context) => (tokens ? elementsOf(tokens, context) : decoded(text)),
};

/*
 * A fragment with the elements of the tokens. `context.markFor(n)` makes the
 * element for a citation's marker; within a link markers stay words.
 */
export function elementsOf(tokens, context) {
  const fragment = document.createDocumentFragment();
  fragment.append(...tokens.map((token) =>
    (Object.hasOwn(MAKERS, token.type) ? MAKERS[token.type](token, context) : token.raw)));
  return fragment;
}
