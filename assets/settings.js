/*
 * The settings page: profile, address, password, looks and the end of the
 * account.
 * Sessions and API keys have modules of their own.
 */
import { showName } from './shell.js';
import { bindForm } from './account-form.js';
import { changeEmail, changePassword, deleteAccount, rename } from './account-api.js';
import { sendsMail, whoIsHere } from './api.js';
import { part, say } from './dom.js';
import { showKeys } from './keys.js';
import { linkTrouble } from './link.js';
import { showSecondFactor, takeSecondFactor } from './second-factor.js';
import { equipSecrets } from './secret-field.js';
import { showSessions } from './sessions.js';
import { load, text } from './texts.js';
import { sendAgain } from './unconfirmed.js';

const THEME = 'lectern:theme';
const LANGUAGE = 'lectern.language';
const YEAR_S = 365 * 24 * 60 * 60;

function complain(error) {
  say(part(document, 'banner'), error.message);
}

function showUser(user) {
  showName(user);
  /* Shown unless somebody began to type before it came */
  part(document, 'profile').elements.name.defaultValue = user.name;
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
    form.reset();
    part(form, 'done').textContent = text('settings.saved');
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
    part(form, 'done').textContent = text('settings.openMail', { email });
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
    part(form, 'done').textContent = text('settings.passwordChanged');
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

/* Light or dark: theme.js puts the choice on the page, here and in others. */
function takeTheme() {
  const form = part(document, 'looks');
  const root = document.documentElement;
  form.elements.theme.value = root.dataset.theme ?? 'system';
  form.addEventListener('change', () => {
    const choice = form.elements.theme.value;
    if (choice === 'system')
      delete root.dataset.theme;
    else
      root.dataset.theme = choice;
    try {
      localStorage.setItem(THEME, choice);
    } catch {
      /* It holds for this page, then */
    }
  });
}

/* The server chooses the language: by this cookie, or by what the browser
   asks for. */
function takeLanguage() {
  const form = part(document, 'language');
  const chosen = new RegExp(`(?:^|; )${LANGUAGE}=(\\w+)`).exec(document.cookie);
  form.elements.language.value = chosen?.[1] ?? '';
  form.addEventListener('change', () => {
    const { value } = form.elements.language;
    document.cookie = `${LANGUAGE}=${value}; Path=/; SameSite=Lax; Max-Age=${value ? YEAR_S : 0}`;
    location.reload();
  });
}

/* What the link of a mail, which leads here, has come to. */
function showLink() {
  const address = new URL(location.href);
  const isChange = address.searchParams.has('changed');
  say(part(document, 'link-notice'),
    linkTrouble() || (isChange ? text('settings.addressChanged') : ''));
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

takeTheme();
takeLanguage();
await load('settings');
showLink();
equipSecrets();
takeProfile();
takeAddress();
takePassword();
takeDeletion();
takeSecondFactor(() => {
  whoIsHere().then(({ session }) => showSessions(session.token)).catch(complain);
});
show().catch(complain);
