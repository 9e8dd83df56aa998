/*
 * Deleting a conversation: it leaves the list at once, and the server when it
 * can no longer be taken back, which is when the line that offers it goes or
 * the page does.
 *
 *	offered -> taken back | deleted (-> refused: shown again)
 *
 * The open conversation takes its page along: the next page offers it. What
 * that page has to know is written down before this one goes, whose end may
 * come after the other's beginning.
 */
import { deleteConversation } from './api.js';
import { part, say } from './dom.js';
import { DELETED, putBack, takeOut, tell, titleOf } from './rail.js';
import { hideSnackbar, offerUndo, startSnackbar } from './snackbar.js';
import { text } from './texts.js';

const TITLE_LENGTH = 40;		/* shown of one, in characters */

const rail = document.getElementById('rail');
let isLeaving = false;

/* Whether there was a place to write it; null for nothing. */
function leaveWord(word) {
  try {
    sessionStorage.setItem(DELETED, JSON.stringify(word));
    return true;
  } catch {
    return false;
  }
}

/* Where it can be seen: in the rail, or while that is away on the page. */
function placeSnackbar() {
  const bar = part(document, 'snackbar');
  const host = rail.checkVisibility() ? rail : document.getElementById('main');
  if (bar.parentElement !== host)
    host.append(bar);
}

async function deleteForGood(conversation, among) {
  try {
    await deleteConversation(conversation.id);
  } catch (error) {
    /* A page that goes hears of no answer; the request goes on without it */
    if (error.status === 404 || isLeaving)
      return;
    leaveWord(null);
    await putBack(conversation, among);
    say(part(rail, 'rail-error'), error.message);
  }
}

function shortTitle(conversation) {
  const characters = [...titleOf(conversation)];
  return characters.length <= TITLE_LENGTH ? characters.join('')
    : `${characters.slice(0, TITLE_LENGTH - 1).join('').trimEnd()}…`;
}

function offer(conversation, takeBack, next, among) {
  placeSnackbar();
  offerUndo(text('rail.deleted', { title: shortTitle(conversation) }), takeBack,
    next, () => deleteForGood(conversation, among));
}

export function remove(id) {
  const search = part(rail, 'rail-search').elements.namedItem('words');
  const { conversation, among, next } = takeOut(id);
  offer(conversation, async () => {
    leaveWord(null);
    (await putBack(conversation, among) ?? search).focus();
    part(rail, 'rail-status').textContent = text('rail.back', { title: shortTitle(conversation) });
  }, () => (next.isConnected ? next : search), among);
  leaveWord({ conversation, isDue: false });
}

/* Resolves when the page may go. */
export async function removeOpen(conversation) {
  hideSnackbar();
  if (!leaveWord({ conversation, isDue: true }))
    await deleteForGood(conversation, '');
  tell('lectern:deleted', { id: conversation.id });
}

/* The one that was open on the page before. */
export function offerFormer(conversation) {
  offer(conversation, () => {
    leaveWord(null);
    location.assign(`/chat/${encodeURIComponent(conversation.id)}`);
  }, () => part(document, 'composer').elements.namedItem('message'), '');
  leaveWord({ conversation, isDue: false });
}

startSnackbar();
addEventListener('lectern:folded', placeSnackbar);
rail.addEventListener('toggle', (event) => event.target === rail && placeSnackbar());
addEventListener('pagehide', () => {
  isLeaving = true;
  hideSnackbar();
});
addEventListener('pageshow', () => { isLeaving = false; });
addEventListener('visibilitychange', () => document.hidden && hideSnackbar());
