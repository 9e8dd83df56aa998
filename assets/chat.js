/*
 * The chat page: the list of conversations, the turns of one of them, and
 * the question box. /chat starts a conversation, /chat/ID shows one.
 *
 * An answer goes on when its reader leaves; one that is still being written
 * when the page opens is followed from its start.
 * Deliberately missing: renaming and deleting.
 */
import './shell.js';
import { ask, listConversations, listDocuments, readConversation, readDocument, resumeAnswer,
  stopAnswer } from './api.js';
import { watchChips } from './citation.js';
import { Composer } from './composer.js';
import { copyOf, part, say } from './dom.js';
import { openSlipsFrom } from './slip.js';
import { partsOf } from './stream.js';
import { Turn } from './turn.js';
import { countWords, dateWords } from './words.js';

const POLL_MS = 1500;
const STRAY_PX = 100;

const turns = part(document, 'turns');
const announcer = part(document, 'announcer');

let conversationId = decodeURIComponent(location.pathname.split('/')[2] ?? '');
let scope = [];			/* ids of the only documents to ask, or none */
let answering = null;		/* the AbortController of the running answer */

const composer = new Composer(conversationId || 'new', { ask: send, stop: stopRunning });

/* The list of conversations */

function conversationItem({ id, title, updatedAt }) {
  const item = copyOf('conversation-template');
  const link = part(item, 'link');
  link.href = `/chat/${encodeURIComponent(id)}`;
  if (id === conversationId)
    link.setAttribute('aria-current', 'page');
  part(item, 'link-title').textContent = title || 'Untitled';
  part(item, 'link-time').textContent = dateWords(updatedAt);
  part(item, 'link-time').dateTime = updatedAt;
  return item;
}

function showTitle(title) {
  part(document, 'title').textContent = title;
  document.title = `${title} · Lectern`;
}

async function showConversations(cursor) {
  const list = part(document, 'conversations');
  const more = part(document, 'conversations-more');
  const { conversations, nextCursor } = await listConversations(cursor);
  const items = conversations.map(conversationItem);
  const current = conversations.find(({ id }) => id === conversationId);
  if (current)
    showTitle(current.title);
  if (cursor)
    list.append(...items);
  else
    list.replaceChildren(...items);
  part(document, 'conversations-empty').hidden = list.children.length > 0;
  more.hidden = !nextCursor;
  more.onclick = () => showConversations(nextCursor).catch(() => {});
}

/* Turns */

/*
 * An answer is followed while it grows, but only until its question reaches
 * the top, and not once the reader has scrolled elsewhere.
 */
function show(turn) {
  turn.element.scrollIntoView({ block: 'start' });
}

function isShown(turn) {
  const page = document.documentElement;
  const above = turn.element.getBoundingClientRect().top
    - parseFloat(getComputedStyle(page).scrollPaddingTop)
    - parseFloat(getComputedStyle(turn.element).scrollMarginTop);
  const below = page.scrollHeight - page.clientHeight - scrollY;
  return Math.abs(Math.min(above, below)) < STRAY_PX;
}

function addTurn(question) {
  const turn = new Turn(question, askAgain);
  turns.append(turn.element);
  part(document, 'welcome').hidden = true;
  return turn;
}

function askAgain(turn) {
  if (answering)
    return;
  turn.element.remove();
  send(turn.question);
}

function enterConversation(id) {
  composer.accepted(id);
  if (id === conversationId)
    return;
  conversationId = id;
  history.replaceState(null, '', `/chat/${encodeURIComponent(id)}`);
  showConversations().catch(() => {});
}

function questionOf(turn) {
  const question = { message: turn.question };
  if (conversationId)
    question.conversationId = conversationId;
  if (scope.length > 0)
    question.documentIds = scope;
  return question;
}

async function follow(turn, response) {
  for await (const piece of partsOf(response)) {
    const isFollowing = isShown(turn);
    if (piece.type === 'start')
      enterConversation(piece.messageMetadata.conversationId);
    turn.take(piece);
    if (isFollowing)
      requestAnimationFrame(() => show(turn));
  }
  const isFollowing = isShown(turn);
  turn.finish();
  if (isFollowing)
    show(turn);
}

/* Runs `write(signal)`, which fills the turn, with all that surrounds it. */
async function answer(turn, write) {
  const mine = answering = new AbortController();
  composer.isBusy = true;
  turn.wait();
  show(turn);
  try {
    await write(mine.signal);
    announcer.textContent = turn.spoken();
  } catch (error) {
    if (mine.signal.aborted)
      turn.stop();
    else
      turn.fail(error.message);
    announcer.textContent = mine.signal.aborted ? 'Stopped.' : error.message;
  } finally {
    answering = null;
    composer.accepted(conversationId || 'new');
    composer.isBusy = false;
  }
  showConversations().catch(() => {});
}

async function send(question) {
  const turn = addTurn(question);
  await answer(turn, async (signal) => follow(turn, await ask(questionOf(turn), signal)));
}

/* The server first, so that it has stopped when the next question comes. */
async function stopRunning() {
  const mine = answering;
  try {
    if (conversationId)
      await stopAnswer(conversationId);
  } catch {
    /* Leaving the stream is all that is left to do */
  }
  mine?.abort();
}

/* A stored conversation */

/* Messages in pairs; an answer may be missing. */
function pairs(messages) {
  const found = [];
  for (const message of messages) {
    if (message.role === 'user')
      found.push({ question: message, answer: null });
    else if (found.length > 0)
      found.at(-1).answer = message;
  }
  return found;
}

function isUnfinished(pair) {
  return pair.answer === null || pair.answer.status === 'running';
}

/* Where no stream is to be had (another instance writes it): reads again. */
async function awaitStored(turn, signal) {
  for (;;) {
    const last = pairs((await readConversation(conversationId)).messages).at(-1);
    if (!isUnfinished(last)) {
      turn.fill(last.answer);
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    signal.throwIfAborted();
  }
}

/* The answer that is being written while the page opens. */
function resume(turn) {
  return answer(turn, async (signal) => {
    const response = await resumeAnswer(conversationId, signal);
    await (response ? follow(turn, response) : awaitStored(turn, signal));
  });
}

async function showConversation() {
  const { title, messages } = await readConversation(conversationId);
  showTitle(title);
  const all = pairs(messages);
  const shown = all.map(({ question }) => addTurn(question.text));
  all.forEach((pair, i) => {
    if (!isUnfinished(pair))
      shown[i].fill(pair.answer);
    else if (i < all.length - 1)
      shown[i].fail('This question was not answered.');
  });
  if (shown.length > 0)
    show(shown.at(-1));
  if (all.length > 0 && isUnfinished(all.at(-1)))
    await resume(shown.at(-1));
}

/* A new conversation */

async function showWelcome() {
  const text = part(document, 'welcome-text');
  part(document, 'welcome').hidden = false;
  const { documents, nextCursor } = await listDocuments();
  const ready = documents.filter(({ status }) => status === 'ready').length;
  const link = document.createElement('a');
  link.className = 'link';
  link.href = '/documents';
  link.textContent = ready > 0 ? 'See or add documents' : 'Add a document';
  text.replaceChildren(ready > 0
    ? `${nextCursor ? 'More than ' : ''}${countWords(ready, 'document')} on your shelf. `
    : 'There is nothing on your shelf yet. ', link);
  part(document, 'starters').hidden = !documents.some(({ shared }) => shared);
}

async function narrowTo(documentId) {
  const bar = part(document, 'scope');
  const { title } = await readDocument(documentId);
  scope = [documentId];
  part(bar, 'scope-title').textContent = title;
  bar.hidden = false;
  part(bar, 'scope-clear').addEventListener('click', () => {
    scope = [];
    bar.hidden = true;
    composer.focus();
  });
}

async function start() {
  const only = new URLSearchParams(location.search).get('document');
  watchChips(turns);
  openSlipsFrom(turns);
  for (const starter of document.querySelectorAll('[data-starter]'))
    starter.addEventListener('click', () => answering || send(starter.textContent));
  composer.focus();
  await Promise.all([
    showConversations(),
    conversationId ? showConversation() : showWelcome(),
    only && !conversationId && narrowTo(only),
  ]);
}

start().catch((error) => {
  composer.isBusy = false;
  say(part(document, 'banner'), error.status === 404
    ? 'There is no such conversation. Ask something to start a new one.' : error.message);
  if (error.status === 404)
    conversationId = '';
});
