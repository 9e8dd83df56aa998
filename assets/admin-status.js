/*
 * Whether what the server depends on answers, asked anew each time.
 */
import './shell.js';
import { readStatus } from './admin-api.js';
import { icon, make, part, say } from './dom.js';
import { load, text } from './texts.js';
import { numberWords } from './words.js';

const ICONS = { ok: 'check', off: 'stop', failed: 'close' };

const figures = part(document, 'figures');
const again = part(document, 'again');

function checkOf({ name, state, reason }) {
  return make('li', { class: `check-line check-${state}` }, icon(ICONS[state]),
    make('strong', {}, text(`admin.check.${name}`)),
    make('span', { class: 'check-state' }, text(`admin.state.${state}`)),
    make('span', { class: 'check-reason', lang: 'en' }, reason));
}

async function show() {
  again.disabled = true;
  figures.setAttribute('aria-busy', 'true');
  say(part(document, 'error'), '');
  try {
    const { version, checks, waiting, models } = await readStatus();
    const words = checks.map(({ name, state }) => `${text(`admin.check.${name}`)}: ${text(`admin.state.${state}`)}`);
    part(document, 'checks').replaceChildren(...checks.map(checkOf));
    for (const [name, model] of Object.entries(models))
      part(document, name).textContent = model ?? text('admin.noModel');
    part(document, 'queued').textContent = numberWords(waiting.documentsQueued);
    part(document, 'processing').textContent = numberWords(waiting.documentsProcessing);
    part(document, 'mails').textContent = numberWords(waiting.mails);
    part(document, 'version').textContent = `Lectern ${version}`;
    part(document, 'told').textContent = words.join(', ');
    figures.removeAttribute('aria-busy');
  } catch (error) {
    say(part(document, 'error'), error.message);
  }
  again.disabled = false;
}

await load('admin');
again.addEventListener('click', show);
addEventListener('lectern:back', show);
show();
