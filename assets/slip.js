/*
 * The slip: a cited passage in its surroundings. It stands beside the answer
 * where the screen has room for both and lies over it, as a sheet, elsewhere;
 * it leads from one citation of the answer to the next. It reads the part of
 * the text around the passage, not the whole of it.
 */
import { openText } from './api.js';
import { citationsAround, focusQuietly, placeOf } from './citation.js';
import { part, say } from './dom.js';
import { characterStart, decode, passageAddress } from './passage.js';
import { text } from './texts.js';

const AROUND_BYTES = 6000;
const LINE_FEED = 0x0a;
const wide = matchMedia('(min-width: 70rem)');

const slip = part(document, 'slip');
const leaf = part(slip, 'slip-text');
const notice = part(slip, 'slip-notice');

let all = [];			/* the citations of the answer: {citation, link} */
let at = 0;			/* which of them is shown */
let opener = null;		/* the link that was clicked, while that one is shown */
let reading = null;		/* AbortController of the latest reading */

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

function show({ before, passage, after }) {
  const mark = document.createElement('mark');
  mark.textContent = passage;
  leaf.replaceChildren(before, mark, after);
  const room = leaf.clientHeight - mark.getBoundingClientRect().height;
  leaf.scrollTop += mark.getBoundingClientRect().top - leaf.getBoundingClientRect().top
    - Math.max(24, room / 3);
}

/* Without its document a passage is still what the answer quoted. */
function showAlone({ quote }, words) {
  show({ before: '', passage: quote, after: '' });
  say(notice, words);
}

function tellPosition() {
  const isOne = all.length < 2;
  part(slip, 'slip-steps').hidden = isOne;
  part(slip, 'slip-position').textContent = isOne ? ''
    : text('citation.position', { n: at + 1, count: all.length });
  for (const { link } of all)
    link.removeAttribute('aria-current');
  (opener ?? all[at].link).setAttribute('aria-current', 'true');
}

async function read(citation) {
  reading?.abort();
  const mine = reading = new AbortController();
  slip.setAttribute('aria-busy', 'true');
  try {
    const found = await readAround(citation, mine.signal);
    if (found.passage === citation.quote)
      show(found);
    else
      showAlone(citation, text('citation.changed'));
  } catch (error) {
    if (mine.signal.aborted)
      return;
    /* 416: the text has become shorter than the passage's place */
    showAlone(citation, { 404: text('citation.gone'), 416: text('citation.changed') }[error.status]
      ?? error.message);
    part(slip, 'slip-open').hidden = error.status === 404;
  } finally {
    if (reading === mine)
      slip.removeAttribute('aria-busy');
  }
}

function turnTo(position) {
  at = (position + all.length) % all.length;
  const { citation } = all[at];
  part(slip, 'slip-number').textContent = String(citation.n);
  part(slip, 'slip-title').textContent = citation.title;
  say(part(slip, 'slip-place'), placeOf(citation));
  part(slip, 'slip-open').href = passageAddress(citation);
  part(slip, 'slip-open').hidden = false;
  say(notice, '');
  leaf.replaceChildren();
  tellPosition();
  read(citation);
}

function stepTo(position) {
  opener = null;
  turnTo(position);
  if (wide.matches)
    all[at].link.scrollIntoView({ block: 'nearest' });
}

/* From elsewhere on the page, where nothing else is to be closed or stopped. */
function escape(event) {
  if (event.key === 'Escape' && !event.defaultPrevented && !event.isComposing
    && !document.querySelector('dialog:modal, :popover-open'))
    slip.close();
}

function lay() {
  /* After all who listen since the page began */
  addEventListener('keydown', escape);
  if (wide.matches)
    slip.show();
  else
    slip.showModal();
  document.body.classList.toggle('has-slip', wide.matches);
  part(slip, 'slip-title').focus({ preventScroll: true });
}

/* Opens it for a citation whose link was clicked, or turns to that one. */
export function openSlip(citation, link) {
  opener = link;
  all = citationsAround(link);
  const place = all.findIndex((each) => each.citation.documentId === citation.documentId
    && each.citation.start === citation.start && each.citation.end === citation.end);
  if (slip.open)
    part(slip, 'slip-title').focus({ preventScroll: true });
  else
    lay();
  turnTo(place);
}

function closed() {
  const link = opener ?? all[at]?.link;
  reading?.abort();
  removeEventListener('keydown', escape);
  document.body.classList.remove('has-slip');
  for (const each of [...all.map((one) => one.link), link])
    each?.removeAttribute('aria-current');
  if (link?.isConnected)
    focusQuietly(link);
  opener = null;
}

part(slip, 'slip-close').addEventListener('click', () => slip.close());
part(slip, 'slip-next').addEventListener('click', () => stepTo(at + 1));
part(slip, 'slip-previous').addEventListener('click', () => stepTo(at - 1));
slip.addEventListener('close', closed);
slip.addEventListener('click', (event) => event.target === slip && !wide.matches && slip.close());
slip.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape')
    return;
  event.preventDefault();
  event.stopPropagation();
  slip.close();
});
wide.addEventListener('change', () => {
  if (!slip.open)
    return;
  slip.removeEventListener('close', closed);
  slip.addEventListener('close', () => {
    slip.addEventListener('close', closed);
    lay();
  }, { once: true });
  slip.close();
});
