/*
 * The question box: grows with its text, Enter asks, Shift+Enter starts a
 * new line, and a draft outlives a reload (per conversation, in this tab).
 *
 * A question that was sent counts as a draft until accepted(): it outlives a
 * lost session or connection, and returned() puts it back into the box.
 */
import { part, say } from './dom.js';

export class Composer {
  #form = part(document, 'composer');
  #input = this.#form.elements.namedItem('message');
  #send = part(this.#form, 'send');
  #stop = part(this.#form, 'stop');
  #error = part(this.#form, 'composer-error');
  #draftKey;
  #pending = '';		/* sent, and not yet accepted */
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

  /* That question is on its way. */
  hold(question) {
    this.#pending = question;
    say(this.#error, '');
    this.#keep();
  }

  /* It has arrived, in the conversation of that name. */
  accepted(name) {
    sessionStorage.removeItem(this.#draftKey);
    this.#draftKey = `draft:${name}`;
    this.#pending = '';
    this.#keep();
  }

  /* It has not arrived: back into the box, before what was typed since. */
  returned(message) {
    const both = [this.#pending, this.value].filter((text) => text !== '');
    this.#pending = '';
    this.value = both.join('\n\n');
    say(this.#error, message);
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
    const draft = [this.#pending, this.value].filter((text) => text !== '').join('\n\n');
    if (draft === '')
      sessionStorage.removeItem(this.#draftKey);
    else
      sessionStorage.setItem(this.#draftKey, draft);
  }

  #fit() {
    this.#send.disabled = this.value.trim() === '';
    if (!CSS.supports('field-sizing', 'content')) {
      this.#input.style.setProperty('height', 'auto');
      this.#input.style.setProperty('height', `${this.#input.scrollHeight}px`);
    }
  }
}
