/*
 * The documents page as /admin/library: the shared library alone, with the
 * places of the administration above it.
 */
import { make, part } from './dom.js';
import { load, text } from './texts.js';

const PLACES = { usage: '/admin', users: '/admin/users', library: '/admin/library',
  status: '/admin/status', audit: '/admin/audit' };

export async function becomeLibrary() {
  await load('admin');
  document.head.append(make('link', { rel: 'stylesheet', href: new URL('./tabs.css', import.meta.url).href }));
  const title = text('admin.libraryTitle');
  const shared = part(document, 'finder').elements.namedItem('shared');
  const toShared = part(document, 'dropzone').elements.namedItem('shared');
  document.title = `${title} · Lectern`;
  part(document, 'heading').textContent = title;
  part(document, 'main').prepend(make('nav', { class: 'tabs', 'aria-label': text('admin.places') },
    ...Object.entries(PLACES).map(([name, href]) => make('a',
      { href, 'aria-current': href === location.pathname ? 'page' : false }, text(`admin.place.${name}`)))));
  document.querySelector('.places [aria-current]')?.removeAttribute('aria-current');
  shared.parentElement.hidden = true;
  toShared.checked = true;
}
