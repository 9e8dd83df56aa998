/*
 * One question and its answer. A Turn is fed either the parts of a stream as
 * they arrive or a stored message, and shows the same in both cases.
 *
 *   waiting -> writing -> finished | failed | stopped
 *
 * Deliberately missing: regenerating, feedback.
 */
import { pendingChip, settleChips, source } from './citation.js';
import { copyOf, part, say } from './dom.js';
import { Prose } from './markdown.js';

const EXTRACTIVE = 'Verbatim passages (no language model is configured)';
const NOT_ANSWERED = 'Not in your documents';
const STATES = {
  searching: 'Searching your documents…',
  writing: 'Writing the answer…',
};

export class Turn {
  #answer;
  #prose;
  #text = '';
  #citations = [];
  #status = '';			/* complete, unanswered, stopped, failed */
  #isExtractive = false;
  #frame = 0;

  /* `askAgain` is called with the question after a failure. */
  constructor(question, askAgain) {
    this.question = question;
    this.element = copyOf('turn-template');
    this.#answer = part(this.element, 'answer');
    part(this.element, 'question').textContent = question;
    this.#prose = new Prose(part(this.#answer, 'prose'), pendingChip);
    part(this.#answer, 'again').addEventListener('click', () => askAgain(this));
    part(this.#answer, 'copy').addEventListener('click', () => this.#copy());
  }

  #progress(words) {
    say(part(this.#answer, 'status'), words);
  }

  wait() {
    this.#answer.setAttribute('aria-busy', 'true');
    this.#progress(STATES.searching);
  }

  #draw() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#prose.render(this.#text);
  }

  /* One part of the stream. Unknown types are passed over. */
  take(piece) {
    switch (piece.type) {
    case 'data-status':
      if (this.#text === '')
        this.#progress(STATES[piece.data.state] ?? STATES.searching);
      break;
    case 'text-start':
      if (this.#text !== '')
        this.#text += '\n\n';
      break;
    case 'text-delta':
      this.#text += piece.delta;
      this.#progress('');
      this.#frame ||= requestAnimationFrame(() => this.#draw());
      break;
    case 'data-citation':
      this.#citations.push(piece.data);
      break;
    case 'error':
      throw new Error(piece.errorText);
    case 'abort':
      this.#status = 'stopped';
      break;
    case 'finish':
      this.#status = piece.messageMetadata?.status;
      this.#isExtractive = !piece.messageMetadata?.model;
      break;
    }
  }

  /* A stored answer. */
  fill({ text, citations, status, model }) {
    this.#text = text;
    this.#citations = citations;
    this.#status = status;
    this.#isExtractive = model === null;
    if (status === 'failed')
      this.fail('The answer was not finished.');
    else
      this.finish();
  }

  finish() {
    this.#end();
    if (this.#status === 'stopped')
      say(part(this.#answer, 'note'), 'Stopped before the end.');
    else if (this.#status === 'unanswered')
      say(part(this.#answer, 'state'), NOT_ANSWERED);
    else if (this.#isExtractive)
      say(part(this.#answer, 'note'), EXTRACTIVE);
  }

  stop() {
    this.#status = 'stopped';
    this.finish();
  }

  /* What came before the failure stays. */
  fail(message) {
    this.#end();
    say(part(this.#answer, 'error-text'), message);
    part(this.#answer, 'error').hidden = false;
    part(this.#answer, 'again').hidden = false;
  }

  #end() {
    const sorted = this.#citations.toSorted((a, b) => a.n - b.n);
    this.#progress('');
    this.#draw();
    settleChips(part(this.#answer, 'prose'), this.#citations);
    this.#answer.removeAttribute('aria-busy');
    part(this.#answer, 'sources-list').replaceChildren(...sorted.map(source));
    part(this.#answer, 'sources').hidden = sorted.length === 0;
    part(this.#answer, 'tools').hidden = this.#text === '' || !navigator.clipboard;
  }

  async #copy() {
    const label = part(this.#answer, 'copy-label');
    const before = label.textContent;
    try {
      await navigator.clipboard.writeText(this.#text);
      label.textContent = 'Copied';
    } catch {
      label.textContent = 'The browser did not allow it';
    }
    setTimeout(() => { label.textContent = before; }, 2000);
  }

  /* The answer as it is read out: its words, without the chips. */
  spoken() {
    const copy = part(this.#answer, 'prose').cloneNode(true);
    for (const element of copy.querySelectorAll('.chip'))
      element.remove();
    const words = copy.textContent.trim();
    return this.#status === 'unanswered' ? `${NOT_ANSWERED}. ${words}` : words;
  }
}
