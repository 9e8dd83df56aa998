/*
 * The page's one polite live region: short sentences about what has just been
 * done, and an answer once it is finished, never while it grows.
 */
import { part } from './dom.js';

const region = part(document, 'announcer');

export function announce(words) {
  region.textContent = words;
}
