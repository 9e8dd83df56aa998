/*
 * The sign-in page: the password, then, where there is a second factor, a
 * code of the authenticator app or one of the backup codes.
 *
 *	password -> app's code <-> backup code -> the page asked for
 *	                 \______________/ -> password, by the way back
 *
 * The code is a step in the history of its own, so that the browser's Back
 * leads to the password.
 */
import { signIn, signInWithBackupCode, signInWithCode } from './api.js';
import { accountForm, bindForm } from './account-form.js';
import { nextPath } from './next.js';
import { part } from './dom.js';

const CODE = 'code';
const TITLE = { app: 'Enter your code', backup: 'Enter a backup code' };

function leave() {
  location.assign(nextPath());
}

function show(which) {
  part(document, 'first-step').hidden = true;
  part(document, 'second-step').hidden = false;
  for (const name of ['app', 'backup']) {
    part(document, `${name}-step`).hidden = name !== which;
    part(document, `${name}-form`).reset();
  }
  document.title = `${TITLE[which]} · Lectern`;
  part(document, `${which}-form`).elements.code.focus();
}

function showCodeStep() {
  history.pushState({ step: CODE }, '');
  show('app');
}

function takeCode(name, send) {
  bindForm(part(document, `${name}-form`), ({ code, trustDevice }) =>
    send(code.value.trim(), trustDevice.checked), leave, { stays: false });
}

accountForm(({ email, password, rememberMe }) =>
  signIn(email.value.trim(), password.value, rememberMe.checked),
(answer) => (answer.twoFactorRedirect ? showCodeStep() : leave()));
takeCode('app', signInWithCode);
takeCode('backup', signInWithBackupCode);
part(document, 'use-backup').addEventListener('click', () => show('backup'));
part(document, 'use-app').addEventListener('click', () => show('app'));
part(document, 'start-over').addEventListener('click', () => history.back());
window.addEventListener('popstate', ({ state }) => (state?.step === CODE
  ? show('app') : location.reload()));
/* Loaded anew in the middle: the password comes first again */
history.replaceState(null, '');
