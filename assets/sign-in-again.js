/*
 * The session ended while the page was open: a dialog asks for the password
 * where the reader is, so that nothing typed or shown is lost.
 *
 *	password -> (code of the second factor ->) resolved
 *	put away -> rejected; the next call asks again
 *
 * It is for the person whose page this is; anybody else takes the way by the
 * sign-in page.
 */
import { bindForm } from './account-form.js';
import { signIn, signInWithBackupCode, signInWithCode } from './account-api.js';
import { ApiError, signInAddress } from './api.js';
import { make, part } from './dom.js';
import { equipSecrets } from './secret-field.js';
import { text } from './texts.js';

function field(id, label, attributes) {
  return make('div', { class: 'field' },
    make('label', { for: id }, label),
    make('input', { id, required: true, ...attributes }),
    make('p', { class: 'field-error', id: `${id}-error`, hidden: true }));
}

function form(name, ...content) {
  return make('form', { class: 'form', method: 'post', [`data-${name}`]: true },
    make('p', { class: 'form-error', role: 'alert', 'data-form-error': true, hidden: true }),
    ...content,
    make('p', { class: 'dialog-actions' },
      make('button', { class: 'button button-quiet', type: 'button', 'data-later': true }, text('again.later')),
      make('button', { class: 'button', type: 'submit' }, text('signIn.submit'))));
}

function build({ email }) {
  const someone = make('a', { class: 'link', href: signInAddress() }, text('again.someoneElse'));
  return make('dialog', { class: 'dialog', 'aria-labelledby': 'again-title' },
    make('h2', { id: 'again-title' }, text('again.title')),
    make('p', {}, text('again.lead')),
    form('again-password',
      make('div', { class: 'field' },
        make('label', { for: 'again-email' }, text('account.email')),
        make('input', { id: 'again-email', name: 'email', type: 'email', autocomplete: 'username',
          readonly: true, value: email })),
      field('again-password', text('account.password'), { name: 'password', type: 'password',
        autocomplete: 'current-password', 'data-missing': text('account.passwordMissing') })),
    form('again-code',
      field('again-code', text('again.code'), { name: 'code', type: 'text', autocomplete: 'one-time-code',
        autocapitalize: 'none', spellcheck: 'false', 'data-missing': text('account.codeMissing') })),
    make('p', { class: 'dialog-actions' }, someone));
}

/* Six digits are of the app, anything else is a backup code. */
function sendCode(code) {
  return /^[\d\s]{6,7}$/.test(code) ? signInWithCode(code.replace(/\s/g, '')) : signInWithBackupCode(code);
}

/* Resolves when `user` is signed in again; rejects when they put it off. */
export function askToSignIn(user) {
  const dialog = build(user);
  const password = part(dialog, 'again-password');
  const code = part(dialog, 'again-code');
  const before = document.activeElement;
  code.hidden = true;
  document.body.append(dialog);
  equipSecrets(dialog);
  dialog.showModal();
  password.elements.password.focus();

  return new Promise((resolve, reject) => {
    let isDone = false;
    const finish = ({ user: now }) => {
      /* Not the one whose page this is: nothing here is theirs */
      if (now.id !== user.id) {
        sessionStorage.clear();
        location.reload();
        return;
      }
      isDone = true;
      dialog.close();
    };
    bindForm(password, (fields) => signIn(user.email, fields.password.value, true), (answer) => {
      if (!answer.twoFactorRedirect) {
        finish(answer);
        return;
      }
      password.hidden = true;
      code.hidden = false;
      code.elements.code.focus();
    });
    bindForm(code, (fields) => sendCode(fields.code.value.trim()), finish);
    for (const later of dialog.querySelectorAll('[data-later]'))
      later.addEventListener('click', () => dialog.close());
    dialog.addEventListener('close', () => {
      dialog.remove();
      before?.focus?.();
      if (isDone)
        resolve();
      else
        reject(new ApiError(text('again.putOff'), { status: 401, code: 'SESSION_ENDED' }));
    });
  });
}
