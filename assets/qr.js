/*
 * A text as a QR code (ISO/IEC 18004), drawn as an element of the page. Black
 * on white in dark mode too, with the quiet zone of four modules that the
 * standard asks for: not every camera reads it the other way round.
 */
import { encode } from './uqr.mjs';

const SVG = 'http://www.w3.org/2000/svg';
const QUIET = 4;

function shape(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes))
    element.setAttribute(key, value);
  return element;
}

/* An <svg> that is an image called `label`; each dark module is a square of
   one unit, and (0, 0) the corner of the code itself. */
export function qrCode(text, label) {
  const { size, data } = encode(text, { ecc: 'M', border: 0 });
  const side = size + 2 * QUIET;
  const squares = data.flatMap((row, y) => row.flatMap((isDark, x) =>
    (isDark ? `M${x} ${y}h1v1h-1z` : [])));
  const svg = shape('svg', { viewBox: `${-QUIET} ${-QUIET} ${side} ${side}`, role: 'img',
    'aria-label': label, class: 'qr', 'shape-rendering': 'crispEdges' });
  svg.append(shape('rect', { x: -QUIET, y: -QUIET, width: side, height: side, fill: '#fff' }),
    shape('path', { d: squares.join(''), fill: '#000' }));
  return svg;
}
