/*
 * Giving a conversation another title, in its place in the list. Enter and
 * leaving the field store it, Escape puts the old one back.
 */
import { renameConversation } from './api.js';
import { copyOf, part, say } from './dom.js';
import { changed, entryOf, holdFor, isHeldFor, letGo } from './rail.js';

function endRenaming(item, form) {
  const hadFocus = form.contains(document.activeElement);
  part(item, 'link').hidden = false;
  part(item, 'link-menu').hidden = false;
  letGo(form);
  form.remove();
  if (hadFocus)
    part(item, 'link-menu').focus();
}

async function storeName(id, item, form) {
  const input = form.elements.namedItem('title');
  const title = input.value.trim();
  if (input.readOnly)
    return;
  if (title === '' || title === entryOf(id).conversation?.title) {
    endRenaming(item, form);
    return;
  }
  input.readOnly = true;
  try {
    changed(await renameConversation(id, title));
    endRenaming(item, form);
  } catch (error) {
    say(part(form, 'rename-error'), error.message);
    input.readOnly = false;
    input.focus();
  }
}

export function rename(id) {
  const { item, conversation } = entryOf(id);
  const form = copyOf('rename-template');
  const input = form.elements.namedItem('title');
  holdFor(form);
  input.value = conversation.title;
  part(item, 'link').hidden = true;
  part(item, 'link-menu').hidden = true;
  item.append(form);
  input.select();
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    storeName(id, item, form);
  });
  input.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || event.isComposing)
      return;
    event.preventDefault();
    if (!input.readOnly)
      endRenaming(item, form);
  });
  /* A form that is being removed loses the focus, too */
  input.addEventListener('blur', () => {
    if (isHeldFor(form) && part(form, 'rename-error').hidden)
      storeName(id, item, form);
  });
}
