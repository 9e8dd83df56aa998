/*
 * The page of one document: its extracted text, to the letter, with the
 * passage of the address (#start-end, in bytes) marked and in view. The text
 * is shown while it arrives, so that a large one can be read from the start.
 */
import './shell.js';
import { openText, originalAddress, readDocument } from './api.js';
import { part, say } from './dom.js';
import { SourceText, rangeOf } from './passage.js';
import { countWords, dateWords, sizeWords } from './words.js';

const POLL_MS = 700;
const SETTLE_FRAMES = 30;
const STATES = { queued: 'Waiting to be read', processing: 'Being read', failed: 'Not readable' };

const documentId = decodeURIComponent(location.pathname.split('/')[2] ?? '');
const host = part(document, 'text');
const notice = part(document, 'notice');
const jump = part(document, 'jump');

function describe(paper) {
  document.title = `${paper.title} · Lectern`;
  part(document, 'title').textContent = paper.title;
  say(part(document, 'state'), STATES[paper.status] ?? '');
  part(document, 'facts').textContent = [
    paper.shared ? 'Shared library' : '',
    sizeWords(paper.size),
    paper.status === 'ready' ? countWords(paper.chunks, 'passage') : '',
    dateWords(paper.updatedAt),
  ].filter(Boolean).join(' · ');
  part(document, 'ask').href = `/chat?document=${encodeURIComponent(paper.id)}`;
  part(document, 'ask').hidden = paper.status !== 'ready';
  part(document, 'original').href = originalAddress(paper.id);
  part(document, 'original').hidden = false;
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
 * Brings the mark into view. The height of a section that was never in view
 * is a guess, and the guesses turn true while scrolling there: so it looks
 * again until the mark stays where it was put.
 */
async function goTo(mark) {
  mark.focus({ preventScroll: true });
  for (let tried = 0, before = NaN; tried < SETTLE_FRAMES; tried++) {
    mark.scrollIntoView({ block: 'center' });
    await new Promise(requestAnimationFrame);
    const { top } = mark.getBoundingClientRect();
    if (top === before)
      return;
    before = top;
  }
}

/* Marks the address's passage; what the text does not hold is said. */
function showPassage(text) {
  const range = rangeOf(location.hash);
  const mark = range && range.end <= text.length ? text.mark(range) : text.mark(null);
  say(notice, range && !mark
    ? 'This passage lies outside the text: the document has changed since it was cited.' : '');
  jump.hidden = !mark;
  jump.onclick = () => goTo(mark);
  if (mark)
    goTo(mark);
}

async function showText() {
  const text = new SourceText(host);
  const response = await openText(documentId);
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done)
      break;
    text.append(value);
  }
  text.finish();
  host.removeAttribute('aria-busy');
  showPassage(text);
  addEventListener('hashchange', () => showPassage(text));
}

async function start() {
  const paper = await readyDocument();
  if (paper.status === 'failed')
    say(notice, paper.error || 'The text could not be read.');
  else
    await showText();
}

start().catch((error) => {
  host.removeAttribute('aria-busy');
  say(notice, error.status === 404 ? 'There is no such document. It may have been deleted.' : error.message);
});
