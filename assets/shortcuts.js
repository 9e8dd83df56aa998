/*
 * Keys that act on the chat, and the sheet that lists them. Single keys work
 * only while nothing is being typed and no dialog is open, and can be turned
 * off in the sheet (kept in this browser), for people who speak to their
 * computer or type with a switch.
 */
import { part } from './dom.js';

const SETTING = 'lectern.shortcuts';

const sheet = part(document, 'shortcuts');
const setting = part(sheet, 'shortcuts-on');

function isTyping(target) {
  return target.isContentEditable || target.matches('input, textarea, select');
}

function isBusyElsewhere() {
  return document.querySelector('dialog:modal') !== null;
}

function wereOn() {
  try {
    return localStorage.getItem(SETTING) !== 'off';
  } catch {
    return true;
  }
}

/* `actions` has a function for each key; Escape works while typing, too. */
export function listen(actions) {
  addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey
      || event.isComposing || isBusyElsewhere())
      return;
    const isEscape = event.key === 'Escape';
    if (!isEscape && (!setting.checked || isTyping(event.target)))
      return;
    const act = event.key === '?' ? () => sheet.showModal() : actions[event.key];
    if (!act || act() === false)
      return;
    event.preventDefault();
  });
  part(document, 'shortcuts-open').addEventListener('click', () => sheet.showModal());
  setting.checked = wereOn();
  setting.addEventListener('change', () => {
    try {
      localStorage.setItem(SETTING, setting.checked ? 'on' : 'off');
    } catch {
      /* Kept for as long as the page is open, by the box itself */
    }
  });
}
