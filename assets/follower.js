/*
 * Where the page stands while an answer grows. It follows the answer until
 * its question reaches the top, and then leaves the text where it is, so that
 * it can be read; at the bottom it stays at the bottom. Whoever scrolls
 * elsewhere is left there, with a button that leads to the newest words.
 */
import { part } from './dom.js';

const NEAR_PX = 48;
const FAR_PX = 160;

const page = document.documentElement;
const button = part(document, 'newest');

let mode = 'off';		/* off, question, bottom */
let turn = null;		/* element that is followed */
let expected = 0;		/* where the last own scrolling led */

function below() {
  return page.scrollHeight - page.clientHeight - scrollY;
}

function told() {
  expected = scrollY;
  button.hidden = below() < FAR_PX;
}

function move() {
  if (mode === 'question')
    turn.scrollIntoView({ block: 'start', behavior: 'instant' });
  else if (mode === 'bottom')
    scrollTo({ top: page.scrollHeight, behavior: 'instant' });
  told();
}

/* Follows that turn from now on. */
export function follow(element) {
  turn = element;
  mode = 'question';
  move();
}

/* Something has grown. */
export function grown() {
  if (turn?.isConnected)
    move();
  else
    told();
}

/* The end of the page, as when a conversation is opened. */
export function toBottom() {
  scrollTo({ top: page.scrollHeight, behavior: 'instant' });
  told();
}

addEventListener('scroll', () => {
  const isOwn = Math.abs(scrollY - expected) < 2;
  if (!isOwn)
    mode = below() < NEAR_PX ? 'bottom' : 'off';
  told();
}, { passive: true });

addEventListener('resize', told, { passive: true });

button.addEventListener('click', () => {
  mode = 'bottom';
  scrollTo({ top: page.scrollHeight,
    behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'instant' : 'smooth' });
  button.hidden = true;
  part(document, 'composer').elements.namedItem('message').focus({ preventScroll: true });
});
