/*
 * The dialog in which a collection is made, changed and deleted. scope.js
 * loads it when it is asked for, and its style comes along.
 */
import { deleteCollection, everyDocument, readCollection, storeCollection } from './api.js';
import { copyOf, make, part, say } from './dom.js';
import { choose, unchoose } from './scope.js';
import { count, text } from './texts.js';

const dialog = part(document, 'collection');
const form = part(dialog, 'collection-form');
const papers = part(form, 'collection-documents');
const save = form.querySelector('[type=submit]');

/* Plain, the dialog can be used as well: an error is no reason to stop. */
function loadStyle() {
  const href = new URL('./collection.css', import.meta.url).href;
  const link = make('link', { rel: 'stylesheet', href });
  return new Promise((resolve) => {
    link.onload = link.onerror = resolve;
    document.head.append(link);
  });
}

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

/* `id`: '' for a new one. */
export async function edit(id) {
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
  unchoose(id);
}));

part(form, 'collection-cancel').addEventListener('click', () => dialog.close());
dialog.addEventListener('close', () => part(document, 'scope-open').focus());
form.elements.namedItem('filter').addEventListener('input', filter);
papers.addEventListener('change', showCount);

await loadStyle();
