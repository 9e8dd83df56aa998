/*
 * Citations on the page: the numbered chips in an answer, the list of
 * passages under it, and the card that shows a quote while its chip is
 * pointed at or has the focus. A chip is a link to the passage in its
 * document, which slip.js opens beside the answer.
 */
import { copyOf, part, say } from './dom.js';
import { passageAddress } from './passage.js';
import { text } from './texts.js';

const CUT_LENGTH = 40;		/* no heading is cut that is shorter */

const cited = new WeakMap();	/* link -> its citations, the first one it leads to */

function isSame(a, b) {
  return a.documentId === b.documentId && a.start === b.start && a.end === b.end;
}

/* The citation that the element, or a parent of it, leads to; else null. */
export function citationOf(element) {
  const link = element.closest('a');
  return (link && cited.get(link)?.[0]) ?? null;
}

/*
 * All citations of the answer that the link stands in, each once, in the
 * order of the text and of the list under it: [{citation, link}].
 */
export function citationsAround(link) {
  const found = [];
  const links = link.closest('[data-answer]')?.querySelectorAll('[data-chip], [data-link]') ?? [link];
  for (const each of links)
    for (const citation of cited.get(each) ?? [])
      if (!found.some((other) => isSame(other.citation, citation)))
        found.push({ citation, link: each });
  return found;
}

/* Title, or the path of headings that begins with it. */
function pathOf({ title, heading }) {
  return heading ? heading.replaceAll(' > ', ' › ') : title;
}

/* Where in its document a citation stands, as far as it is known. The path of
   headings may begin with the title, or with as much of it as has room. */
export function placeOf({ title, heading, page }) {
  const [first, ...rest] = (heading ?? '').split(' > ');
  const isTitle = first === title || (first.length > CUT_LENGTH && title.startsWith(first.trim()));
  const path = (isTitle ? rest : [first, ...rest]).join(' › ');
  return [page ? text('citation.page', { page }) : '', path].filter(Boolean).join(' · ');
}

/* A number whose passage has not arrived yet. */
export function pendingChip(n) {
  const span = document.createElement('span');
  span.className = 'chip chip-pending';
  span.textContent = String(n);
  span.dataset.pending = n;
  return span;
}

function chip(citations) {
  const [{ n, title }] = citations;
  const link = document.createElement('a');
  link.className = 'chip';
  link.href = passageAddress(citations[0]);
  link.textContent = String(n);
  link.dataset.chip = '';
  link.setAttribute('aria-label', text('citation.chip', { n, title }));
  cited.set(link, citations);
  return link;
}

/*
 * Turns the pending chips below `root` into links. A number stands for a part
 * of a document and may have a quote for each of its places, in their order;
 * when there are fewer quotes than places, each place shows them all. A number
 * without a quote is no citation: it becomes text.
 */
export function settleChips(root, citations) {
  const places = Map.groupBy(root.querySelectorAll('[data-pending]'),
    (place) => Number(place.dataset.pending));
  for (const [n, spans] of places) {
    const own = citations.filter((citation) => citation.n === n);
    spans.forEach((span, i) => {
      if (own.length === 0)
        span.replaceWith(`[${n}]`);
      else
        span.replaceWith(chip(own.length === spans.length ? [own[i]] : own));
    });
  }
}

/* One entry of the list of passages. */
export function source(citation) {
  const item = copyOf('source-template');
  const link = part(item, 'link');
  link.href = passageAddress(citation);
  part(item, 'number').textContent = String(citation.n);
  part(item, 'source-title').textContent = pathOf(citation);
  part(item, 'source-quote').textContent = citation.quote.replace(/\s+/g, ' ').trim();
  cited.set(link, [citation]);
  return item;
}

/* The card */

const GAP_PX = 8;
const LEAVE_MS = 200;

function placeCard(card, link) {
  const at = link.getBoundingClientRect();
  const size = card.getBoundingClientRect();
  const left = Math.min(Math.max(GAP_PX, at.left - size.width / 3), innerWidth - size.width - GAP_PX);
  const above = at.top - size.height;
  card.style.setProperty('--card-left', `${left}px`);
  card.style.setProperty('--card-top', `${above > GAP_PX ? above : at.bottom}px`);
}

let isQuiet = false;

/* Gives the focus to a link whose passage has just been read, without its card. */
export function focusQuietly(link) {
  isQuiet = true;
  link.focus();
  isQuiet = false;
}

/*
 * Shows the card for every chip below `root`. It stays while the pointer is
 * on the chip or the card itself, or the chip has the focus; Escape puts it
 * away without moving either.
 */
export function watchChips(root) {
  const card = document.getElementById('quote-card');
  let shown = null;
  let leaving = 0;

  function hide() {
    clearTimeout(leaving);
    shown?.removeAttribute('aria-describedby');
    shown = null;
    card.hidePopover();
  }

  function show(link) {
    clearTimeout(leaving);
    if (!link || link === shown)
      return;
    hide();
    const citations = cited.get(link);
    const [{ title }] = citations;
    part(card, 'quote-title').textContent = title;
    say(part(card, 'quote-place'), placeOf(citations[0]));
    part(card, 'quotes').replaceChildren(...citations.map(({ quote }) => {
      const item = copyOf('quote-template');
      part(item, 'quote-text').textContent = quote.trim();
      return item;
    }));
    link.setAttribute('aria-describedby', card.id);
    card.showPopover();
    placeCard(card, link);
    shown = link;
  }

  function leave() {
    clearTimeout(leaving);
    leaving = setTimeout(() => {
      if (shown !== document.activeElement)
        hide();
    }, LEAVE_MS);
  }

  function follow() {
    if (!shown)
      return;
    const { top, bottom } = shown.getBoundingClientRect();
    if (!shown.isConnected || bottom < 0 || top > innerHeight)
      hide();
    else
      placeCard(card, shown);
  }

  root.addEventListener('pointerover', (event) =>
    event.pointerType === 'mouse' && show(event.target.closest('[data-chip]')));
  root.addEventListener('pointerout', (event) => event.target.closest('[data-chip]') && leave());
  card.addEventListener('pointerenter', () => clearTimeout(leaving));
  card.addEventListener('pointerleave', leave);
  root.addEventListener('focusin', (event) =>
    !isQuiet && event.target.matches(':focus-visible') && show(event.target.closest('[data-chip]')));
  root.addEventListener('focusout', hide);
  root.addEventListener('click', hide);
  addEventListener('scroll', follow, { passive: true });
  addEventListener('resize', follow);
  addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || !shown)
      return;
    event.preventDefault();
    event.stopImmediatePropagation();
    hide();
  }, { capture: true });
}
