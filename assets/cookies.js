/*
 * Whether this browser keeps our cookies where the page stands. In a frame of
 * another site (huggingface.co shows Spaces in one) it may refuse them, and a
 * sign-in would lead back to the sign-in page for ever; the page says so and
 * offers a tab of its own.
 */
import { whoIsHere } from './api.js';
import { make, part } from './dom.js';
import { text } from './texts.js';

const PROBE = 'lectern-probe';

const isFramed = window.self !== window.top;

/* Partitioned, as the session's cookie is where it is to work in frames. */
function keepsProbe() {
  const attributes = isFramed ? '; SameSite=None; Secure; Partitioned' : '; SameSite=Lax';
  try {
    document.cookie = `${PROBE}=1; Path=/${attributes}`;
    const isKept = document.cookie.includes(PROBE);
    document.cookie = `${PROBE}=; Path=/; Max-Age=0${attributes}`;
    return isKept;
  } catch {
    return false;
  }
}

function tell() {
  const notice = part(document, 'no-cookies');
  const here = location.pathname + location.search;
  notice.replaceChildren(make('p', {}, text(isFramed ? 'frame.blocked' : 'frame.noCookies')));
  if (isFramed)
    notice.append(make('p', {}, make('a', { class: 'button', href: here, target: '_blank', rel: 'noopener' },
      text('frame.open'))));
  notice.hidden = false;
}

/* Says it before anybody fills in a form, where it can be known. */
export function watchCookies() {
  if (!keepsProbe())
    tell();
}

/* After a sign-in: true when the session's cookie has come to stay. */
export async function isSessionKept() {
  if (!isFramed && navigator.cookieEnabled)
    return true;
  if (await whoIsHere())
    return true;
  tell();
  part(document, 'no-cookies').scrollIntoView({ block: 'nearest' });
  return false;
}
