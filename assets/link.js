/*
 * What is said of a link of a mail that has come to nothing, by the code that
 * the server puts into the address it leads to (`?error=CODE`).
 */
const WORDS = {
  INVALID_TOKEN: 'This link has been used, or a newer one has been sent.',
  TOKEN_EXPIRED: 'This link is too old. It was good for one hour.',
  INVALID_USER: 'This link belongs to another account than the one you are signed in to.',
  USER_NOT_FOUND: 'The account of this link is not here any more.',
};

/* The words for the page's own address; '' when nothing went wrong. */
export function linkTrouble() {
  const code = new URLSearchParams(location.search).get('error');
  return code === null ? '' : WORDS[code] ?? 'This link does not work.';
}
