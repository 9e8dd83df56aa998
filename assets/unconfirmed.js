/*
 * The reminder that an address is still to be confirmed: a strip below the
 * masthead, where the server sends mail, until it is put away.
 */
import { load, text } from './texts.js';

await load('account');

const PUT_AWAY = 'lectern:confirm-later';
/* Pages keep room for it from the next one on (theme.js). */
const REMINDER = 'lectern:reminder';


function button(words, act) {
  const element = document.createElement('button');
  element.type = 'button';
  element.className = 'link';
  element.textContent = words;
  element.addEventListener('click', act);
  return element;
}

/* Fills the strip with words and the ways on. */
function show(strip, words, ...buttons) {
  const line = document.createElement('span');
  line.textContent = words;
  strip.replaceChildren(line, ...buttons);
  strip.hidden = false;
}

/* Sends the mail once more; resolves to the words that say how it went. */
export async function sendAgain(email) {
  try {
    const { sendConfirmation } = await import('./account-api.js');
    await sendConfirmation(email);
    return text('account.mailAgain', { email });
  } catch (error) {
    return error.status === 429 ? text('account.mailRecent') : error.message;
  }
}

export function remind(strip, user) {
  if (sessionStorage.getItem(PUT_AWAY))
    return;
  localStorage.setItem(REMINDER, 'yes');
  const later = button(text('account.later'), () => {
    sessionStorage.setItem(PUT_AWAY, 'yes');
    delete document.documentElement.dataset.reminder;
    strip.hidden = true;
  });
  const again = button(text('account.sendAgain'), async () => {
    again.disabled = true;
    show(strip, await sendAgain(user.email), later);
  });
  show(strip, text('account.confirm', { email: user.email }), again, later);
}
