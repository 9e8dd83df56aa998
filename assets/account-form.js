/*
 * The forms of the pages about accounts: checked here for the obvious, sent,
 * and the server's refusal put beside the field it blames. The line for a
 * field's error has the field's id and "-error" as its own.
 *
 * Some of them work without this script too; what the server had to say then
 * is a line of the page (see no-script.css), which is taken over here.
 */
import { load, text } from './texts.js';
import { nextPath } from './next.js';
import { part, say } from './dom.js';

await Promise.all([load('account'), load('error')]);

/* The field that an error is about, where it is about one. */
const FIELD = {
  INVALID_EMAIL: 'email',
  PASSWORD_TOO_SHORT: 'password',
  PASSWORD_TOO_LONG: 'password',
  PASSWORD_COMPROMISED: 'password',
  USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL: 'email',
  INVALID_PASSWORD: 'currentPassword',
  INVALID_CODE: 'code',
  INVALID_BACKUP_CODE: 'code',
};

/* What a field is called where there is an old and a new one. */
const OTHER_NAMES = { password: 'newPassword', email: 'newEmail' };

/* [field, words]; better-auth names a field as "[body.email] …" in its text. */
function wordsFor(error) {
  const blamed = error.field || (/^\[body\.(\w+)\]/.exec(error.message)?.[1] ?? '');
  if (error.code !== 'VALIDATION_ERROR')
    return [FIELD[error.code] ?? '', error.message];
  if (['email', 'newEmail'].includes(blamed))
    return ['email', text('error.INVALID_EMAIL')];
  return [blamed, text(blamed ? 'account.check' : 'account.checkAll')];
}

/* What the browser itself finds wrong with a field, in our words. */
function complaint(input) {
  const { validity } = input;
  if (validity.valueMissing || (input.required && input.value.trim() === ''))
    return input.dataset.missing ?? text('account.missing');
  if (validity.typeMismatch)
    return text('error.INVALID_EMAIL');
  if (validity.tooShort || (input.minLength > 0 && input.value.length < input.minLength))
    return text('error.PASSWORD_TOO_SHORT');
  return '';
}

function blame(form, name, words) {
  const input = name && (form.elements.namedItem(name)
    ?? form.elements.namedItem(OTHER_NAMES[name] ?? ''));
  const line = input && document.getElementById(`${input.id}-error`);
  if (!line) {
    say(part(form, 'form-error'), words);
    return;
  }
  say(line, words);
  input.setAttribute('aria-invalid', 'true');
  describe(input, line.id, true);
  input.focus();
}

/* Has the element of that id describe the field, or no more. */
function describe(input, id, isOn) {
  const ids = (input.getAttribute('aria-describedby') ?? '').split(' ').filter((each) => each && each !== id);
  if (isOn)
    ids.push(id);
  if (ids.length > 0)
    input.setAttribute('aria-describedby', ids.join(' '));
  else
    input.removeAttribute('aria-describedby');
}

function forgive(form) {
  say(part(form, 'form-error'), '');
  for (const line of form.querySelectorAll('.field-error'))
    say(line, '');
  for (const input of form.querySelectorAll('[aria-invalid]')) {
    input.removeAttribute('aria-invalid');
    describe(input, `${input.id}-error`, false);
  }
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

  form.noValidate = true;
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

/*
 * Sent before this script was there: the line that the address brings out
 * goes where the errors of its form go. Returns its id, or ''. The lines are
 * for readers without script, so none of them stays.
 */
export function takeTold() {
  const lines = [...document.querySelectorAll('.told')];
  const told = lines.find(({ id }) => `#${id}` === location.hash);
  if (told) {
    say(part(told.parentElement, 'form-error'), told.textContent);
    /* No passage of the page that comes next; see nextPath() */
    history.replaceState(null, '', location.pathname + location.search);
  }
  for (const line of lines)
    line.remove();
  return told?.id ?? '';
}

/* The one form of a page; `after` is off to the next page. */
export function accountForm(send, after = () => location.assign(nextPath())) {
  for (const link of document.querySelectorAll('[data-keep-next]'))
    link.href += location.search + location.hash;
  bindForm(part(document, 'account-form'), send, after, { stays: false });
}
