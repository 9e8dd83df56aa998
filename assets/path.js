/*
 * The turns that the page shows: one path through a conversation's branches.
 * Showing another path keeps the turns that both have. The newest turns of a
 * long conversation are drawn at once, older ones while the page is idle.
 */
import { part } from './dom.js';
import { isUnfinished } from './conversation.js';
import { text } from './texts.js';
import { Turn } from './turn.js';

const AT_ONCE = 12;

const host = part(document, 'turns');

function versionsOf({ id, branches }) {
  return branches ?? [id];
}

export class Path {
  #turns = [];
  #actions;
  #later = [];			/* what is to be drawn when there is time */
  #isDrawing = false;

  /* `actions` as Turn wants them. */
  constructor(actions) {
    this.#actions = actions;
  }

  get last() {
    return this.#turns.at(-1) ?? null;
  }

  /* Id of the last message, which a new question follows. */
  get lastId() {
    return this.last ? this.last.answer.id || this.last.question.id : '';
  }

  add(question) {
    const turn = new Turn(question, this.#actions);
    this.#turns.push(turn);
    host.append(turn.element);
    return turn;
  }

  /* Takes the turn and what follows it away; resolves by calling the result,
     which puts them back. */
  cut(turn) {
    const at = this.#turns.indexOf(turn);
    const gone = this.#turns.splice(at);
    for (const { element } of gone)
      element.remove();
    return () => {
      for (const { element } of this.#turns.splice(at))
        element.remove();
      this.#turns.push(...gone);
      host.append(...gone.map(({ element }) => element));
    };
  }

  #isShown(turn, { question, answer }) {
    return turn && !turn.isBusy && (turn.question.id === question.id
      || turn.question.id === question.clientId) && answer && turn.answer.id === answer.id
      && answer.status !== 'running';
  }

  /* Shows these pairs; an unfinished last one is left to the caller. */
  show(pairs) {
    let same = 0;
    while (same < pairs.length && this.#isShown(this.#turns[same], pairs[same]))
      same++;
    if (same < this.#turns.length)
      this.cut(this.#turns[same]);
    pairs.slice(0, same).forEach(({ question, answer }, i) => {
      this.#turns[i].question = { id: question.id, text: question.text, versions: versionsOf(question) };
      this.#turns[i].answer = { id: answer.id, versions: versionsOf(answer) };
      this.#turns[i].showVersions();
    });
    pairs.slice(same).forEach((pair, i, fresh) => {
      const { question } = pair;
      const turn = this.add({ id: question.id, text: question.text, versions: versionsOf(question) });
      const draw = () => this.#draw(turn, pair, i === fresh.length - 1);
      if (pair.answer)
        turn.answer = { id: pair.answer.id, versions: versionsOf(pair.answer) };
      if (i >= fresh.length - AT_ONCE)
        draw();
      else
        this.#later.unshift(draw);
    });
    this.#drawLater();
  }

  #draw(turn, pair, isLast) {
    if (!isUnfinished(pair))
      turn.fill(pair.answer);
    else if (!isLast)
      turn.fail(text('chat.neverAnswered'));
  }

  /* The one nearest to the end first. */
  #drawLater() {
    if (this.#isDrawing)
      return;
    const step = () => {
      const until = performance.now() + 8;
      while (this.#later.length > 0 && performance.now() < until)
        this.#later.shift()();
      this.#isDrawing = this.#later.length > 0;
      if (this.#isDrawing)
        setTimeout(step);
    };
    this.#isDrawing = true;
    setTimeout(step);
  }
}
