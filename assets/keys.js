/*
 * API keys: made, shown once, copied, deleted.
 */
import { bindForm } from './account-form.js';
import { createKey, deleteKey, listKeys } from './account-api.js';
import { copyOf, part, say } from './dom.js';
import { text } from './texts.js';
import { dateWords } from './words.js';

const DAY_MS = 24 * 60 * 60 * 1000;

function showEmptiness() {
  part(document, 'keys-empty').hidden = part(document, 'keys').children.length > 0;
}

function endWords({ expiresAt }) {
  if (!expiresAt)
    return text('keys.neverEnds');
  return text(new Date(expiresAt) > new Date() ? 'keys.ends' : 'keys.ended', { date: dateWords(expiresAt) });
}

function rowOf(key) {
  const row = copyOf('key-template');
  part(row, 'name').textContent = key.name;
  part(row, 'prefix').textContent = `${key.prefix}…`;
  part(row, 'facts').textContent = [text('keys.made', { date: dateWords(key.createdAt) }),
    key.lastUsedAt ? text('keys.lastUsed', { date: dateWords(key.lastUsedAt) }) : text('keys.neverUsed'),
    endWords(key)].join(' · ');
  part(row, 'delete-label').textContent = text('keys.deleteLabel', { name: key.name });
  part(row, 'delete-key').addEventListener('click', () => askToDelete(row, key));
  return row;
}

function askToDelete(row, key) {
  const dialog = part(document, 'key-dialog');
  part(dialog, 'key-dialog-words').textContent = text('keys.deleteWords', { name: key.name });
  dialog.returnValue = '';
  dialog.onclose = () => dialog.returnValue === 'delete' && remove(row, key);
  dialog.showModal();
}

async function remove(row, key) {
  try {
    await deleteKey(key.id);
  } catch (error) {
    if (error.status !== 404) {
      say(part(document, 'banner'), error.message);
      return;
    }
  }
  row.remove();
  part(document, 'fresh-key').hidden = true;
  showEmptiness();
  part(document, 'announcer').textContent = text('keys.deleted', { name: key.name });
}

/* The key itself, this once. */
function showFresh({ key, apiKey }) {
  const box = part(document, 'fresh-key');
  const label = part(box, 'copy-label');
  part(box, 'fresh-words').textContent = text('keys.fresh', { name: apiKey.name });
  part(box, 'fresh-text').textContent = key;
  label.textContent = text('keys.copy');
  part(box, 'copy').onclick = async () => {
    try {
      await navigator.clipboard.writeText(key);
      label.textContent = text('keys.copied');
    } catch {
      /* Not allowed here: selected, so that a key press copies it */
      getSelection().selectAllChildren(part(box, 'fresh-text'));
    }
  };
  box.hidden = false;
  part(box, 'fresh-text').focus();
}

/* The moment that many days from now; null for none. */
function endAfter(days) {
  return days === '' ? null : new Date(Date.now() + Number(days) * DAY_MS).toISOString();
}

export async function showKeys() {
  const list = part(document, 'keys');
  const form = part(document, 'new-key');
  list.replaceChildren(...(await listKeys()).map(rowOf));
  showEmptiness();
  bindForm(form, ({ name, expiresAt }) => createKey(name.value.trim(), endAfter(expiresAt.value)),
    (made) => {
      form.reset();
      list.prepend(rowOf(made.apiKey));
      showEmptiness();
      showFresh(made);
    });
}
