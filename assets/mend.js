/*
 * What has come of a text that is still being written, in a form that does
 * not change its looks with the next letters: a beginning that could become
 * anything (a marker, a table's first line, half a link) waits, and emphasis
 * that is open is closed.
 */
const FENCE = /^ {0,3}(?:```|~~~)/gm;

/* Whether the end of the text lies within a block of code. */
function isInCode(text) {
  return (text.match(FENCE) ?? []).length % 2 === 1;
}

/* The last paragraph, where what is open is open. */
function tailOf(text) {
  return text.slice(text.lastIndexOf('\n\n') + 1);
}

function closed(text) {
  const tail = tailOf(text).replace(/\\./g, '');
  const ticks = (tail.match(/`/g) ?? []).length;
  if (ticks % 2 === 1)
    return `${text}\``;
  const stars = (tail.match(/\*\*/g) ?? []).length;
  return stars % 2 === 1 ? `${text.replace(/\*+$/, (run) => run.slice(0, run.length % 2))}**` : text;
}

export function mend(text) {
  if (isInCode(text))
    return text.replace(/\n[ \t]*[`~]{1,3}$/, '');
  const sure = text
    /* A line of marks alone: a list, a rule, a heading under its words */
    .replace(/(^|\n)[ \t]*(?:[-=*+_]{1,3}|#{1,6}|>|\d{1,3}[.)]?|[`~]{1,3})[ \t]*$/, '$1')
    /* A table, before the line under its head is there */
    .replace(/(^|\n)\|[^\n]*(?:\n\|?[-:| \t]*)?$/, (rows, before, at) =>
      /\n[ \t]*\|[-:| \t]+\|[ \t]*\n/.test(tailOf(text.slice(0, at + rows.length))) ? rows : before)
    /* Half of a citation's marker, half of a link */
    .replace(/ ?\[\d{0,3}$/, '')
    .replace(/!?\[([^\]\n]*)\]\([^)\n]*$/, '$1');
  const tail = tailOf(sure);
  const hasEmptyStars = /(?:^|\s)\*{1,2}$/.test(tail);
  return closed(hasEmptyStars ? sure.replace(/\*{1,2}$/, '') : sure);
}
