/*
 * The slip: a cited passage in its surroundings, beside the answer. Only on
 * screens wide enough for both; elsewhere a citation is an ordinary link.
 * It reads the part of the text around the passage, not the whole of it.
 */
import { openText } from './api.js';
import { citationOf } from './citation.js';
import { part, say } from './dom.js';
import { characterStart, decode, passageAddress } from './passage.js';

const AROUND_BYTES = 6000;
const LINE_FEED = 0x0a;
const wide = matchMedia('(min-width: 70rem)');

/* {before, passage, after} as text, from the bytes around the citation. */
async function readAround({ documentId, start, end }, signal) {
  const first = Math.max(0, start - AROUND_BYTES);
  const response = await openText(documentId, { range: [first, end + AROUND_BYTES], signal });
  let bytes = new Uint8Array(await response.arrayBuffer());
  if (response.status === 200)
    bytes = bytes.subarray(first, end + AROUND_BYTES);
  /* Whole lines: what the cut left of the first and the last one goes */
  const line = first > 0 ? bytes.indexOf(LINE_FEED) + 1 : 0;
  const from = line > 0 && line <= start - first ? line : characterStart(bytes, 0);
  const isAll = bytes.length < end + AROUND_BYTES - first;
  const last = isAll ? bytes.length : bytes.lastIndexOf(LINE_FEED) + 1;
  return {
    before: decode(bytes.subarray(from, start - first)),
    passage: decode(bytes.subarray(start - first, end - first)),
    after: decode(bytes.subarray(end - first, Math.max(last, end - first))),
  };
}

/* Opens the slip for citations that are clicked below `root`. */
export function openSlipsFrom(root) {
  const slip = part(document, 'slip');
  const text = part(slip, 'slip-text');
  const notice = part(slip, 'slip-notice');
  let opener = null;
  let reading = null;

  function close() {
    reading?.abort();
    slip.hidden = true;
    document.body.classList.remove('has-slip');
    if (opener?.isConnected)
      opener.focus();
    opener = null;
  }

  function show({ before, passage, after }, quote) {
    const mark = document.createElement('mark');
    mark.textContent = passage;
    text.replaceChildren(before, mark, after);
    text.scrollTop += mark.getBoundingClientRect().top
      - text.getBoundingClientRect().top - text.clientHeight / 3;
    say(notice, passage === quote ? ''
      : 'The document has changed since this answer: the passage may have moved.');
  }

  async function open(citation, link) {
    reading?.abort();
    const mine = reading = new AbortController();
    opener = link;
    part(slip, 'slip-number').textContent = String(citation.n);
    part(slip, 'slip-title').textContent = citation.title;
    part(slip, 'slip-open').href = passageAddress(citation);
    say(notice, '');
    text.replaceChildren();
    slip.hidden = false;
    document.body.classList.add('has-slip');
    slip.focus({ preventScroll: true });
    slip.setAttribute('aria-busy', 'true');
    try {
      show(await readAround(citation, mine.signal), citation.quote);
    } catch (error) {
      if (mine.signal.aborted)
        return;
      say(notice, error.status === 404 ? 'This document has been deleted.' : error.message);
    } finally {
      if (reading === mine)
        slip.removeAttribute('aria-busy');
    }
  }

  root.addEventListener('click', (event) => {
    const citation = citationOf(event.target);
    const isPlain = event.button === 0
      && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    if (!citation || !isPlain || !wide.matches)
      return;
    event.preventDefault();
    open(citation, event.target.closest('a'));
  });
  part(slip, 'slip-close').addEventListener('click', close);
  slip.addEventListener('keydown', (event) => event.key === 'Escape' && close());
}
