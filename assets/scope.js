/*
 * Where a question is looked up: in all documents, in one (/chat?document=ID)
 * or in a collection of the reader's, who makes, changes and deletes them
 * here. The choice stands above the question box and is kept for each
 * conversation, in this tab.
 *
 *   startScope(conversationId)    at the start; '' for a new conversation
 *   scopeFields()                 what a question carries of it
 *   scopeAccepted(conversationId) the new conversation has got this id
 */
import { deleteCollection, everyDocument, listCollections, readCollection, readDocument,
  storeCollection } from './api.js';
import { copyOf, part, say } from './dom.js';
import { count, text } from './texts.js';

const bar = part(document, 'scope');
const title = part(bar, 'scope-title');
const picker = part(document, 'scope-picker');
const choices = part(picker, 'scope-choices');
const dialog = part(document, 'collection');
const form = part(dialog, 'collection-form');
const papers = part(form, 'collection-documents');
const save = form.querySelector('[type=submit]');

let scope = null;		/* {kind: 'document' | 'collection', id, name}, or all */
let key = '';			/* under which the choice is kept */

function keep() {
  try {
    if (scope)
      sessionStorage.setItem(key, JSON.stringify(scope));
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

function choose(next) {
  scope = next;
  title.textContent = scope ? scope.name : text('scope.all');
  bar.toggleAttribute('data-narrow', scope !== null);
  part(bar, 'scope-clear').hidden = scope === null;
  keep();
}

export function scopeFields() {
  if (!scope)
    return {};
  return scope.kind === 'document' ? { documentIds: [scope.id] } : { collection: scope.id };
}

export function scopeAccepted(conversationId) {
  if (key === keyOf(conversationId))
    return;
  sessionStorage.removeItem(key);
  key = keyOf(conversationId);
  keep();
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

function choice(name, detail, next) {
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
  return choice(name, count('scope.documents', documents), { kind: 'collection', id, name });
}

async function showChoices() {
  const error = part(picker, 'scope-error');
  say(error, '');
  choices.replaceChildren(choice(text('scope.all'), '', null));
  if (scope?.kind === 'document')
    choices.append(choice(scope.name, '', scope));
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

/* Making and changing a collection */

function paperRow({ id, title: name, shared }, isChosen) {
  const row = copyOf('collection-document-template');
  const input = part(row, 'collection-document');
  input.value = id;
  input.checked = isChosen;
  part(row, 'collection-document-title').textContent = name;
  part(row, 'collection-document-shared').hidden = !shared;
  return row;
}

function filter() {
  const words = form.elements.namedItem('filter').value.trim().toLocaleLowerCase();
  let shown = 0;
  for (const row of papers.children) {
    row.hidden = !row.textContent.toLocaleLowerCase().includes(words);
    shown += row.hidden ? 0 : 1;
  }
  part(form, 'collection-none').hidden = shown > 0;
}

function chosen() {
  return [...papers.querySelectorAll('input:checked')].map((input) => input.value);
}

function showCount() {
  part(form, 'collection-count').textContent = count('scope.chosen', chosen().length);
}

async function fillDialog(id) {
  const [collection, documents] = await Promise.all([
    id ? readCollection(id) : null, everyDocument()]);
  const ids = new Set(collection?.documentIds);
  if (form.dataset.id !== id)
    return;
  if (collection)
    form.elements.namedItem('name').value = collection.name;
  papers.replaceChildren(...documents.map((paper) => paperRow(paper, ids.has(paper.id))));
  filter();
  showCount();
}

async function edit(id) {
  const error = part(form, 'collection-error');
  form.reset();
  papers.replaceChildren();
  say(error, '');
  part(dialog, 'collection-heading').textContent = text(id ? 'scope.change' : 'scope.make');
  part(form, 'collection-delete').hidden = !id;
  part(form, 'collection-sure').hidden = true;
  form.dataset.id = id;
  dialog.showModal();
  dialog.setAttribute('aria-busy', 'true');
  /* Stored before its documents are here, it would lose them */
  save.disabled = true;
  try {
    await fillDialog(id);
    save.disabled = false;
  } catch (problem) {
    say(error, problem.message);
  } finally {
    dialog.removeAttribute('aria-busy');
  }
}

/* Runs a change; what speaks against it is said in the dialog. */
async function change(act) {
  const buttons = [...form.querySelectorAll('button')];
  for (const button of buttons)
    button.disabled = true;
  try {
    await act(form.dataset.id);
    dialog.close();
  } catch (error) {
    say(part(form, 'collection-error'), error.message);
  } finally {
    for (const button of buttons)
      button.disabled = false;
  }
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  change(async (id) => {
    const collection = await storeCollection(id, form.elements.namedItem('name').value.trim(), chosen());
    choose({ kind: 'collection', id: collection.id, name: collection.name });
  });
});

part(form, 'collection-delete').addEventListener('click', () => {
  part(form, 'collection-delete').hidden = true;
  part(form, 'collection-sure').hidden = false;
  part(form, 'collection-really').focus();
});

part(form, 'collection-really').addEventListener('click', () => change(async (id) => {
  await deleteCollection(id);
  if (scope?.id === id)
    choose(null);
}));

part(form, 'collection-cancel').addEventListener('click', () => dialog.close());
dialog.addEventListener('close', () => part(bar, 'scope-open').focus());
form.elements.namedItem('filter').addEventListener('input', filter);
papers.addEventListener('change', showCount);

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
