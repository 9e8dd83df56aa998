/*
 * What the reader thinks of an answer: a thumb up or down, which counts at
 * once, and an optional comment. The same thumb again takes it back.
 */
import { announce } from './announcer.js';
import { rateAnswer } from './api.js';
import { part, say } from './dom.js';
import { text } from './texts.js';

export class Feedback {
  #root;
  #messageId = '';
  #rating = 0;
  #form;

  /* `root` holds the buttons and the form of one turn. */
  constructor(root) {
    this.#root = root;
    this.#form = part(root, 'feedback');
    part(root, 'good').addEventListener('click', () => this.#choose(1));
    part(root, 'bad').addEventListener('click', () => this.#choose(-1));
    part(root, 'feedback-close').addEventListener('click', () => this.#close());
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#comment();
    });
    this.#form.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape')
        return;
      event.preventDefault();
      this.#close();
    });
  }

  /* Of that message, with what was said of it: {rating, comment} or null. */
  show(messageId, feedback) {
    this.#messageId = messageId;
    this.#rating = feedback?.rating ?? 0;
    this.#form.elements.namedItem('comment').value = feedback?.comment ?? '';
    this.#draw();
  }

  #draw() {
    part(this.#root, 'good').setAttribute('aria-pressed', this.#rating === 1);
    part(this.#root, 'bad').setAttribute('aria-pressed', this.#rating === -1);
  }

  #close() {
    this.#form.hidden = true;
    part(this.#root, this.#rating < 0 ? 'bad' : 'good').focus();
  }

  async #choose(rating) {
    const before = this.#rating;
    this.#rating = before === rating ? 0 : rating;
    this.#draw();
    say(part(this.#form, 'feedback-error'), '');
    try {
      await rateAnswer(this.#messageId, this.#rating);
    } catch (error) {
      this.#rating = before;
      this.#draw();
      announce(error.message);
      return;
    }
    this.#form.hidden = this.#rating === 0;
    this.#form.scrollIntoView({ block: 'nearest' });
    announce(text(this.#rating === 0 ? 'chat.ratingGone' : 'chat.ratingKept'));
  }

  async #comment() {
    const words = this.#form.elements.namedItem('comment').value.trim();
    try {
      await rateAnswer(this.#messageId, this.#rating, words);
    } catch (error) {
      say(part(this.#form, 'feedback-error'), error.message);
      return;
    }
    this.#close();
    announce(text('chat.commentKept'));
  }
}
