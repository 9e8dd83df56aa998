/*
 * The page of one document: its extracted text, to the letter, with the
 * passage of the address (#start-end, in bytes) marked and in view.
 */
import './shell.js';
import { originalAddress, readDocument } from './api.js';
import { part, say } from './dom.js';
import { Leaf } from './leaf.js';
import { rangeOf } from './passage.js';
import { count, load, text } from './texts.js';
import { dateWords, sizeWords } from './words.js';

const POLL_MS = 700;
const SETTLE_FRAMES = 60;
const SETTLED_FRAMES = 6;

const documentId = decodeURIComponent(location.pathname.split('/')[2] ?? '');
const host = part(document, 'text');
const notice = part(document, 'notice');
const jump = part(document, 'jump');

function stateWords({ status }) {
  return {
    queued: text('reading.queued'),
    processing: text('reading.processing'),
    failed: text('reading.failed'),
  }[status] ?? '';
}

function describe(paper) {
  document.title = `${paper.title} · Lectern`;
  part(document, 'title').textContent = paper.title;
  say(part(document, 'state'), stateWords(paper));
  part(document, 'facts').textContent = [
    paper.shared ? text('reading.shared') : '',
    sizeWords(paper.size),
    paper.status === 'ready' ? count('reading.passages', paper.chunks) : '',
    dateWords(paper.updatedAt),
  ].filter(Boolean).join(' · ');
  part(document, 'ask').href = `/chat?document=${encodeURIComponent(paper.id)}`;
  part(document, 'ask').hidden = paper.status !== 'ready';
  part(document, 'original').href = originalAddress(paper.id);
  part(document, 'original').hidden = false;
}

/* A reader who came from an answer goes back to it. */
function showWayBack() {
  let from;
  try {
    from = new URL(document.referrer);
  } catch {
    return;
  }
  if (from.origin !== location.origin || !/^\/chat\/[^/]+$/.test(from.pathname))
    return;
  part(document, 'back').href = from.pathname;
  part(document, 'back-words').textContent = text('reading.toConversation');
}

/* Resolves to the document once it is ready or failed. */
async function readyDocument() {
  for (;;) {
    const paper = await readDocument(documentId);
    describe(paper);
    if (paper.status === 'ready' || paper.status === 'failed')
      return paper;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/*
 * Brings the mark into view. The heights above it are guesses that turn true
 * while scrolling there: so it looks again until the mark stays where it was
 * put, or the reader scrolls.
 */
async function goTo(mark) {
  let isTaken = false;
  const take = () => { isTaken = true; };
  for (const type of ['wheel', 'touchmove', 'keydown'])
    addEventListener(type, take, { once: true, passive: true });
  mark.focus({ preventScroll: true });
  for (let tried = 0, still = 0, before = NaN; tried < SETTLE_FRAMES && still < SETTLED_FRAMES
    && !isTaken; tried++) {
    mark.scrollIntoView({ block: mark.offsetHeight < innerHeight / 2 ? 'center' : 'start' });
    await new Promise(requestAnimationFrame);
    const { top } = mark.getBoundingClientRect();
    still = top === before ? still + 1 : 0;
    before = top;
  }
}

/* Marks the address's passage; what the text does not hold is said. */
async function showPassage(leaf) {
  const range = rangeOf(location.hash);
  const isInside = range !== null && range.end <= leaf.length;
  const mark = await leaf.mark(isInside ? range : null);
  say(notice, range && !mark ? text('reading.outside') : '');
  jump.hidden = !mark;
  jump.onclick = () => goTo(mark);
  if (mark)
    goTo(mark);
}

async function showText() {
  const leaf = new Leaf(host, documentId);
  await leaf.open(rangeOf(location.hash)?.start ?? 0);
  host.removeAttribute('aria-busy');
  await showPassage(leaf);
  addEventListener('hashchange', () =>
    showPassage(leaf).catch((error) => say(notice, error.message)));
}

function showProblem(error) {
  host.removeAttribute('aria-busy');
  if (error.status === 404) {
    document.title = `${text('reading.noneTitle')} · Lectern`;
    part(document, 'title').textContent = text('reading.noneTitle');
    say(notice, text('reading.none'));
    for (const name of ['facts', 'ask', 'original', 'jump', 'text'])
      part(document, name).hidden = true;
    say(part(document, 'state'), '');
    return;
  }
  say(notice, error.message);
}

async function start() {
  showWayBack();
  const paper = await readyDocument();
  if (paper.status === 'failed') {
    host.hidden = true;
    say(notice, paper.error || text('reading.noText'));
  } else {
    await showText();
  }
}

await load('reading');
start().catch(showProblem);
