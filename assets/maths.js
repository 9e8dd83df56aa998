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

const inline = {
  name: 'formula',
  level: 'inline',
  start: (source) => source.match(/\$|\\\(/)?.index,
  tokenizer(source) {
    const at = SHAPES.findIndex((shape) => shape.test(source));
    if (at < 0)
      return undefined;
    const [raw, formula] = SHAPES[at].exec(source);
    return at === 2 && !FORMULA.test(formula) ? undefined
      : { type: 'formula', raw, formula: formula.trim() };
  },
};

const block = {
  name: 'formulaBlock',
  level: 'block',
  start: (source) => source.match(/^(?:\$\$|\\\[)/m)?.index,
  tokenizer(source) {
    const match = /^(?:\$\$([^$]{1,4000}?)\$\$|\\\[(?!\d+\\\])([\s\S]{1,4000}?)\\\])[ \t]*(?:\n|$)/.exec(source);
    if (!match)
      return undefined;
    const formula = (match[1] ?? match[2]).trim();
    return FORMULA.test(formula) ? { type: 'formulaBlock', raw: match[0], formula } : undefined;
  },
};

export const formulas = [inline, block];
