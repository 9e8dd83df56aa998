/*
 * What is said of a link of a mail that has come to nothing, by the code that
 * the server puts into the address it leads to (`?error=CODE`).
 */
import { text } from './texts.js';

const TOLD = ['INVALID_TOKEN', 'TOKEN_EXPIRED', 'INVALID_USER', 'USER_NOT_FOUND'];

/* The words for the page's own address; '' when nothing went wrong. */
export function linkTrouble() {
  const code = new URLSearchParams(location.search).get('error');
  if (code === null)
    return '';
  return text(TOLD.includes(code) ? `link.${code}` : 'link.broken');
}
