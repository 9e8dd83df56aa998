/*
 * A document as a line of the list: what it is, how far it is, and what can
 * be done with it. What its buttons do is the list's.
 */
import { originalAddress } from './api.js';
import { copyOf, part, say } from './dom.js';
import { count, text } from './texts.js';
import { dateWords, sizeWords } from './words.js';

const STATES = { queued: 'documents.queued', processing: 'documents.processing', failed: 'documents.failed' };

/* The file's name, where the title does not say it already. */
function otherName({ title, filename }) {
  return filename && filename.replace(/\.[^.]+$/, '') !== title && filename !== title ? filename : '';
}

export function factsOf(paper) {
  const passages = paper.status === 'ready' ? count('documents.passages', paper.chunks) : '';
  return [otherName(paper), sizeWords(paper.size), passages, dateWords(paper.updatedAt)]
    .filter(Boolean).join(' · ');
}

/* A line whose buttons call `acts` (select, retry, rename, look, remove)
   with the line. */
export function newRow(acts) {
  const row = copyOf('paper-template');
  part(row, 'select').addEventListener('change', () => acts.select(row));
  part(row, 'retry').addEventListener('click', () => acts.retry(row));
  part(row, 'rename').addEventListener('click', () => acts.rename(row));
  part(row, 'look').addEventListener('click', () => acts.look(row));
  part(row, 'delete').addEventListener('click', () => acts.remove(row));
  return row;
}

function show(row, name, isShown, label) {
  part(row, name).hidden = !isShown;
  part(row, `${name}-label`).textContent = label;
}

/* What was told of it when it came: "replaced" and the like. */
export function tellNews(row, words) {
  say(part(row, 'news'), words);
}

/* Shows the document in the line; `isMine`: whether it may be changed. */
export function fill(row, paper, isMine) {
  const link = part(row, 'link');
  const isReady = paper.status === 'ready';
  const { id, title } = paper;
  row.dataset.paper = id;
  row.dataset.state = paper.status;
  link.textContent = title;
  link.href = `/documents/${encodeURIComponent(id)}`;
  say(part(row, 'state'), STATES[paper.status] ? text(STATES[paper.status]) : '');
  part(row, 'facts').textContent = factsOf(paper);
  say(part(row, 'error'), paper.status === 'failed' ? paper.error || text('documents.noReason') : '');
  part(row, 'shared-mark').hidden = !paper.shared;
  part(row, 'ask').href = `/chat?document=${encodeURIComponent(id)}`;
  part(row, 'ask').hidden = !isReady;
  part(row, 'retry').hidden = !isMine || paper.status !== 'failed';
  part(row, 'select').setAttribute('aria-label', text('documents.select', { title }));
  show(row, 'look', isReady, text('documents.preview', { title }));
  show(row, 'rename', isMine, text('documents.rename', { title }));
  show(row, 'download', true, text('documents.download', { title }));
  show(row, 'delete', isMine, text('documents.delete', { title }));
  part(row, 'download').href = originalAddress(id);
}
