/*
 * The question box: grows with its text, Enter asks, Shift+Enter starts a
 * new line, and a draft outlives a reload (per conversation, in this tab). A
 * question counts as a draft until accepted(): it outlives a lost session too.
 */
import { part } from './dom.js';

export class Composer {
  #form = part(document, 'composer');
  #input = this.#form.elements.namedItem('message');
  #send = part(this.#form, 'send');
  #stop = part(this.#form, 'stop');
  #draftKey;
  #isBusy = false;

  /* `ask(question)` and `stop()` are called; `name` tells drafts apart. */
  constructor(name, { ask, stop }) {
    this.#draftKey = `draft:${name}`;
    this.value = sessionStorage.getItem(this.#draftKey) ?? '';

    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      const question = this.value.trim();
      if (question === '' || this.#isBusy)
        return;
      this.#input.value = '';
      this.#fit();
      ask(question);
    });
    this.#input.addEventListener('input', () => this.#changed());
    this.#input.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing)
        return;
      event.preventDefault();
      this.#form.requestSubmit();
    });
    this.#stop.addEventListener('click', stop);
  }

  /* The last question has arrived, in the conversation of that name. */
  accepted(name) {
    sessionStorage.removeItem(this.#draftKey);
    this.#draftKey = `draft:${name}`;
    this.#keep();
  }

  get value() {
    return this.#input.value;
  }

  set value(text) {
    this.#input.value = text;
    this.#changed();
  }

  focus() {
    this.#input.focus({ preventScroll: true });
  }

  /* While an answer is written, the button stops it. */
  set isBusy(isBusy) {
    const hadFocus = this.#form.contains(document.activeElement);
    this.#isBusy = isBusy;
    this.#send.hidden = isBusy;
    this.#stop.hidden = !isBusy;
    if (hadFocus)
      this.focus();
  }

  #changed() {
    this.#fit();
    this.#keep();
  }

  #keep() {
    if (this.value === '')
      sessionStorage.removeItem(this.#draftKey);
    else
      sessionStorage.setItem(this.#draftKey, this.value);
  }

  #fit() {
    this.#send.disabled = this.value.trim() === '';
    if (!CSS.supports('field-sizing', 'content')) {
      this.#input.style.setProperty('height', 'auto');
      this.#input.style.setProperty('height', `${this.#input.scrollHeight}px`);
    }
  }
}
