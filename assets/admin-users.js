/*
 * Accounts, for administrators: found, added, and changed one at a time in a
 * dialog (admin-person.js).
 */
import './shell.js';
import { addUser, listUsers } from './admin-api.js';
import { factsOf, openPerson, showLink } from './admin-person.js';
import { copyOf, part, say } from './dom.js';
import { count, load, text } from './texts.js';

const TYPING_MS = 250;

const people = part(document, 'people');
const finder = part(document, 'finder');
const more = part(document, 'more');
let asking = 0;			/* the latest reading of the list */

function fill(row, user) {
  part(row, 'name').textContent = user.name || user.email;
  part(row, 'email').textContent = user.name ? user.email : '';
  say(part(row, 'role'), user.role === 'admin' ? text('admin.administrator') : '');
  say(part(row, 'state'), user.disabledAt ? text('admin.disabled')
    : user.emailVerified ? '' : text('admin.notConfirmed'));
  part(row, 'usage').textContent = factsOf(user);
  part(row, 'manage').setAttribute('aria-label', text('admin.manageLabel', { email: user.email }));
}

function rowOf(user) {
  const row = copyOf('person-template');
  let shown = user;
  fill(row, user);
  part(row, 'manage').addEventListener('click', () => openPerson(shown, {
    changed: (now, words) => {
      shown = now;
      fill(row, now);
      part(document, 'done').textContent = words;
    },
    deleted: (words) => {
      row.remove();
      part(document, 'done').textContent = words;
      part(document, 'heading').focus();
    },
  }));
  return row;
}

async function show(cursor = '') {
  const mine = ++asking;
  const { words, sort } = finder.elements;
  const problem = part(document, 'problem');
  people.setAttribute('aria-busy', 'true');
  problem.hidden = true;
  try {
    const { users, nextCursor } = await listUsers({ words: words.value.trim(), sort: sort.value, cursor });
    if (mine !== asking)
      return;
    const rows = users.map(rowOf);
    if (cursor)
      people.append(...rows);
    else
      people.replaceChildren(...rows);
    if (cursor && rows.length > 0)
      part(rows[0], 'manage').focus();
    more.hidden = !nextCursor;
    more.onclick = () => show(nextCursor);
    part(document, 'none').hidden = people.children.length > 0;
    part(document, 'found').textContent =
      count(nextCursor ? 'admin.foundMore' : 'admin.found', people.children.length);
  } catch (error) {
    say(part(problem, 'problem-words'), error.message);
    problem.hidden = false;
  }
  people.removeAttribute('aria-busy');
}

function takeFinder() {
  let typing = 0;
  finder.addEventListener('submit', (event) => {
    event.preventDefault();
    show();
  });
  finder.addEventListener('input', ({ target }) => {
    clearTimeout(typing);
    typing = setTimeout(show, target.type === 'search' ? TYPING_MS : 0);
  });
}

function takeAdding() {
  const dialog = part(document, 'add-dialog');
  const form = part(dialog, 'add-form');
  part(document, 'add').addEventListener('click', () => {
    form.reset();
    say(part(form, 'add-error'), '');
    dialog.showModal();
  });
  part(form, 'add-cancel').addEventListener('click', () => dialog.close());
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const { email, name, role } = form.elements;
    const button = form.querySelector('[type=submit]');
    button.disabled = true;
    try {
      const { user, ...how } = await addUser(
        { email: email.value.trim(), name: name.value.trim(), role: role.value });
      const row = rowOf(user);
      dialog.close();
      people.prepend(row);
      part(document, 'none').hidden = true;
      part(row, 'manage').click();
      showLink(user, how);
    } catch (error) {
      say(part(form, 'add-error'), error.message);
    }
    button.disabled = false;
  });
}

await Promise.all([load('admin'), load('error')]);
takeFinder();
takeAdding();
part(document, 'again').addEventListener('click', () => show());
addEventListener('lectern:back', () => show());
show();
