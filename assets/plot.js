/*
 * A small plot: bars a day, its series one upon the other. The picture is for
 * the eye; its label says what it shows, and the page has the figures as a
 * table.
 */
import { copyOf, make, part } from './dom.js';
import { text } from './texts.js';
import { numberWords } from './words.js';

const SVG = 'http://www.w3.org/2000/svg';
const WIDTH = 10;		/* of a day, in units of the drawing */
const GAP = 2;
const HEIGHT = 100;

function shape(tag, attributes, ...content) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes))
    element.setAttribute(name, value);
  element.append(...content);
  return element;
}

function bars({ label, values }, n, most) {
  let top = HEIGHT;
  const said = Object.entries(values).map(([name, value]) =>
    `${text(`admin.series.${name}`)}: ${numberWords(value)}`);
  const parts = Object.values(values).map((value, i) => {
    const height = HEIGHT * value / most;
    top -= height;
    return shape('rect', { class: `bar bar-${i}`, x: n * WIDTH + GAP / 2, width: WIDTH - GAP, y: top, height });
  });
  return shape('g', {}, shape('title', {}, `${label}\n${said.join('\n')}`), ...parts);
}

/*
 * The figure: `days` is [{label, values: {series: number}}], the oldest first;
 * `name` its name among the texts (admin.plot.*, admin.series.*).
 */
export function plot(name, days) {
  const figure = copyOf('plot-template');
  const sums = days.map(({ values }) => Object.values(values).reduce((sum, value) => sum + value, 0));
  const most = Math.max(...sums, 0);
  const total = numberWords(sums.reduce((sum, value) => sum + value, 0));
  const title = text(`admin.plot.${name}`);
  const series = Object.keys(days[0]?.values ?? {});

  part(figure, 'name').textContent = title;
  part(figure, 'total').textContent = total;
  part(figure, 'first').textContent = days[0]?.label ?? '';
  part(figure, 'last').textContent = days.at(-1)?.label ?? '';
  part(figure, 'most').textContent = text('admin.plotMost', { most: numberWords(most) });
  part(figure, 'picture').append(shape('svg', {
    class: 'plot-bars', role: 'img', viewBox: `0 0 ${days.length * WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none',
    'aria-label': text('admin.plotLabel', { name: title, total, days: days.length, most: numberWords(most) }),
  }, ...days.map((day, n) => bars(day, n, most || 1))));
  part(figure, 'key').hidden = series.length < 2;
  part(figure, 'key').append(...series.map((one, i) => make('li', {},
    make('span', { class: `key key-${i}`, 'aria-hidden': 'true' }), text(`admin.series.${one}`))));
  return figure;
}
