/*
 * One question and its answer. A Turn is fed either the parts of a stream as
 * they arrive or a stored message, and shows the same in both cases.
 *
 *   waiting -> writing -> finished | failed | stopped
 *
 * Each of the two may be one of several versions (an edited question, an
 * answer written anew): ids in the order in which they were made.
 */
import { announce } from './announcer.js';
import { pendingChip, settleChips, source } from './citation.js';
import { copyOf, part, say } from './dom.js';
import { Feedback } from './feedback.js';
import { Prose } from './markdown.js';
import { AnswerError } from './stream.js';
import { text as words } from './texts.js';

const COPIED_MS = 2000;
const STATES = { searching: 'chat.searching', writing: 'chat.writing' };

export class Turn {
  #answer;
  #prose;
  #feedback;
  #actions;
  #text = '';
  #shownLength = 0;		/* what was shown before the stream began anew */
  #citations = [];
  #status = '';			/* complete, unanswered, stopped, failed */
  #isExtractive = false;
  #frame = 0;

  /*
   * `question` is {id, text, versions}; `actions` has regenerate(turn),
   * edit(turn, text), choose(messageId) and grown().
   */
  constructor(question, actions) {
    this.question = question;
    this.answer = { id: '', versions: [] };
    this.#actions = actions;
    this.element = copyOf('turn-template');
    this.#answer = part(this.element, 'answer');
    this.#prose = new Prose(part(this.#answer, 'prose'), pendingChip);
    this.#feedback = new Feedback(this.#answer);
    part(this.element, 'question').textContent = question.text;
    part(this.#answer, 'again').addEventListener('click', () => actions.regenerate(this));
    part(this.#answer, 'regenerate').addEventListener('click', () => actions.regenerate(this));
    part(this.#answer, 'copy').addEventListener('click', () => this.copy());
    part(this.#answer, 'prose').addEventListener('click', (event) => this.#copyCode(event));
    this.#bindEditor();
    this.#bindVersions('question', () => this.question);
    this.#bindVersions('answer', () => this.answer);
    this.showVersions();
  }

  /* Versions */

  #bindVersions(name, current) {
    const step = (by) => () => {
      const { id, versions } = current();
      this.#actions.choose(versions[versions.indexOf(id) + by], `${name}-versions`);
    };
    const group = part(this.element, `${name}-versions`);
    part(group, 'earlier').addEventListener('click', step(-1));
    part(group, 'later').addEventListener('click', step(1));
  }

  /* After a change to question or answer. */
  showVersions() {
    this.element.dataset.message = `${this.question.id} ${this.answer.id}`.trim();
    for (const [name, { id, versions }] of Object.entries({ question: this.question, answer: this.answer })) {
      const group = part(this.element, `${name}-versions`);
      const at = versions.indexOf(id);
      group.hidden = versions.length < 2 || at < 0;
      part(group, 'version').textContent = words('chat.version', { n: at + 1, of: versions.length });
      part(group, 'earlier').disabled = at <= 0;
      part(group, 'later').disabled = at === versions.length - 1;
    }
  }

  /* Editing the question */

  #bindEditor() {
    const form = part(this.element, 'editor');
    const input = form.elements.namedItem('edited');
    part(this.element, 'edit').addEventListener('click', () => this.edit());
    part(form, 'edit-close').addEventListener('click', () => this.#closeEditor());
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const text = input.value.trim();
      if (text !== '')
        this.#actions.edit(this, text);
    });
    input.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        form.requestSubmit();
      } else if (event.key === 'Escape') {
        event.preventDefault();
        this.#closeEditor();
      }
    });
  }

  /* Opens the question for editing, with `text` in place of its own words. */
  edit(text = this.question.text) {
    const input = part(this.element, 'editor').elements.namedItem('edited');
    input.value = text;
    this.#showEditor(true);
    input.focus();
  }

  /* Under the editor the question stays a heading, for those who hear it. */
  #showEditor(isShown) {
    part(this.element, 'editor').hidden = !isShown;
    part(this.element, 'asked-tools').hidden = isShown;
    part(this.element, 'question').classList.toggle('visually-hidden', isShown);
  }

  #closeEditor() {
    this.#showEditor(false);
    part(this.element, 'edit').focus();
  }

  /* The answer */

  #progress(text) {
    say(part(this.#answer, 'status'), text);
  }

  get isBusy() {
    return this.#answer.hasAttribute('aria-busy');
  }

  wait() {
    this.#answer.setAttribute('aria-busy', 'true');
    part(this.#answer, 'error').hidden = true;
    part(this.#answer, 'tools').hidden = true;
    this.#progress(words('chat.searching'));
  }

  /* The connection was lost; the same answer comes again from its start. */
  reconnect() {
    this.#shownLength = Math.max(this.#shownLength, this.#text.length);
    this.#text = '';
    this.#citations = [];
    this.#progress(words('chat.reconnecting'));
  }

  #draw(isGrowing) {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    if (isGrowing && this.#text.length < this.#shownLength)
      return;
    this.#prose.render(this.#text, { isGrowing });
    if (isGrowing)
      this.#actions.grown();
  }

  /* One part of the stream. Unknown types are passed over. */
  take(piece) {
    switch (piece.type) {
    case 'start':
      this.answer.id = piece.messageId;
      if (!this.answer.versions.includes(piece.messageId))
        this.answer.versions.push(piece.messageId);
      this.#feedback.show(piece.messageId, null);
      break;
    case 'data-status':
      if (this.#text === '')
        this.#progress(words(STATES[piece.data.state] ?? 'chat.searching'));
      break;
    case 'text-start':
      if (this.#text !== '')
        this.#text += '\n\n';
      break;
    case 'text-delta':
      this.#text += piece.delta;
      this.#progress('');
      this.#frame ||= requestAnimationFrame(() => this.#draw(true));
      break;
    case 'data-citation':
      this.#citations.push(piece.data);
      break;
    case 'error':
      throw new AnswerError(piece.errorText);
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
  fill({ id, branches, text, citations, status, model, error, feedback }) {
    this.answer = { id, versions: branches ?? [id] };
    this.#text = text;
    this.#citations = citations;
    this.#status = status;
    this.#isExtractive = model === null;
    this.#feedback.show(id, feedback);
    if (status === 'failed')
      this.fail(error?.message ?? words('chat.notFinished'));
    else
      this.finish();
  }

  finish() {
    this.#end();
    if (this.#status === 'stopped')
      say(part(this.#answer, 'note'), words('chat.stoppedEarly'));
    else if (this.#status === 'unanswered')
      say(part(this.#answer, 'state'), words('chat.notAnswered'));
    else if (this.#isExtractive)
      say(part(this.#answer, 'note'), words('chat.extractive'));
  }

  stop() {
    this.#status = 'stopped';
    this.finish();
  }

  /* What came before the failure stays. */
  fail(message) {
    this.#status = 'failed';
    this.#end();
    say(part(this.#answer, 'error-text'), message);
    part(this.#answer, 'error').hidden = false;
  }

  #end() {
    const sorted = this.#citations.toSorted((a, b) => a.n - b.n);
    this.#progress('');
    this.#shownLength = 0;
    this.#draw(false);
    settleChips(part(this.#answer, 'prose'), this.#citations);
    this.#answer.removeAttribute('aria-busy');
    part(this.#answer, 'sources-list').replaceChildren(...sorted.map(source));
    part(this.#answer, 'sources').hidden = sorted.length === 0;
    part(this.#answer, 'tools').hidden = this.answer.id === '';
    part(this.#answer, 'copy').hidden = this.#text === '' || !navigator.clipboard;
    part(this.#answer, 'rating').hidden = this.#status === 'failed';
    part(this.#answer, 'regenerate').hidden = this.#status === 'failed';
    this.showVersions();
  }

  /* Copying */

  /* The answer as Markdown, with the passages that its numbers stand for. */
  #asText() {
    const sources = new Map(this.#citations.map(({ n, title }) => [n, `[${n}] ${title}`]));
    const list = [...sources.keys()].sort((a, b) => a - b).map((n) => sources.get(n));
    return [this.#text.trim(), list.join('\n')].filter((part) => part !== '').join('\n\n');
  }

  async #put(text, label) {
    const before = label.dataset.words ??= label.textContent;
    try {
      await navigator.clipboard.writeText(text);
      label.textContent = words('chat.copied');
    } catch {
      label.textContent = words('chat.copyRefused');
    }
    announce(label.textContent);
    setTimeout(() => { label.textContent = before; }, COPIED_MS);
  }

  copy() {
    return this.#put(this.#asText(), part(this.#answer, 'copy-label'));
  }

  #copyCode(event) {
    const button = event.target.closest('[data-copy-code]');
    if (button)
      this.#put(button.closest('.code').querySelector('pre').textContent, button.firstElementChild);
  }

  /* The answer as it is read out: its words, without chips and buttons. */
  spoken() {
    const copy = part(this.#answer, 'prose').cloneNode(true);
    for (const element of copy.querySelectorAll('.chip, .code-head'))
      element.remove();
    const answer = copy.textContent.trim();
    return this.#status === 'unanswered' ? `${words('chat.notAnswered')}. ${answer}` : answer;
  }
}
