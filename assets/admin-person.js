/*
 * What an administrator may do with an account, in a dialog:
 *
 *	link for a new password, sign out everywhere, make or unmake an
 *	administrator, disable or enable, delete (asked for twice)
 *
 * Nobody does any of it to himself here; the server refuses that too.
 */
import { changeUser, deleteUser, endSessionsOf, sendResetLink } from './admin-api.js';
import { whoIsHere } from './api.js';
import { part, say } from './dom.js';
import { text } from './texts.js';
import { dateWords, numberWords, sizeWords } from './words.js';

const dialog = part(document, 'person-dialog');
const acts = part(dialog, 'acts');
const sure = part(dialog, 'sure');
const link = part(dialog, 'link');

let shown = null;		/* the account */
let told = null;		/* {changed, deleted} of the list */
let ownId = '';

/* How much there is of an account, in a line. */
export function factsOf({ usage, createdAt, lastSeenAt }) {
  const { documents, bytes, questions, inputTokens, outputTokens } = usage;
  return [text('admin.userFacts', {
    documents: numberWords(documents), size: sizeWords(bytes),
    questions: numberWords(questions), tokens: numberWords(inputTokens + outputTokens),
  }), text('admin.since', { date: dateWords(createdAt) }),
  lastSeenAt ? text('admin.seen', { date: dateWords(lastSeenAt) }) : text('admin.neverSeen')].join(' · ');
}

function show() {
  const isOwn = shown.id === ownId;
  const button = (name) => acts.querySelector(`[data-act="${name}"]`);
  part(dialog, 'person-email').textContent = shown.email;
  part(dialog, 'person-facts').textContent = factsOf(shown);
  part(dialog, 'person-usage').textContent = text('admin.details', {
    sessions: numberWords(shown.sessions), keys: numberWords(shown.apiKeys),
    factor: text(shown.twoFactorEnabled ? 'admin.factorOn' : 'admin.factorOff'),
  });
  say(part(dialog, 'person-note'), isOwn ? part(document, 'own').textContent
    : shown.roleIsFixed ? part(document, 'fixed').textContent : '');
  button('resetLink').hidden = shown.disabledAt !== null;
  button('signOut').hidden = isOwn || shown.sessions === 0;
  button('makeAdmin').hidden = isOwn || shown.role === 'admin';
  button('makeUser').hidden = isOwn || shown.role !== 'admin' || shown.roleIsFixed;
  button('disable').hidden = isOwn || shown.disabledAt !== null || shown.roleIsFixed;
  button('enable').hidden = shown.disabledAt === null;
  button('drop').hidden = isOwn || shown.roleIsFixed;
  acts.hidden = false;
  sure.hidden = true;
}

function changed(user, words) {
  shown = user;
  told.changed(user, words);
  show();
}

/* How a link goes its way: by mail, or by hand. */
export function showLink({ email }, { mailed, link: address, linkExpiresAt }) {
  part(link, 'link-words').textContent = text(mailed ? 'admin.mailed' : 'admin.linkShown',
    { email, date: dateWords(linkExpiresAt) });
  part(link, 'link-line').hidden = !address;
  part(link, 'link-address').textContent = address ?? '';
  link.hidden = false;
}

const ACTS = {
  resetLink: async () => showLink(shown, await sendResetLink(shown.id)),
  signOut: async () => {
    await endSessionsOf(shown.id);
    changed({ ...shown, sessions: 0 }, text('admin.done.signedOut', shown));
  },
  makeAdmin: async () => changed(await changeUser(shown.id, { role: 'admin' }), text('admin.done.admin', shown)),
  makeUser: async () => changed(await changeUser(shown.id, { role: 'user' }), text('admin.done.user', shown)),
  disable: async () => changed(await changeUser(shown.id, { disabled: true }), text('admin.done.disabled', shown)),
  enable: async () => changed(await changeUser(shown.id, { disabled: false }), text('admin.done.enabled', shown)),
  drop: async () => {
    acts.hidden = true;
    sure.hidden = false;
    sure.querySelector('[data-act="keep"]').focus();
  },
  keep: async () => show(),
  dropNow: async () => {
    await deleteUser(shown.id);
    dialog.close();
    told.deleted(text('admin.done.deleted', shown));
  },
};

dialog.addEventListener('click', async ({ target }) => {
  const button = target.closest('[data-act]');
  if (!button)
    return;
  button.disabled = true;
  say(part(dialog, 'person-error'), '');
  try {
    await ACTS[button.dataset.act]();
  } catch (error) {
    say(part(dialog, 'person-error'), error.message);
  }
  button.disabled = false;
  if (dialog.open && !dialog.contains(document.activeElement))
    part(dialog, 'person-email').focus();
});

part(link, 'link-copy').addEventListener('click', async () => {
  const label = part(link, 'link-copy-label');
  try {
    await navigator.clipboard.writeText(part(link, 'link-address').textContent);
    label.textContent = text('admin.copied');
  } catch {
    label.textContent = text('admin.copyByHand');
  }
});

/* `hear` has changed(user, words) and deleted(words). */
export async function openPerson(user, hear) {
  shown = user;
  told = hear;
  link.hidden = true;
  say(part(dialog, 'person-error'), '');
  show();
  dialog.showModal();
  ownId ||= (await whoIsHere().catch(() => null))?.user.id ?? '';
  show();
}
