/*
 * An empty page: what can be asked. The suggestions are made of titles and
 * headings of the reader's newest documents; without any, of the library.
 */
import { listDocuments, listSuggestions } from './api.js';
import { copyOf, part } from './dom.js';
import { count, text } from './texts.js';

function questionAbout({ title, heading }) {
  return heading ? text('chat.askHeading', { title, heading }) : text('chat.askTitle', { title });
}

async function showSuggestions(ask) {
  const list = part(document, 'starters');
  const suggestions = await listSuggestions();
  list.replaceChildren(...suggestions.map((suggestion) => {
    const item = copyOf('starter-template');
    const button = part(item, 'starter');
    button.textContent = questionAbout(suggestion);
    button.addEventListener('click', () => ask(button.textContent));
    return item;
  }));
  list.hidden = suggestions.length === 0;
}

async function showShelf() {
  const { documents, nextCursor } = await listDocuments();
  const ready = documents.filter(({ status }) => status === 'ready').length;
  const link = document.createElement('a');
  link.className = 'link';
  link.href = '/documents';
  link.textContent = text(ready > 0 ? 'chat.seeDocuments' : 'chat.addDocument');
  part(document, 'welcome-text').replaceChildren(ready === 0 ? text('chat.emptyShelf')
    : count(nextCursor ? 'chat.shelfMore' : 'chat.shelf', ready), ' ', link);
}

/* `ask(question)` is called when a suggestion is taken. */
export async function showWelcome(ask) {
  part(document, 'welcome').hidden = false;
  await Promise.all([showShelf(), showSuggestions(ask)]);
}
