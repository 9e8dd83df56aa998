/*
 * What happened to accounts: a row an event, the newest first.
 */
import './shell.js';
import { listEvents } from './admin-api.js';
import { make, part, say } from './dom.js';
import { keysOf, load, text } from './texts.js';

const TYPING_MS = 250;
const EVENT = 'admin.event.';
const time = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: 'medium', timeStyle: 'medium' });

const finder = part(document, 'finder');
const rows = part(document, 'events');
const more = part(document, 'more');
let asking = 0;			/* the latest reading of the list */

function nameOf(event) {
  return keysOf(EVENT).includes(event) ? text(EVENT + event) : event;
}

function rowOf({ at, event, user, administrator, ipAddress, userAgent, detail }) {
  const note = [administrator ? text('admin.by', administrator) : '', detail ?? ''].filter(Boolean).join(' · ');
  return make('tr', {},
    make('td', {}, make('time', { datetime: at }, time.format(new Date(at)))),
    make('td', {}, nameOf(event), ...(note ? [make('span', { class: 'audit-note' }, note)] : [])),
    make('td', { dir: 'auto' }, user?.email ?? text('admin.gone')),
    make('td', {}, ipAddress ?? '', make('span', { class: 'audit-note', title: userAgent ?? '' },
      (userAgent ?? '').slice(0, 60))));
}

async function show(cursor = '') {
  const mine = ++asking;
  const { words, event } = finder.elements;
  const problem = part(document, 'problem');
  problem.hidden = true;
  rows.parentElement.setAttribute('aria-busy', 'true');
  try {
    const { events, nextCursor } = await listEvents({ words: words.value.trim(), event: event.value, cursor });
    if (mine !== asking)
      return;
    const fresh = events.map(rowOf);
    if (cursor)
      rows.append(...fresh);
    else
      rows.replaceChildren(...fresh);
    more.hidden = !nextCursor;
    more.onclick = () => show(nextCursor);
    part(document, 'frame').hidden = rows.children.length === 0;
    part(document, 'none').hidden = rows.children.length > 0;
  } catch (error) {
    say(part(problem, 'problem-words'), error.message);
    problem.hidden = false;
  }
  rows.parentElement.removeAttribute('aria-busy');
}

function takeFinder() {
  let typing = 0;
  const choices = keysOf(EVENT).map((event) => make('option', { value: event }, nameOf(event)));
  finder.elements.namedItem('event').append(
    ...choices.sort((a, b) => a.textContent.localeCompare(b.textContent)));
  finder.addEventListener('submit', (event) => {
    event.preventDefault();
    show();
  });
  finder.addEventListener('input', ({ target }) => {
    clearTimeout(typing);
    typing = setTimeout(show, target.type === 'search' ? TYPING_MS : 0);
  });
}

await load('admin');
takeFinder();
part(document, 'again').addEventListener('click', () => show());
addEventListener('lectern:back', () => show());
show();
