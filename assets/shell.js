/*
 * What every page behind the sign-in has in common: the name of the person,
 * the way out, and a banner while the server cannot be reached.
 */
import { signOut, whoIsHere } from './api.js';
import { part, say } from './dom.js';

const banner = part(document, 'banner');

window.addEventListener('lectern:waiting', (event) => say(banner, event.detail));
window.addEventListener('lectern:answered', () => say(banner, ''));

part(document, 'sign-out').addEventListener('click', async (event) => {
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

async function showName() {
  try {
    const here = await whoIsHere();
    part(document, 'user-name').textContent = here?.user.name || here?.user.email || '';
  } catch {
    /* The name is an ornament; whatever is wrong, the page itself will say */
  }
}

showName();
