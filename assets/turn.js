/*
 * One question and its answer. A Turn is fed either the parts of a stream as
 * they arrive or a stored message, and shows the same in both cases.
 *
 *   waiting -> writing -> finished | failed | stopped
 *
 * Deliberately missing: regenerating, feedback.
 */
import { chip, pendingChip, source } from './citation.js';
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
  #citations = new Map();	/* n -> citation */
  #metadata = {};		/* of the message: status, model */
  #isOver = false;
  #frame = 0;

  /* `askAgain` is called with the question after a failure. */
  constructor(question, askAgain) {
    this.question = question;
    this.element = copyOf('turn-template');
    this.#answer = part(this.element, 'answer');
    part(this.element, 'question').textContent = question;
    this.#prose = new Prose(part(this.#answer, 'prose'), (n) => this.#chipFor(n));
    part(this.#answer, 'again').addEventListener('click', () => askAgain(this));
    part(this.#answer, 'copy').addEventListener('click', () => this.#copy());
  }

  get text() {
    return this.#text;
  }

  get isAnswered() {
    return this.#metadata.status !== 'unanswered';
  }

  /* Once over, a number without a passage is no citation and stays text. */
  #chipFor(n) {
    const citation = this.#citations.get(n);
    if (citation)
      return chip(citation);
    return this.#isOver ? null : pendingChip(n);
  }

  #status(words) {
    say(part(this.#answer, 'status'), words);
  }

  wait(words = STATES.searching) {
    this.#answer.setAttribute('aria-busy', 'true');
    this.#status(words);
  }

  #draw(options) {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#prose.render(this.#text, options);
  }

  /* One part of the stream. Unknown types are passed over. */
  take(piece) {
    Object.assign(this.#metadata, piece.messageMetadata);
    switch (piece.type) {
    case 'data-status':
      if (this.#text === '')
        this.#status(STATES[piece.data.state] ?? STATES.searching);
      break;
    case 'text-start':
      if (this.#text !== '')
        this.#text += '\n\n';
      break;
    case 'text-delta':
      this.#text += piece.delta;
      this.#status('');
      this.#frame ||= requestAnimationFrame(() => this.#draw());
      break;
    case 'data-citation':
      this.#citations.set(piece.data.n, piece.data);
      break;
    case 'error':
      throw new Error(piece.errorText);
    case 'abort':
      this.#metadata.status = 'stopped';
      break;
    }
  }

  /* A stored answer. */
  fill({ text, citations, status, model }) {
    this.#text = text;
    for (const citation of citations)
      this.#citations.set(citation.n, citation);
    this.#metadata = { status, model };
    if (status === 'failed')
      this.fail('The answer was not finished.');
    else
      this.finish();
  }

  finish() {
    const { status, model } = this.#metadata;
    this.#end();
    if (status === 'stopped')
      say(part(this.#answer, 'note'), 'Stopped before the end.');
    else if (status === 'unanswered')
      say(part(this.#answer, 'state'), NOT_ANSWERED);
    else if (!model)
      say(part(this.#answer, 'note'), EXTRACTIVE);
  }

  stop() {
    this.#metadata.status = 'stopped';
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
    this.#isOver = true;
    this.#status('');
    this.#draw({ again: true });
    this.#answer.removeAttribute('aria-busy');
    const sorted = [...this.#citations.values()].sort((a, b) => a.n - b.n);
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
    return this.isAnswered ? words : `${NOT_ANSWERED}. ${words}`;
  }
}
