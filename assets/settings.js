/*
 * The settings page: profile, address, password and the end of the account.
 * Sessions and API keys have modules of their own.
 */
import { showName } from './shell.js';
import { bindForm } from './account-form.js';
import { changeEmail, changePassword, deleteAccount, rename, sendsMail, whoIsHere } from './api.js';
import { part, say } from './dom.js';
import { showKeys } from './keys.js';
import { linkTrouble } from './link.js';
import { showSecondFactor, takeSecondFactor } from './second-factor.js';
import { showSessions } from './sessions.js';
import { sendAgain } from './unconfirmed.js';

function complain(error) {
  say(part(document, 'banner'), error.message);
}

function showUser(user) {
  showName(user);
  part(document, 'profile').elements.name.value = user.name;
  part(document, 'email').textContent = user.email;
  part(document, 'username').value = user.email;
  part(document, 'confirmed').hidden = !user.emailVerified;
}

async function showConfirmation(user) {
  const offer = part(document, 'confirm');
  if (user.emailVerified || !await sendsMail())
    return;
  part(document, 'not-confirmed').hidden = false;
  offer.hidden = false;
  part(offer, 'send-again').addEventListener('click', async () => {
    offer.hidden = true;
    part(document, 'send-done').textContent = await sendAgain(user.email);
  });
}

function takeProfile() {
  const form = part(document, 'profile');
  bindForm(form, async ({ name }) => {
    await rename(name.value.trim());
    return whoIsHere();
  }, (here) => {
    showUser(here.user);
    part(form, 'done').textContent = 'Saved.';
  });
  form.addEventListener('input', () => { part(form, 'done').textContent = ''; });
}

function takeAddress() {
  const form = part(document, 'address');
  bindForm(form, async ({ newEmail }) => {
    await changeEmail(newEmail.value.trim());
    return newEmail.value.trim();
  }, (email) => {
    form.reset();
    part(form, 'done').textContent = `Open the link in the mail to ${email}.`;
  });
}

function takePassword() {
  const form = part(document, 'password');
  bindForm(form, async ({ currentPassword, newPassword, endOthers }) => {
    await changePassword(currentPassword.value, newPassword.value, endOthers.checked);
    /* Which of the sessions is this one may have changed */
    return whoIsHere();
  }, (here) => {
    form.reset();
    part(form, 'done').textContent = 'Your password is changed.';
    showSessions(here.session.token).catch(complain);
  });
}

function takeDeletion() {
  const dialog = part(document, 'delete-dialog');
  const form = part(dialog, 'delete-form');
  part(document, 'delete').addEventListener('click', () => {
    form.reset();
    dialog.showModal();
  });
  part(dialog, 'keep').addEventListener('click', () => dialog.close());
  bindForm(form, ({ currentPassword }) => deleteAccount(currentPassword.value), () => {
    sessionStorage.clear();
    location.assign('/');
  }, { stays: false });
}

/* What the link of a mail, which leads here, has come to. */
function showLink() {
  const address = new URL(location.href);
  const isChange = address.searchParams.has('changed');
  say(part(document, 'link-notice'),
    linkTrouble() || (isChange ? 'Your new address counts from now on.' : ''));
  address.searchParams.delete('error');
  address.searchParams.delete('changed');
  history.replaceState(null, '', address);
}

async function show() {
  const here = await whoIsHere();
  if (!here) {
    location.reload();
    return;
  }
  const { user, session } = here;
  showUser(user);
  showSecondFactor(user);
  await Promise.all([showConfirmation(user), showSessions(session.token), showKeys()]);
}

showLink();
takeProfile();
takeAddress();
takePassword();
takeDeletion();
takeSecondFactor(() => {
  whoIsHere().then(({ session }) => showSessions(session.token)).catch(complain);
});
show().catch(complain);
