/*
 * What the page says while the server cannot be had: offline, waking up,
 * back again. One banner, which is a live region; the page below stays as it
 * is, and nothing typed is lost.
 *
 *	offline -> online: "back", for a moment; the window hears
 *	"lectern:back", so that a page may read again what it missed
 */
import { say } from './dom.js';
import { text } from './texts.js';

const BACK_MS = 3000;

let isAway = false;
let fading = 0;

function show(words) {
  const banner = document.querySelector('[data-banner]');
  clearTimeout(fading);
  if (banner)
    say(banner, words);
}

function away(words) {
  isAway = true;
  show(words);
}

function back() {
  if (!isAway)
    return;
  isAway = false;
  show(text('state.back'));
  fading = setTimeout(() => show(''), BACK_MS);
  window.dispatchEvent(new CustomEvent('lectern:back'));
}

window.addEventListener('offline', () => away(text('state.offline')));
window.addEventListener('online', back);
window.addEventListener('lectern:waiting', ({ detail }) => away(navigator.onLine ? detail : text('state.offline')));
window.addEventListener('lectern:answered', back);
if (!navigator.onLine)
  away(text('state.offline'));
