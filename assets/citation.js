/*
 * Citations on the page: the numbered chips in an answer, the list of
 * passages under it, and the card that shows a quote while its chip is
 * pointed at or has the focus. A chip is a link to the passage in its
 * document; on a wide screen slip.js opens it beside the answer instead.
 */
import { copyOf, part } from './dom.js';
import { passageAddress } from './passage.js';

const cited = new WeakMap();	/* link -> its citations, the first one it leads to */

/* The citation that the element, or a parent of it, leads to; else null. */
export function citationOf(element) {
  const link = element.closest('a');
  return (link && cited.get(link)?.[0]) ?? null;
}

/* Title, or the path of headings that begins with it. */
function placeOf({ title, heading }) {
  return heading ? heading.replaceAll(' > ', ' › ') : title;
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
  link.setAttribute('aria-label', `Passage ${n}, from ${title}`);
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
  part(item, 'source-title').textContent = placeOf(citation);
  part(item, 'source-quote').textContent = citation.quote.replace(/\s+/g, ' ').trim();
  cited.set(link, [citation]);
  return item;
}

const GAP_PX = 8;

function placeCard(card, link) {
  const at = link.getBoundingClientRect();
  const size = card.getBoundingClientRect();
  const left = Math.min(Math.max(GAP_PX, at.left - size.width / 3), innerWidth - size.width - GAP_PX);
  const above = at.top - size.height - GAP_PX;
  card.style.setProperty('--card-left', `${left}px`);
  card.style.setProperty('--card-top', `${above > GAP_PX ? above : at.bottom + GAP_PX}px`);
}

/* Shows the card for every chip below `root`. */
export function watchChips(root) {
  const card = document.getElementById('quote-card');
  let shown = null;

  function show(event) {
    const link = event.target.closest('[data-chip]');
    if (!link)
      return;
    const citations = cited.get(link);
    part(card, 'quote-title').textContent = placeOf(citations[0]);
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

  function hide() {
    shown?.removeAttribute('aria-describedby');
    shown = null;
    card.hidePopover();
  }

  root.addEventListener('pointerover', (event) => event.pointerType === 'mouse' && show(event));
  root.addEventListener('pointerout', hide);
  root.addEventListener('focusin', (event) => event.target.matches(':focus-visible') && show(event));
  root.addEventListener('focusout', hide);
  root.addEventListener('click', hide);
  addEventListener('scroll', () => shown && placeCard(card, shown), { passive: true });
  addEventListener('keydown', (event) => event.key === 'Escape' && hide());
}
