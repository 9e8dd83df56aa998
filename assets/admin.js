/*
 * The administration's first page: what there is, and what is done with it
 * day by day.
 */
import './shell.js';
import { readUsage } from './admin-api.js';
import { make, part, say } from './dom.js';
import { plot } from './plot.js';
import { load, text } from './texts.js';
import { dayWords, numberWords, sizeWords } from './words.js';

/* Each plot, with its series of a day from the bottom. */
const PLOTS = {
  questions: ({ questions }) => ({ questions }),
  answers: ({ answers: { complete, unanswered, stopped, failed } }) => ({ complete, unanswered, stopped, failed }),
  tokens: ({ inputTokens, outputTokens }) => ({ inputTokens, outputTokens }),
  signIns: ({ signIns, signInsFailed }) => ({ signIns, signInsFailed }),
  newUsers: ({ newUsers }) => ({ newUsers }),
  documents: ({ documents, documentsFailed }) => ({ documents, documentsFailed }),
};

const TOTALS = ['users', 'disabled', 'sessions', 'conversations', 'documents', 'sharedDocuments', 'bytes',
  'databaseBytes'];

const figures = part(document, 'figures');
const period = part(document, 'period');

function fact(term, words) {
  return make('div', {}, make('dt', {}, term), make('dd', {}, words));
}

function showTotals(totals) {
  part(document, 'totals').replaceChildren(...TOTALS.map((name) => fact(text(`admin.total.${name}`),
    /bytes/i.test(name) ? sizeWords(totals[name]) : numberWords(totals[name]))));
}

/* A column for each series, a row for each day, the newest first. */
function showTable(days) {
  const kinds = Object.entries(PLOTS);
  const heads = kinds.map(([name, valuesOf]) => make('th',
    { scope: 'colgroup', colspan: Object.keys(valuesOf(days[0])).length }, text(`admin.plot.${name}`)));
  const series = kinds.flatMap(([, valuesOf]) => Object.keys(valuesOf(days[0])));
  const row = (day) => make('tr', {}, make('th', { scope: 'row' }, dayWords(day.day)),
    ...kinds.flatMap(([, valuesOf]) => Object.values(valuesOf(day)))
      .map((value) => make('td', {}, numberWords(value))));
  part(document, 'table').replaceChildren(
    make('thead', {}, make('tr', {}, make('td', {}), ...heads),
      make('tr', {}, make('td', {}), ...series.map((name) => make('th', { scope: 'col' }, text(`admin.series.${name}`))))),
    make('tbody', {}, ...days.toReversed().map(row)));
}

function showErrors(errors) {
  part(document, 'no-errors').hidden = errors.length > 0;
  part(document, 'errors').replaceChildren(...errors.map(({ code, count }) =>
    fact(make('code', {}, code), numberWords(count))));
}

async function show() {
  const problem = part(document, 'problem');
  figures.setAttribute('aria-busy', 'true');
  problem.hidden = true;
  try {
    const { days, errors, totals } = await readUsage(period.elements.namedItem('days').value);
    showTotals(totals);
    part(document, 'plots').replaceChildren(...Object.entries(PLOTS).map(([name, valuesOf]) =>
      plot(name, days.map((day) => ({ label: dayWords(day.day), values: valuesOf(day) })))));
    showTable(days);
    showErrors(errors);
    figures.removeAttribute('aria-busy');
  } catch (error) {
    say(part(problem, 'problem-words'), error.message);
    problem.hidden = false;
  }
}

await load('admin');
period.addEventListener('change', show);
part(document, 'again').addEventListener('click', show);
addEventListener('lectern:back', show);
show();
