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
}

/* `takeBack` is called at most once; `next` tells what the focus goes to. */
export function offerUndo(words, takeBack, next) {
  undo = takeBack;
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
  bar.addEventListener('keydown', (event) => event.key === 'Escape' && hideSnackbar());
  part(bar, 'snackbar-close').addEventListener('click', hideSnackbar);
  part(bar, 'undo').addEventListener('click', () => {
    const act = undo;
    undo = null;
    hideSnackbar();
    act?.();
  });
}
