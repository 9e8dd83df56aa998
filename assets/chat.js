/*
 * The chat page: a conversation and the question box. /chat starts one,
 * /chat/ID shows one.
 *
 * A question is a draft until the server has taken it: refused before that,
 * it comes back into the box. An answer goes on when its reader leaves; one
 * that is being written when the page opens, or whose stream was lost, is
 * followed from its start. What another tab did is read when this one is
 * looked at again. The sidebar is rail.js's, citations are citation.js's.
 *
 * Turns, with the reader of Markdown, are most of the page's weight: a new
 * conversation loads them when its first question is being typed.
 */
import './shell.js';
import { announce } from './announcer.js';
import { readConversation, resumeAnswer, stopAnswer } from './api.js';
import { citationOf, watchChips } from './citation.js';
import { Composer } from './composer.js';
import { askIn, isUnfinished, newName, pairsOf } from './conversation.js';
import { part, say } from './dom.js';
import { follow as followTurn, grown, toBottom } from './follower.js';
import { neighbour, showRail } from './rail.js';
import { scopeAccepted, scopeFields, startScope } from './scope.js';
import { listen } from './shortcuts.js';
import { AnswerError, partsOf } from './stream.js';
import { text } from './texts.js';
import { showWelcome } from './welcome.js';

const POLL_MS = 1500;
const AGAIN_MS = 500;
const STOP_MS = 2000;
const STALE_MS = 1000;

let conversationId = decodeURIComponent(location.pathname.split('/')[2] ?? '');
let newId = newName();		/* what a new conversation will be called by us */
let answering = null;		/* {abort, ended} of the running answer */
let unheard = null;		/* the last question that came back: {id, text} */
let readAt = 0;			/* when the conversation was last read */

let path = null;		/* the turns shown, once loadPath() has made it */

const composer = new Composer(conversationId || 'new', { ask: send, stop: stopRunning });

async function loadPath() {
  const { Path } = await import('./path.js')
    .catch(() => Promise.reject(new Error(text('trouble.network'))));
  path ??= new Path({ regenerate, edit, choose: showVersion, grown });
}

function showTitle(title) {
  part(document, 'title').textContent = title;
  document.title = `${title} · Lectern`;
}

function refreshRail() {
  return showRail(conversationId).catch(() => {});
}

function enterConversation(id) {
  composer.accepted(id);
  scopeAccepted(id);
  unheard = null;
  if (id === conversationId)
    return;
  conversationId = id;
  history.replaceState(null, '', `/chat/${encodeURIComponent(id)}`);
  refreshRail();
}

/* A running answer */

async function follow(turn, response, onStart) {
  for await (const piece of partsOf(response)) {
    turn.take(piece);
    if (piece.type === 'start') {
      enterConversation(piece.messageMetadata.conversationId);
      onStart?.();
    }
  }
  turn.finish();
  grown();
}

function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => { clearTimeout(timer); reject(signal.reason); }, { once: true });
  });
}

/* Where no stream is to be had (another instance writes it): reads again. */
async function awaitStored(turn, signal) {
  for (;;) {
    const { messages } = await readConversation(conversationId, path.lastId);
    const last = pairsOf(messages).at(-1);
    signal.throwIfAborted();
    if (!isUnfinished(last)) {
      turn.fill(last.answer);
      return;
    }
    await pause(POLL_MS, signal);
  }
}

/* The rest of an answer whose stream is not here, until it is over. */
async function rejoin(turn, signal) {
  for (;;) {
    const response = await resumeAnswer(conversationId, signal);
    if (!response)
      return awaitStored(turn, signal);
    try {
      return await follow(turn, response);
    } catch (error) {
      if (error instanceof AnswerError || signal.aborted)
        throw error;
      turn.reconnect();
      await pause(AGAIN_MS, signal);
    }
  }
}

/*
 * Runs `open(signal)`, which resolves to the stream of the turn's answer,
 * with all that surrounds it. What fails before the server has taken the
 * question goes to `refuse(error)`.
 */
async function answer(turn, open, refuse) {
  const abort = new AbortController();
  const { promise: ended, resolve: end } = Promise.withResolvers();
  const mine = answering = { abort, ended };
  let hasStarted = false;
  composer.isBusy = true;
  announce('');
  turn.wait();
  followTurn(turn.element);
  try {
    await stream(turn, open, abort.signal, () => { hasStarted = true; });
    announce(turn.spoken());
  } catch (error) {
    if (!hasStarted)
      refuse(error);
    else if (abort.signal.aborted)
      turn.stop();
    else
      turn.fail(error.message);
    announce(abort.signal.aborted ? text('chat.stoppedNow') : error.message);
    grown();
  } finally {
    if (answering === mine)
      answering = null;
    composer.isBusy = false;
    readAt = Date.now();
    end();
  }
  refreshRail();
}

async function stream(turn, open, signal, onStart) {
  let hasStarted = false;
  const response = await open(signal);
  try {
    await follow(turn, response, () => { hasStarted = true; onStart(); });
  } catch (error) {
    if (error instanceof AnswerError || signal.aborted || !hasStarted)
      throw error;
    turn.reconnect();
    await rejoin(turn, signal);
  }
}

/* The answer that is being written while the page opens, or elsewhere. */
function resume(turn) {
  return answer(turn, async (signal) => {
    const response = await resumeAnswer(conversationId, signal);
    return response ?? Promise.reject(new StoredElsewhere());
  }, async (error) => {
    if (error instanceof StoredElsewhere)
      await awaitStored(turn, new AbortController().signal);
    else
      turn.fail(error.message);
  });
}

class StoredElsewhere extends Error {}

/* Asking */

function ask(turn, question, refuse) {
  return answer(turn, (signal) =>
    askIn(conversationId || newId, question, scopeFields(), signal), refuse);
}

async function send(words) {
  composer.hold(words);
  try {
    if (!path)
      await loadPath();
  } catch (error) {
    composer.returned(error.message);
    return;
  }
  if (answering) {
    composer.returned('');
    return;
  }
  const id = unheard?.text === words ? unheard.id : newName();
  const parentId = path.lastId;
  const turn = path.add({ id, text: words, versions: [id] });
  part(document, 'welcome').hidden = true;
  let isRunningElsewhere = false;
  await ask(turn, { id, text: words, parentId }, (error) => {
    path.cut(turn);
    unheard = { id, text: words };
    part(document, 'welcome').hidden = path.last !== null;
    composer.returned(error.name === 'AbortError' ? '' : error.message);
    isRunningElsewhere = error.code === 'ANSWER_RUNNING';
  });
  if (isRunningElsewhere)
    await refresh();
}

/* The same question, another answer; the former ones stay as versions. */
async function regenerate(turn) {
  if (answering)
    return;
  const { id, text: words, versions } = turn.question;
  const former = turn.answer;
  const restore = path.cut(turn);
  const fresh = path.add({ id, text: words, versions });
  fresh.answer = { id: '', versions: [...former.versions] };
  await ask(fresh, { id, text: words, replaces: former.id || id, isAgain: true }, (error) => {
    restore();
    if (error.name !== 'AbortError')
      turn.fail(error.message);
  });
}

/* Another version of a question, with an answer of its own. */
async function edit(turn, words) {
  if (answering)
    return;
  const id = newName();
  const restore = path.cut(turn);
  const fresh = path.add({ id, text: words, versions: [...turn.question.versions, id] });
  composer.hold(words);
  await ask(fresh, { id, text: words, replaces: turn.question.id }, (error) => {
    restore();
    composer.accepted(conversationId);
    turn.edit(words);
    say(part(document, 'banner'), error.name === 'AbortError' ? '' : error.message);
  });
}

/*
 * The server first: its stream then tells what was kept, and nothing runs
 * when the next question comes.
 */
async function stopRunning() {
  const mine = answering;
  try {
    await stopAnswer(conversationId || newId);
    await Promise.race([mine?.ended, pause(STOP_MS, new AbortController().signal)]);
  } catch {
    /* Leaving the stream is all that is left to do */
  }
  mine?.abort.abort();
}

/* A stored conversation */

/* Shows the path through a message, or the newest one. */
async function showStored(messageId) {
  const [{ title, messages }] = await Promise.all([
    readConversation(conversationId, messageId), loadPath()]);
  const pairs = pairsOf(messages);
  readAt = Date.now();
  showTitle(title);
  path.show(pairs);
  part(document, 'welcome').hidden = true;
  return pairs.length > 0 && isUnfinished(pairs.at(-1)) ? path.last : null;
}

async function showVersion(messageId, control) {
  if (answering)
    return;
  try {
    const running = await showStored(messageId);
    const turn = document.querySelector(`[data-message~="${CSS.escape(messageId)}"]`);
    turn?.querySelector(`[data-${control}] button:enabled`)?.focus();
    if (running)
      await resume(running);
  } catch (error) {
    say(part(document, 'banner'), error.message);
  }
}

/* What has happened elsewhere since the conversation was read. */
async function refresh() {
  if (answering || !conversationId)
    return;
  try {
    const running = await showStored(path?.lastId);
    if (running && !answering)
      await resume(running);
  } catch {
    /* What is shown stays */
  }
}

/* The page around it */

/* Shows what was cited beside the answer; without that script, on its page. */
async function openCited(event) {
  const citation = citationOf(event.target);
  if (!citation || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey)
    return;
  event.preventDefault();
  const link = event.target.closest('a');
  try {
    const { openSlip } = await import('./slip.js');
    openSlip(citation, link);
  } catch {
    go(link.href);
  }
}

function go(address) {
  if (!address)
    return false;
  location.assign(address);
  return true;
}

function listenToKeys() {
  const slip = part(document, 'slip');
  listen({
    n: () => go('/chat'),
    '/': () => composer.focus(),
    c: () => (path?.last && !answering ? void path.last.copy() : false),
    e: () => (path?.last && !answering ? path.last.edit() : false),
    j: () => go(neighbour(1)),
    k: () => go(neighbour(-1)),
    Escape: () => (answering && !slip.contains(document.activeElement) ? void stopRunning() : false),
  });
}

function listenToPage() {
  addEventListener('lectern:title', ({ detail }) =>
    detail.id === conversationId && showTitle(detail.title));
  addEventListener('lectern:deleted', ({ detail }) =>
    detail.id === conversationId && location.assign('/chat'));
  addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible' && Date.now() - readAt > STALE_MS)
      refresh();
  });
  addEventListener('focus', () => Date.now() - readAt > STALE_MS && refresh());
}

async function openConversation() {
  const running = await showStored();
  toBottom();
  if (running)
    await resume(running);
}

async function start() {
  const turns = part(document, 'turns');
  watchChips(turns);
  turns.addEventListener('click', openCited);
  listenToKeys();
  listenToPage();
  part(document, 'composer').addEventListener('input', () => loadPath().catch(() => {}), { once: true });
  composer.focus();
  await Promise.all([
    refreshRail(),
    conversationId ? openConversation() : showWelcome(send),
    startScope(conversationId),
  ]);
}

start().catch((error) => {
  say(part(document, 'banner'), error.status === 404
    ? text('chat.noConversation') : error.message);
  if (error.status === 404)
    conversationId = '';
});
