/*
 * Several documents at once: asked about, put into a collection, deleted.
 * document-list.js says which are chosen, and deletes them.
 */
import { addToCollection, listCollections, storeCollection } from './api.js';
import { make, part, say } from './dom.js';
import { chosen, chooseAll, onChoice, removeAll } from './document-list.js';
import { count, text } from './texts.js';

const bar = part(document, 'selection');
const all = part(bar, 'select-all');

function showChoice() {
  const { papers, shown } = chosen();
  const ready = papers.filter(({ status }) => status === 'ready');
  const ask = part(bar, 'ask-selected');
  bar.hidden = shown < 2 && papers.length === 0;
  part(bar, 'selection-actions').hidden = papers.length === 0;
  part(bar, 'selected').textContent = papers.length === 0 ? text('documents.selectEvery')
    : count('documents.selected', papers.length);
  all.checked = papers.length > 0 && papers.length === shown;
  all.indeterminate = papers.length > 0 && papers.length < shown;
  ask.hidden = ready.length === 0;
  ask.href = `/chat?${ready.map(({ id }) => `document=${encodeURIComponent(id)}`).join('&')}`;
  part(bar, 'delete-selected').hidden = !papers.some(({ isMine }) => isMine);
}

/* Collections */

const dialog = part(document, 'collect-dialog');
const form = part(dialog, 'collect-form');

function showName() {
  const { collection, name } = form.elements;
  part(dialog, 'collect-new').hidden = collection.value !== '';
  name.required = collection.value === '';
}

async function openCollect() {
  const { collection } = form.elements;
  form.reset();
  say(part(dialog, 'collect-error'), '');
  try {
    const found = await listCollections();
    collection.replaceChildren(
      ...found.map(({ id, name }) => make('option', { value: id }, name)),
      make('option', { value: '' }, text('documents.newCollection')));
    showName();
    dialog.showModal();
  } catch (error) {
    say(part(document, 'banner'), error.message);
  }
}

async function collect(event) {
  const { collection, name } = form.elements;
  const ids = chosen().papers.map(({ id }) => id);
  event.preventDefault();
  form.setAttribute('aria-busy', 'true');
  try {
    let stored = null;
    if (collection.value === '') {
      stored = await storeCollection('', name.value, ids);
    } else {
      for (const id of ids)
        stored = await addToCollection(collection.value, id);
    }
    dialog.close();
    chooseAll(false);
    part(document, 'announcer').textContent =
      count('documents.collected', ids.length, { name: stored.name });
  } catch (error) {
    say(part(dialog, 'collect-error'), error.message);
  }
  form.removeAttribute('aria-busy');
}

export function startSelection() {
  onChoice(showChoice);
  all.addEventListener('change', () => chooseAll(all.checked));
  part(bar, 'collect').addEventListener('click', openCollect);
  part(bar, 'delete-selected').addEventListener('click', removeAll);
  part(dialog, 'collect-cancel').addEventListener('click', () => dialog.close());
  form.elements.collection.addEventListener('change', showName);
  form.addEventListener('submit', collect);
  form.elements.name.addEventListener('input', () => say(part(dialog, 'collect-error'), ''));
}
