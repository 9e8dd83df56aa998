/*
 * Password fields: a button that shows what is typed, a word when Caps Lock
 * is on, and how strong a new password is (where the field asks for it by
 * data-strength). Pasting and password managers are never in the way.
 */
import { icon, iconAddress, make } from './dom.js';
import { judge } from './strength.js';
import { load, text } from './texts.js';

await load('account');

function addReveal(input) {
  const words = make('span', { class: 'visually-hidden' }, text('account.show'));
  const button = make('button', { class: 'button-icon', type: 'button', 'aria-pressed': 'false',
    'aria-controls': input.id }, icon('eye'), words);
  const set = (isShown) => {
    input.type = isShown ? 'text' : 'password';
    button.setAttribute('aria-pressed', String(isShown));
    button.querySelector('use').setAttribute('href', iconAddress(isShown ? 'eye-off' : 'eye'));
  };
  button.addEventListener('click', () => {
    set(input.type === 'password');
    input.focus();
  });
  /* Never remembered by the browser as an ordinary text */
  input.form?.addEventListener('submit', () => set(false), { capture: true });
  const frame = make('div', { class: 'field-secret' });
  input.replaceWith(frame);
  frame.append(input, button);
  return frame;
}

function addCaps(input, after) {
  const line = make('p', { class: 'caps', role: 'status' });
  const look = (event) => {
    const isOn = event.getModifierState?.('CapsLock') === true;
    line.textContent = isOn ? text('account.capsLock') : '';
    line.hidden = !isOn;
  };
  line.hidden = true;
  after.after(line);
  input.addEventListener('keydown', look);
  input.addEventListener('keyup', look);
  input.addEventListener('blur', () => { line.hidden = true; });
}

/* Texts that a password had better not be made of. */
function aboutPerson(form) {
  return ['name', 'email', 'username'].map((name) => form.elements.namedItem(name)?.value ?? '')
    .filter((value) => value !== '');
}

function addStrength(input, after) {
  const word = make('span', { class: 'strength-word' });
  const advice = make('span', { class: 'strength-advice' });
  const bars = make('span', { class: 'strength-bars', 'aria-hidden': 'true' }, ...[1, 2, 3, 4].map(() => make('i')));
  const line = make('p', { class: 'strength', id: `${input.id}-strength`, hidden: true }, bars, word, advice);
  const show = () => {
    const said = judge(input.value, aboutPerson(input.form));
    line.hidden = said.level === 0;
    line.dataset.level = said.level;
    word.textContent = said.level === 0 ? '' : text(`account.strength${said.level}`);
    advice.textContent = said.advice === '' ? '' : text(`account.advice.${said.advice}`);
  };
  after.after(line);
  input.setAttribute('aria-describedby', `${input.getAttribute('aria-describedby') ?? ''} ${line.id}`.trim());
  input.form.addEventListener('input', show);
  input.form.addEventListener('reset', () => { line.hidden = true; });
}

/* Equips every password field in `root`. */
export function equipSecrets(root = document) {
  for (const input of root.querySelectorAll('input[type=password]')) {
    const frame = addReveal(input);
    if (input.dataset.strength !== undefined)
      addStrength(input, frame);
    addCaps(input, frame);
  }
}
