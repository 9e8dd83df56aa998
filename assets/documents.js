/*
 * The documents page: adding (file chooser, drop, pasted text), the list
 * with what became of each document, renaming, trying again, deleting and
 * taking that back. A document that is being read is asked after until it is
 * ready or failed.
 * Deliberately missing: upload progress, sorting and searching the list.
 */
import './shell.js';
import {
  addFile, addText, deleteDocument, listDocuments, readDocument, renameDocument,
  restoreDocument, retryDocument,
} from './api.js';
import { copyOf, part, say } from './dom.js';
import { countWords, dateWords, sizeWords } from './words.js';

const SIZE_MAX = 20 * 1024 * 1024;
const UPLOADS_MAX = 2;
const POLL_MS = 700;
const STATES = {
  waiting: 'Waiting to be sent',
  uploading: 'Uploading',
  refused: 'Not added',
  queued: 'Waiting',
  processing: 'Reading',
  ready: '',
  failed: 'Not readable',
};

const announcer = part(document, 'announcer');
const own = part(document, 'own');
const shared = part(document, 'shared');

/* Rows */

function isPending({ status }) {
  return status === 'queued' || status === 'processing';
}

function rowOf(documentId) {
  return document.querySelector(`[data-paper="${CSS.escape(documentId)}"]`);
}

function newRow() {
  const row = copyOf('paper-template');
  part(row, 'delete').addEventListener('click', () => {
    if (row.dataset.paper)
      askToDelete(row);
    else
      dismiss(row);
  });
  part(row, 'retry').addEventListener('click', () => change(row, retryDocument));
  part(row, 'rename').addEventListener('click', () => askForName(row));
  return row;
}

function setState(row, state, facts, error = '') {
  row.dataset.state = state;
  say(part(row, 'state'), STATES[state] ?? state);
  part(row, 'facts').textContent = facts;
  say(part(row, 'error'), error);
}

/* The file's name, where the title does not say it already. */
function otherName({ title, filename }) {
  return filename && filename.replace(/\.[^.]+$/, '') !== title && filename !== title ? filename : '';
}

/* Shows a document in its row. */
function fill(row, paper) {
  const link = part(row, 'link');
  const chunks = paper.status === 'ready' ? countWords(paper.chunks, 'passage') : '';
  row.dataset.paper = paper.id;
  link.textContent = paper.title;
  link.href = `/documents/${encodeURIComponent(paper.id)}`;
  setState(row, paper.status,
    [otherName(paper), sizeWords(paper.size), chunks, dateWords(paper.updatedAt)]
      .filter(Boolean).join(' · '),
    paper.status === 'failed' ? paper.error || 'The text could not be read.' : '');
  part(row, 'ask').href = `/chat?document=${encodeURIComponent(paper.id)}`;
  part(row, 'ask').hidden = paper.status !== 'ready';
  part(row, 'retry').hidden = paper.shared || paper.status !== 'failed';
  part(row, 'rename').hidden = paper.shared;
  part(row, 'rename-label').textContent = ` ${paper.title}`;
  part(row, 'delete').hidden = paper.shared;
  part(row, 'delete-label').textContent = `Delete ${paper.title}`;
}

function showEmptiness() {
  part(document, 'own-empty').hidden = own.children.length > 0;
  part(document, 'shared-section').hidden = shared.children.length === 0;
}

/* Reads the document until it is ready or failed. */
async function follow(row, paper) {
  let latest = paper;
  while (isPending(latest) && row.isConnected) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    if (!row.isConnected)
      return;
    try {
      latest = await readDocument(paper.id);
    } catch (error) {
      setState(row, 'failed', '', error.status === 404 ? 'It has been deleted.' : error.message);
      return;
    }
    fill(row, latest);
  }
  if (latest !== paper && latest.status === 'ready')
    announcer.textContent = `${latest.title} is ready.`;
  if (latest.status === 'failed')
    announcer.textContent = `${latest.title} could not be read: ${latest.error ?? ''}`;
}

function show(paper) {
  const row = newRow();
  fill(row, paper);
  (paper.shared ? shared : own).append(row);
  follow(row, paper);
}

function showUsage({ bytes, limit }) {
  say(part(document, 'usage'), limit === null ? ''
    : `${sizeWords(bytes)} of ${sizeWords(limit)} used`);
}

/* After a change; what it says is not worth a complaint. */
function renewUsage() {
  listDocuments().then(({ usage }) => showUsage(usage), () => {});
}

async function showPage(cursor) {
  const { documents, nextCursor, usage } = await listDocuments(cursor);
  const more = part(document, 'more');
  showUsage(usage);
  documents.filter(({ id }) => !rowOf(id)).forEach(show);
  more.hidden = !nextCursor;
  more.onclick = () => showPage(nextCursor).catch(complain);
  showEmptiness();
}

function complain(error) {
  say(part(document, 'banner'), error.message);
}

/* Adding */

/* A row for what is about to be sent. */
function waitingRow(name, size) {
  const row = newRow();
  part(row, 'link').textContent = name;
  setState(row, 'waiting', sizeWords(size));
  own.prepend(row);
  showEmptiness();
  return row;
}

function refuse(row, size, reason) {
  setState(row, 'refused', sizeWords(size), reason);
  part(row, 'delete').hidden = false;
  part(row, 'delete-label').textContent = 'Remove this line';
  announcer.textContent = `${part(row, 'link').textContent} was not added: ${reason}`;
}

function dismiss(row) {
  row.remove();
  showEmptiness();
}

/* Runs `add` with a row that shows how it goes. */
async function upload(row, size, add) {
  if (size > SIZE_MAX) {
    refuse(row, size, 'This file is larger than 20 MiB.');
    return;
  }
  setState(row, 'uploading', sizeWords(size));
  try {
    const paper = await add();
    if (rowOf(paper.id) !== row)
      rowOf(paper.id)?.remove();
    fill(row, paper);
    announcer.textContent = `${paper.title} is added.`;
    renewUsage();
    follow(row, paper);
  } catch (error) {
    refuse(row, size, error.message);
  }
}

async function addFiles(files) {
  const waiting = [...files].map((file) => ({ file, row: waitingRow(file.name, file.size) }));
  const takeOne = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const { file, row } = next;
      await upload(row, file.size, () => addFile(file));
    }
  };
  await Promise.all(Array.from({ length: UPLOADS_MAX }, takeOne));
}

function takeDrops() {
  const zone = part(document, 'dropzone');
  const isFile = (event) => event.dataTransfer?.types.includes('Files');
  addEventListener('dragover', (event) => {
    if (isFile(event)) {
      event.preventDefault();
      zone.classList.add('is-over');
    }
  });
  addEventListener('dragleave', (event) => event.relatedTarget || zone.classList.remove('is-over'));
  addEventListener('drop', (event) => {
    if (!isFile(event))
      return;
    event.preventDefault();
    zone.classList.remove('is-over');
    addFiles(event.dataTransfer.files);
  });
  part(document, 'dropzone').elements.namedItem('files').addEventListener('change', (event) => {
    addFiles(event.target.files);
    event.target.value = '';
  });
}

function takePastes() {
  const dialog = part(document, 'paste-dialog');
  const form = part(dialog, 'paste-form');
  part(document, 'paste').addEventListener('click', () => {
    form.reset();
    dialog.returnValue = '';
    dialog.showModal();
  });
  dialog.addEventListener('close', () => {
    if (dialog.returnValue !== 'add')
      return;
    const { title, text } = form.elements;
    const size = new Blob([text.value]).size;
    upload(waitingRow(title.value, size), size, () => addText(title.value, text.value));
  });
}

/* Changing */

/* Runs `act` with the row's document and shows what it became. */
async function change(row, act) {
  row.setAttribute('aria-busy', 'true');
  try {
    const paper = await act(row.dataset.paper);
    fill(row, paper);
    follow(row, paper);
  } catch (error) {
    complain(error);
  }
  row.removeAttribute('aria-busy');
}

function askForName(row) {
  const dialog = part(document, 'rename-dialog');
  const { title } = part(dialog, 'rename-form').elements;
  title.value = part(row, 'link').textContent;
  dialog.returnValue = '';
  dialog.onclose = () => dialog.returnValue === 'rename'
    && change(row, (paperId) => renameDocument(paperId, title.value));
  dialog.showModal();
}

function askToDelete(row) {
  const dialog = part(document, 'delete-dialog');
  part(dialog, 'delete-name').textContent = part(row, 'link').textContent;
  dialog.returnValue = '';
  dialog.onclose = () => dialog.returnValue === 'delete' && remove(row);
  dialog.showModal();
}

/* The latest deletion can be taken back as long as the page is open. */
function offerUndo(row, paperId) {
  const notice = part(document, 'deleted');
  part(notice, 'deleted-name').textContent = part(row, 'link').textContent;
  part(notice, 'undo').onclick = async () => {
    try {
      const paper = await restoreDocument(paperId);
      notice.hidden = true;
      show(paper);
      showEmptiness();
      announcer.textContent = `${paper.title} is back.`;
      renewUsage();
    } catch (error) {
      complain(error);
    }
  };
  notice.hidden = false;
  part(notice, 'undo').focus();
}

async function remove(row) {
  const paperId = row.dataset.paper;
  row.setAttribute('aria-busy', 'true');
  try {
    await deleteDocument(paperId);
    offerUndo(row, paperId);
  } catch (error) {
    if (error.status !== 404) {
      row.removeAttribute('aria-busy');
      complain(error);
      return;
    }
  }
  announcer.textContent = `${part(row, 'link').textContent} is deleted.`;
  dismiss(row);
  renewUsage();
}

takeDrops();
takePastes();
showPage().catch(complain);
