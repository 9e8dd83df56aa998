/*
 * The line at the bottom that tells what was done and takes it back. It takes
 * the focus, which was on what has just gone, and stays as long as the focus
 * or the pointer is in it, and twenty seconds more.
 */
import { part } from './dom.js';

const STAY_MS = 20_000;

const bar = part(document, 'snackbar');
let leaving = 0;
let undo = null;
let settle = null;
let whereNext = null;

function isHeld() {
  return bar.matches(':hover') || bar.contains(document.activeElement);
}

function stay() {
  clearTimeout(leaving);
  if (!isHeld())
    leaving = setTimeout(hideSnackbar, STAY_MS);
}

export function hideSnackbar() {
  const hadFocus = bar.contains(document.activeElement);
  clearTimeout(leaving);
  bar.hidden = true;
  if (hadFocus)
    (whereNext?.() ?? part(document, 'heading')).focus();
  conclude();
}

/* From here on nothing can be taken back. */
function conclude() {
  const act = settle;
  undo = settle = null;
  act?.();
}

/*
 * One of `takeBack` and `settled` is called, once: the latter when the line
 * goes, or another one takes its place. `next` tells what the focus goes to.
 */
export function offerUndo(words, takeBack, next, settled = null) {
  conclude();
  undo = takeBack;
  settle = settled;
  whereNext = next;
  part(bar, 'snackbar-words').textContent = words;
  bar.hidden = false;
  part(bar, 'undo').focus();
  stay();
}

export function startSnackbar() {
  for (const type of ['pointerleave', 'focusout'])
    bar.addEventListener(type, () => setTimeout(stay));
  for (const type of ['pointerenter', 'focusin'])
    bar.addEventListener(type, () => clearTimeout(leaving));
  bar.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape')
      return;
    event.preventDefault();
    hideSnackbar();
  });
  part(bar, 'snackbar-close').addEventListener('click', hideSnackbar);
  part(bar, 'undo').addEventListener('click', () => {
    const act = undo;
    settle = null;
    hideSnackbar();
    act?.();
  });
}
