/*
 * The forms of the pages about accounts: checked here for the obvious, sent,
 * and the server's refusal put beside the field it blames. The line for a
 * field's error has the field's id and "-error" as its own.
 */
import { nextPath } from './next.js';
import { part, say } from './dom.js';

const WORDS = {
  INVALID_EMAIL_OR_PASSWORD: ['', 'The e-mail address or the password is wrong.'],
  INVALID_EMAIL: ['email', 'This is not a complete e-mail address.'],
  PASSWORD_TOO_SHORT: ['password', 'Use at least 8 characters.'],
  PASSWORD_TOO_LONG: ['password', 'Use at most 128 characters.'],
  USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL: ['email', 'There is an account with this address. Sign in instead.'],
  INVALID_PASSWORD: ['currentPassword', 'This is not your password.'],
  INVALID_TOKEN: ['', 'This link has been used or is too old. Ask for a new one.'],
  RESET_PASSWORD_DISABLED: ['', 'This server sends no mail. Ask whoever runs it.'],
  CHANGE_EMAIL_DISABLED: ['', 'This server sends no mail, so that addresses cannot be confirmed. Ask whoever runs it.'],
  INVALID_CODE: ['code', 'This code is wrong or was used already. Enter the one that the app shows now.'],
  INVALID_BACKUP_CODE: ['code', 'This backup code is wrong or was used already.'],
  INVALID_TWO_FACTOR_COOKIE: ['', 'The time for the code is up. Start over with your password.'],
  TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE: ['', 'Too many wrong codes. Start over with your password.'],
  ACCOUNT_TEMPORARILY_LOCKED: ['', 'Too many wrong codes. Codes are refused for a while; try again later.'],
  TOTP_NOT_ENABLED: ['', 'The second factor is off. Load this page again.'],
  TOTP_ALREADY_ENABLED: ['', 'The second factor is on already. Load this page again.'],
  TWO_FACTOR_NOT_ENABLED: ['', 'The second factor is off. Load this page again.'],
  BACKUP_CODES_NOT_ENABLED: ['', 'There are no backup codes. Use the app.'],
  EMAIL_NOT_VERIFIED: ['', 'Open the link in the mail that we sent you first.'],
  EMAIL_PASSWORD_SIGN_UP_DISABLED: ['', 'New accounts are closed here. Ask whoever runs this server.'],
};

/* What a field is called where there is an old and a new one. */
const OTHER_NAMES = { password: 'newPassword', email: 'newEmail' };

/* [field, words]; better-auth names a field as "[body.email] …" in its text. */
function wordsFor(error) {
  if (WORDS[error.code])
    return WORDS[error.code];
  const field = error.field || (/^\[body\.(\w+)\]/.exec(error.message)?.[1] ?? '');
  if (error.code === 'VALIDATION_ERROR' && ['email', 'newEmail'].includes(field))
    return WORDS.INVALID_EMAIL;
  if (error.code === 'VALIDATION_ERROR' && field)
    return [field, 'Please check this.'];
  if (error.status === 429)
    return ['', 'Too many attempts. Wait a minute, then try again.'];
  return ['', error.message];
}

/* What the browser itself finds wrong with a field, in our words. */
function complaint(input) {
  const { validity } = input;
  if (validity.valueMissing || (input.required && input.value.trim() === ''))
    return input.dataset.missing ?? `Fill in your ${input.labels[0].textContent.toLowerCase()}.`;
  if (validity.typeMismatch)
    return WORDS.INVALID_EMAIL[1];
  if (validity.tooShort || (input.minLength > 0 && input.value.length < input.minLength))
    return WORDS.PASSWORD_TOO_SHORT[1];
  return '';
}

function blame(form, name, text) {
  const input = name && (form.elements.namedItem(name)
    ?? form.elements.namedItem(OTHER_NAMES[name] ?? ''));
  if (!input) {
    say(part(form, 'form-error'), text);
    return;
  }
  const line = document.getElementById(`${input.id}-error`);
  say(line, text);
  input.setAttribute('aria-invalid', 'true');
  input.setAttribute('aria-errormessage', line.id);
  input.focus();
}

function forgive(form) {
  say(part(form, 'form-error'), '');
  for (const line of form.querySelectorAll('.field-error'))
    say(line, '');
  for (const input of form.querySelectorAll('[aria-invalid]'))
    input.removeAttribute('aria-invalid');
}

/* True when every field may be sent; else the first wrong one has the focus. */
function isComplete(form) {
  const wrong = [...form.elements].filter((input) => input.name && complaint(input));
  for (const input of wrong.reverse())
    blame(form, input.name, complaint(input));
  return wrong.length === 0;
}

/*
 * Runs `send(form's values)` on submit, then `after` with what it resolved to.
 * The form can be sent again after that when it `stays`.
 */
export function bindForm(form, send, after, { stays = true } = {}) {
  const button = form.querySelector('button[type=submit]');
  const release = () => {
    button.disabled = false;
    form.removeAttribute('aria-busy');
  };

  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    forgive(form);
    if (!isComplete(form))
      return;
    button.disabled = true;
    form.setAttribute('aria-busy', 'true');
    try {
      const sent = await send(form.elements);
      if (stays)
        release();
      after(sent);
    } catch (error) {
      release();
      blame(form, ...wordsFor(error));
    }
  });

  /* Coming back through the history brings the page as it was left */
  window.addEventListener('pageshow', release);
  release();
}

/* The one form of a page; `after` is off to the next page. */
export function accountForm(send, after = () => location.assign(nextPath())) {
  for (const link of document.querySelectorAll('[data-keep-next]'))
    link.href += location.search + location.hash;
  bindForm(part(document, 'account-form'), send, after, { stays: false });
}
