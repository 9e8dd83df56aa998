/*
 * The rail: the reader's conversations by day, with search, renaming in
 * place, export and deletion. On a wide screen it stands beside the talk and
 * can be folded away; on a narrow one it is a drawer over the page, which
 * keeps the focus while it is open.
 *
 *   showRail(currentId)   at the start, and whenever something has changed
 *   window hears "lectern:title" {id, title} of the open conversation and
 *   "lectern:deleted" {id} of any
 *
 * A new conversation gets its real title from the model a moment after its
 * first answer: the list is read again a few times until it has come.
 *
 * What seldom happens is loaded when it does: renaming.js, deletion.js.
 */
import { conversationFile, listConversations } from './api.js';
import { copyOf, part, say } from './dom.js';
import { Menu } from './menu.js';
import { count, text } from './texts.js';

const SEARCH_MS = 250;
const TITLE_MS = [1500, 4000, 10000];
const DAY_MS = 24 * 60 * 60 * 1000;
const FOLD = 'lectern:rail';
/* {conversation, isDue}, for the next page: whether that one deletes it */
export const DELETED = 'lectern:deleted';

const rail = document.getElementById('rail');
const groups = part(rail, 'conversations');
const more = part(rail, 'conversations-more');
const search = part(rail, 'rail-search').elements.namedItem('words');
const wide = matchMedia('(min-width: 56rem)');
const root = document.documentElement;

const month = new Intl.DateTimeFormat(root.lang, { month: 'long' });
const monthOfYear = new Intl.DateTimeFormat(root.lang, { month: 'long', year: 'numeric' });

let openId = '';		/* the conversation on the page, or none */
let words = '';			/* what is searched for */
let known = new Map();		/* id -> conversation, of those words */
let items = new Map();		/* id -> its element */
let nextCursor = null;
let held = null;		/* the form in the list that it waits for */
let drawn = '';			/* what the list shows, to leave it alone when nothing changed */
let reading = null;		/* AbortController of the latest reading */
const gone = new Set();		/* ids that are deleted, which the server may still tell of */
let isShown = false;
let begun = '';			/* the conversation that began on this page, until */
let begunTitle = '';		/* its title is no longer this one */
let round = 0;			/* of waiting for that */

const menu = new Menu(part(rail, 'rail-menu'));
const observer = new IntersectionObserver(([entry]) => entry.isIntersecting && readMore(),
  { root: rail, rootMargin: '300px' });

/* The list */

function dayOf(date) {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate());
}

/* "Today", "Yesterday", "Last 7 days", "May", "May 2024". */
function groupOf({ updatedAt }) {
  const date = new Date(updatedAt);
  const now = new Date();
  const days = Math.round((dayOf(now) - dayOf(date)) / DAY_MS);
  if (days <= 0)
    return text('rail.today');
  if (days === 1)
    return text('rail.yesterday');
  if (days < 7)
    return text('rail.week');
  return (now.getFullYear() === date.getFullYear() ? month : monthOfYear).format(date);
}

export function titleOf({ title }) {
  return title || text('rail.untitled');
}

function newItem(id) {
  const item = copyOf('conversation-template');
  item.dataset.conversation = id;
  part(item, 'link').href = `/chat/${encodeURIComponent(id)}`;
  menu.attach(part(item, 'link-menu'), () => fillMenu(id));
  items.set(id, item);
  return item;
}

function itemOf(conversation) {
  const item = items.get(conversation.id) ?? newItem(conversation.id);
  const link = part(item, 'link');
  const title = titleOf(conversation);
  part(item, 'link-title').textContent = title;
  part(item, 'link-menu-label').textContent = text('rail.more', { title });
  link.title = title;
  if (conversation.id === openId)
    link.setAttribute('aria-current', 'page');
  else
    link.removeAttribute('aria-current');
  return item;
}

function section([name, conversations]) {
  const element = copyOf('rail-group-template');
  part(element, 'rail-day').textContent = name;
  part(element, 'rail-list').append(...conversations.map(itemOf));
  return element;
}

function sorted() {
  return [...known.values()].sort((a, b) => (a.updatedAt < b.updatedAt ? 1 : -1));
}

/* Items keep their elements, and so the focus; a form that is open waits. */
function draw() {
  const list = sorted();
  const picture = JSON.stringify([openId, new Date().toDateString(), list]);
  more.hidden = !nextCursor;
  observer.unobserve(more);
  observer.observe(more);		/* tells again, when there is still room */
  say(part(rail, 'conversations-empty'), list.length > 0 ? ''
    : words === '' ? text('rail.empty') : text('rail.notFound', { words }));
  if (held || picture === drawn)
    return;
  const focused = groups.contains(document.activeElement) ? document.activeElement : null;
  drawn = picture;
  groups.replaceChildren(...[...Map.groupBy(list, groupOf)].map(section));
  if (focused?.isConnected)
    focused.focus({ preventScroll: true });
}

export function tell(type, detail) {
  window.dispatchEvent(new CustomEvent(type, { detail }));
}

function take(conversations) {
  for (const conversation of conversations) {
    if (gone.has(conversation.id))
      continue;
    known.set(conversation.id, conversation);
    if (conversation.id === begun) {
      begunTitle ||= conversation.title;
      if (conversation.title !== begunTitle)
        begun = begunTitle = '';
    }
    if (conversation.id === openId && conversation.title)
      tell('lectern:title', { id: openId, title: conversation.title });
  }
}

/*
 * Reads a page: the first one when there is no cursor, which adds to what is
 * shown. What another window deleted stays until the page is loaded again.
 */
async function read(cursor = '') {
  reading?.abort();
  const mine = reading = new AbortController();
  rail.setAttribute('aria-busy', 'true');
  try {
    const page = await listConversations({ words, cursor, signal: mine.signal });
    const isFirst = known.size === 0 || cursor !== '';
    take(page.conversations);
    if (isFirst)
      nextCursor = page.nextCursor;
    say(part(rail, 'rail-error'), '');
    draw();
  } catch (error) {
    if (mine.signal.aborted)
      return;
    say(part(rail, 'rail-error'), error.message);
  } finally {
    if (reading === mine) {
      reading = null;
      rail.removeAttribute('aria-busy');
    }
  }
}

function readMore() {
  if (nextCursor && !reading)
    read(nextCursor);
}

/* The title that the model gives */

async function awaitTitle() {
  const id = begun;
  const mine = ++round;
  for (const ms of TITLE_MS) {
    await new Promise((resolve) => setTimeout(resolve, ms));
    if (mine !== round || begun !== id)
      return;
    if (!reading)
      await read();
  }
}

export async function showRail(currentId) {
  if (isShown && openId === '')
    begun = currentId;
  isShown = true;
  openId = currentId;
  await read();
  if (begun !== '' && begun === openId)
    awaitTitle();
}

/* The address of the conversation after (+1) or before (-1) the open one. */
export function neighbour(step) {
  const links = [...groups.querySelectorAll('[data-link]')];
  const here = links.findIndex((link) => link.hasAttribute('aria-current'));
  const next = here === -1 ? (step > 0 ? 0 : -1) : here + step;
  return links[next]?.href ?? null;
}

/* Search */

let pending = 0;

search.addEventListener('input', () => {
  clearTimeout(pending);
  pending = setTimeout(async () => {
    if (search.value.trim() === words)
      return;
    words = search.value.trim();
    known = new Map();
    items = new Map();
    nextCursor = null;
    await read();
    if (words !== '')
      part(rail, 'rail-status').textContent = known.size === 0 ? text('rail.notFound', { words })
        : count('rail.found', known.size);
  }, SEARCH_MS);
});

search.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape' || search.value === '')
    return;
  event.preventDefault();
  search.value = '';
  search.dispatchEvent(new Event('input'));
});

search.form.addEventListener('submit', (event) => event.preventDefault());

function complain() {
  say(part(rail, 'rail-error'), text('trouble.network'));
  return null;
}

function deletion() {
  return import('./deletion.js').catch(complain);
}

/* Renaming in place, with renaming.js */

async function rename(id) {
  const module = await import('./renaming.js').catch(complain);
  if (known.has(id))
    module?.rename(id);
}

/* {item, conversation} of the list. */
export function entryOf(id) {
  return { item: items.get(id), conversation: known.get(id) };
}

/* The list stays as it is while that form stands in it. */
export function holdFor(form) {
  held = form;
}

export function isHeldFor(form) {
  return held === form;
}

/* Goes on, if it is that form's. */
export function letGo(form) {
  if (held === form)
    held = null;
  draw();
}

/* What a change has made of a conversation. */
export function changed(conversation) {
  take([conversation]);
}

/* Deleting, with deletion.js */

/* Out of the list: the conversation, what putBack() needs, and what the focus
   goes to. */
export function takeOut(id) {
  const conversation = known.get(id);
  const links = [...groups.querySelectorAll('[data-link]')];
  const at = links.indexOf(part(items.get(id), 'link'));
  gone.add(id);
  known.delete(id);
  items.delete(id);
  draw();
  return { conversation, among: words, next: links[at + 1] ?? links[at - 1] ?? search };
}

/* Into it again, where that search is still what is shown: its link, or null. */
export async function putBack(conversation, among) {
  gone.delete(conversation.id);
  if (among === words)
    known.set(conversation.id, conversation);
  else
    await read();
  draw();
  const item = items.get(conversation.id);
  return item ? part(item, 'link') : null;
}

async function remove(id) {
  const module = await deletion();
  if (!known.has(id))
    return;
  if (id === openId)
    await module?.removeOpen(known.get(id));
  else
    module?.remove(id);
}

/* What the page before this one has deleted. */
async function hearWord() {
  let word = null;
  try {
    word = JSON.parse(sessionStorage.getItem(DELETED));
    sessionStorage.removeItem(DELETED);
  } catch {
    /* Storage is refused to us, and so it was to that page */
  }
  if (!word)
    return;
  gone.add(word.conversation.id);
  if (word.isDue)
    (await deletion())?.offerFormer(word.conversation);
}

/* The menu of a conversation */

function fillMenu(id) {
  part(rail, 'rail-menu').setAttribute('aria-label', titleOf(known.get(id)));
  menu.act('rename', () => rename(id));
  menu.act('delete', () => remove(id));
  for (const format of ['md', 'json'])
    part(rail, `menu-${format}`).href = conversationFile(id, format);
}

/* Drawer and folding */

const outside = document.querySelectorAll('.masthead, .strip, .banner, .skip, main > :not(h1)');

rail.addEventListener('beforetoggle', (event) => {
  if (event.target !== rail)
    return;
  for (const element of outside)
    element.inert = event.newState === 'open';
});

function fold(isFolded) {
  root.dataset.rail = isFolded ? 'folded' : '';
  tell('lectern:folded');
  try {
    localStorage.setItem(FOLD, root.dataset.rail);
  } catch {
    /* Storage is refused to us: it is open again on the next page */
  }
}

part(document, 'rail-open').addEventListener('click', () => {
  if (wide.matches)
    fold(false);
  else
    rail.showPopover();
  part(rail, 'rail-close').focus();
});

part(rail, 'rail-close').addEventListener('click', () => {
  if (wide.matches)
    fold(true);
  else
    rail.hidePopover();
  part(document, 'rail-open').focus();
});

wide.addEventListener('change', () => rail.matches(':popover-open') && rail.hidePopover());
more.addEventListener('click', readMore);
hearWord();
