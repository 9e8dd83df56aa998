/*
 * Where a question is looked up: in all documents, in one (/chat?document=ID)
 * or in a collection of the reader's (collection.js). The choice stands above
 * the question box and is kept for each conversation, in this tab.
 *
 *   startScope(conversationId)    at the start; '' for a new conversation
 *   scopeFields()                 what a question carries of it
 *   scopeAccepted(conversationId) the new conversation has got this id
 */
import { listCollections, readDocument } from './api.js';
import { copyOf, part, say } from './dom.js';
import { count, text } from './texts.js';

const bar = part(document, 'scope');
const title = part(bar, 'scope-title');
const picker = part(document, 'scope-picker');
const choices = part(picker, 'scope-choices');

let scope = null;		/* {kind: 'document' | 'collection', id, name}, or all */
let key = '';			/* under which the choice is kept */

function keep(choice) {
  try {
    if (choice)
      sessionStorage.setItem(key, JSON.stringify(choice));
    else
      sessionStorage.removeItem(key);
  } catch {
    /* Storage is refused to us: the choice ends with the page */
  }
}

function kept() {
  try {
    return JSON.parse(sessionStorage.getItem(key));
  } catch {
    return null;
  }
}

function keyOf(conversationId) {
  return `scope:${conversationId || 'new'}`;
}

export function choose(next) {
  scope = next;
  title.textContent = scope ? scope.name : text('scope.all');
  bar.toggleAttribute('data-narrow', scope !== null);
  part(bar, 'scope-clear').hidden = scope === null;
  keep(scope);
}

/* That collection is no more. */
export function unchoose(id) {
  if (scope?.id === id)
    choose(null);
}

export function scopeFields() {
  if (!scope)
    return {};
  return scope.kind === 'document' ? { documentIds: [scope.id] } : { collection: scope.id };
}

export function scopeAccepted(conversationId) {
  if (key === keyOf(conversationId))
    return;
  keep(null);
  key = keyOf(conversationId);
  keep(scope);
}

export async function startScope(conversationId) {
  const only = new URLSearchParams(location.search).get('document');
  key = keyOf(conversationId);
  choose(kept());
  if (only && !conversationId) {
    const paper = await readDocument(only);
    choose({ kind: 'document', id: paper.id, name: paper.title });
  }
}

/* The picker */

function choiceItem(name, detail, next) {
  const item = copyOf('scope-choice-template');
  const input = part(item, 'scope-choice');
  part(item, 'scope-choice-name').textContent = name;
  part(item, 'scope-choice-detail').textContent = detail;
  input.checked = (scope?.id ?? '') === (next?.id ?? '');
  input.addEventListener('change', () => choose(next));
  part(item, 'scope-edit').hidden = next?.kind !== 'collection';
  part(item, 'scope-edit-label').textContent = text('scope.edit', { name });
  part(item, 'scope-edit').addEventListener('click', () => edit(next.id));
  return item;
}

function collectionChoice({ id, name, documents }) {
  return choiceItem(name, count('scope.documents', documents), { kind: 'collection', id, name });
}

async function showChoices() {
  const error = part(picker, 'scope-error');
  say(error, '');
  choices.replaceChildren(choiceItem(text('scope.all'), '', null));
  if (scope?.kind === 'document')
    choices.append(choiceItem(scope.name, '', scope));
  picker.setAttribute('aria-busy', 'true');
  try {
    const collections = await listCollections();
    const now = collections.find(({ id }) => id === scope?.id);
    if (scope?.kind === 'collection')
      choose(now ? { kind: 'collection', id: now.id, name: now.name } : null);
    const first = part(choices, 'scope-choice');
    const hadFocus = choices.contains(document.activeElement);
    choices.append(...collections.map(collectionChoice));
    first.checked = scope === null;
    if (hadFocus)
      choices.querySelector(':checked').focus();
  } catch (problem) {
    say(error, problem.message);
  } finally {
    picker.removeAttribute('aria-busy');
  }
}

/* Making and changing a collection, with collection.js */

async function edit(id) {
  try {
    (await import('./collection.js')).edit(id);
  } catch {
    say(part(picker, 'scope-error'), text('trouble.network'));
  }
}

function placePicker() {
  const at = part(bar, 'scope-open').getBoundingClientRect();
  picker.style.setProperty('--picker-left', `${at.left}px`);
  picker.style.setProperty('--picker-bottom', `${innerHeight - at.top + 4}px`);
}

picker.addEventListener('toggle', (event) => {
  if (event.newState !== 'open')
    return;
  placePicker();
  showChoices();
  choices.querySelector(':checked')?.focus();
});

part(picker, 'scope-new').addEventListener('click', () => edit(''));
part(bar, 'scope-clear').addEventListener('click', () => {
  choose(null);
  part(bar, 'scope-open').focus();
});
