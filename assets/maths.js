/*
 * Formulas in Markdown. They are not typeset but left as they were written,
 * so that a reader sees a_1 * b_2 and \frac{a}{b} instead of what emphasis and
 * escapes would make of them. Deliberately missing: a typesetter.
 *
 * $$…$$ and \(…\) are formulas; \[…\] is one when it stands alone on its lines
 * and looks like one, because a document's own brackets come escaped; $…$ when
 * it looks like one, because prices do not.
 */
const FORMULA = /[\\^_=]|^[A-Za-z]$/;
const SHAPES = [
  /^\$\$([^$]{1,2000}?)\$\$/,
  /^\\\(([^\n]{1,500}?)\\\)/,
  /^\$(?![\s$])([^$\n]{1,500}?)(?<!\s)\$(?!\d)/,
];

function escape(text) {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

const inline = {
  name: 'formula',
  level: 'inline',
  start: (source) => source.match(/\$|\\\(/)?.index,
  tokenizer(source) {
    const at = SHAPES.findIndex((shape) => shape.test(source));
    if (at < 0)
      return undefined;
    const [raw, words] = SHAPES[at].exec(source);
    return at === 2 && !FORMULA.test(words) ? undefined : { type: 'formula', raw, words };
  },
  renderer: ({ words }) => `<var>${escape(words.trim())}</var>`,
};

const block = {
  name: 'formulaBlock',
  level: 'block',
  start: (source) => source.match(/^(?:\$\$|\\\[)/m)?.index,
  tokenizer(source) {
    const match = /^(?:\$\$([^$]{1,4000}?)\$\$|\\\[(?!\d+\\\])([\s\S]{1,4000}?)\\\])[ \t]*(?:\n|$)/.exec(source);
    if (!match)
      return undefined;
    const words = match[1] ?? match[2];
    return FORMULA.test(words.trim())
      ? { type: 'formulaBlock', raw: match[0], words } : undefined;
  },
  renderer: ({ words }) => `<p><var>${escape(words.trim())}</var></p>\n`,
};

export const formulas = [inline, block];
