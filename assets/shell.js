/*
 * What every page behind the sign-in has in common: the name of the person,
 * the way out, what states.js says of the server, the reminder to confirm the
 * address where the page has room for one, and nothing of it after the way out.
 */
import './states.js';
import { sendsMail, signOut, whoIsHere } from './api.js';
import { make, part, say } from './dom.js';
import { text } from './texts.js';

const banner = part(document, 'banner');

let owner;

part(document, 'sign-out').addEventListener('click', async (event) => {
  /* In a form of its own, which works without this script as well */
  event.preventDefault();
  const button = event.currentTarget;
  button.disabled = true;
  try {
    await signOut();
    sessionStorage.clear();
    location.assign('/');
  } catch (error) {
    button.disabled = false;
    say(banner, error.message);
  }
});

export function showName(user) {
  part(document, 'user-name').textContent = user.name || user.email;
}

function showAdministration() {
  const places = document.querySelector('.places');
  if (!places.querySelector('[href="/admin"]'))
    places.append(make('a', { href: '/admin', 'aria-current': location.pathname.startsWith('/admin/') && 'true' },
      text('shell.admin')));
}

async function greet() {
  const strip = document.querySelector('[data-unconfirmed]');
  try {
    const here = await whoIsHere();
    owner = here?.user.id;
    if (here)
      showName(here.user);
    if (here?.user.role === 'admin')
      showAdministration();
    if (!here || !strip)
      return;
    if (!here.user.emailVerified && await sendsMail()) {
      (await import('./unconfirmed.js')).remind(strip, here.user);
    } else {
      localStorage.removeItem('lectern:reminder');
      delete document.documentElement.dataset.reminder;
    }
  } catch {
    /* These are ornaments; whatever is wrong, the page itself will say */
  }
}

/* A page that the browser has kept for "Back" is shown to its owner alone */
addEventListener('pageshow', async ({ persisted }) => {
  if (!persisted)
    return;
  document.body.hidden = true;
  const here = await whoIsHere().catch(() => null);
  if (here && here.user.id === owner)
    document.body.hidden = false;
  else
    location.reload();
});

greet();
