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
import './states.js';
import { signIn, signInWithBackupCode, signInWithCode } from './account-api.js';
import { accountForm, bindForm, takeTold } from './account-form.js';
import { isSessionKept, watchCookies } from './cookies.js';
import { nextPath } from './next.js';
import { part } from './dom.js';
import { equipSecrets } from './secret-field.js';

const CODE = 'code';
/* Where a form that was sent without script leads for the second step. */
const CODE_HASHES = ['#code', '#INVALID_CODE', '#INVALID_BACKUP_CODE'];

const hash = location.hash;

async function leave() {
  if (await isSessionKept())
    location.assign(nextPath());
}

function show(which) {
  part(document, 'first-step').hidden = true;
  part(document, 'second-step').hidden = false;
  for (const name of ['app', 'backup']) {
    part(document, `${name}-step`).hidden = name !== which;
    part(document, `${name}-form`).reset();
  }
  const step = part(document, `${which}-step`);
  document.title = `${step.querySelector('h1').textContent} · Lectern`;
  part(step, `${which}-form`).elements.code.focus();
}

function showCodeStep() {
  history.pushState({ step: CODE }, '');
  show('app');
}

function takeCode(name, send) {
  bindForm(part(document, `${name}-form`), ({ code, trustDevice }) =>
    send(code.value.trim(), trustDevice.checked), leave, { stays: false });
}

const told = takeTold();
accountForm(({ email, password, rememberMe }) =>
  signIn(email.value.trim(), password.value, rememberMe.checked),
(answer) => (answer.twoFactorRedirect ? showCodeStep() : leave()));
takeCode('app', signInWithCode);
takeCode('backup', signInWithBackupCode);
equipSecrets();
watchCookies();
part(document, 'use-backup').addEventListener('click', () => show('backup'));
part(document, 'use-app').addEventListener('click', () => show('app'));
part(document, 'start-over').addEventListener('click', () => history.back());
window.addEventListener('popstate', ({ state }) => (state?.step === CODE
  ? show('app') : location.reload()));
/* Loaded anew in the middle: the password comes first again */
history.replaceState(null, '', CODE_HASHES.includes(hash) ? location.pathname + location.search : undefined);
if (CODE_HASHES.includes(hash)) {
  history.pushState({ step: CODE }, '');
  show(told === 'INVALID_BACKUP_CODE' ? 'backup' : 'app');
}
