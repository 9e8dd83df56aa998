/*
 * Adding: files and folders that are chosen, dropped anywhere on the page or
 * pasted, and pasted text. Each is a line until it is in the list.
 *
 *	waiting -> sending -> in the list | refused (-> waiting)
 *	waiting, sending -> cancelled (the line goes)
 *
 * Two are sent at a time. What the server would refuse by its size or type is
 * not sent at all. Deliberately missing: uploads that outlive the page.
 */
import { addFile, addText } from './documents-api.js';
import { copyOf, part, say } from './dom.js';
import { filesIn, isOfKnownType, withOwnNames } from './upload-files.js';
import { count, text } from './texts.js';
import { sizeWords } from './words.js';

const SIZE_MAX = 20 * 1024 * 1024;
const AT_ONCE = 2;

const section = part(document, 'uploads-section');
const lines = part(document, 'uploads');
const announcer = part(document, 'announcer');
const zone = part(document, 'dropzone');
const waiting = [];
let sending = 0;
let welcome = () => {};

function isSharing() {
  return zone.elements.namedItem('shared').checked;
}

function showSection() {
  const states = [...lines.children].map(({ dataset }) => dataset.state);
  section.hidden = states.length === 0 && part(document, 'left-out').hidden;
  part(document, 'cancel-all').hidden = states.filter((state) => state !== 'refused').length < 2;
  part(document, 'clear-refused').hidden = states.filter((state) => state === 'refused').length < 2;
}

/* A line */

function setState(item, state, error = '') {
  const { line } = item;
  line.dataset.state = state;
  part(line, 'state').textContent = text(`documents.upload.${state}`);
  part(line, 'facts').textContent = sizeWords(item.size);
  part(line, 'progress').hidden = state !== 'sending';
  part(line, 'retry').hidden = state !== 'refused' || item.isHopeless;
  say(part(line, 'error'), error);
  part(line, 'cancel-label').textContent =
    text(state === 'refused' ? 'documents.removeLine' : 'documents.cancelUpload', { name: item.name });
  showSection();
}

function showProgress({ line, size }, loaded) {
  const share = size === 0 ? 1 : Math.min(1, loaded / size);
  part(line, 'progress').value = share;
  part(line, 'facts').textContent = share === 1 ? text('documents.storing')
    : text('documents.sentOf', { sent: sizeWords(Math.min(loaded, size)), size: sizeWords(size) });
}

function refuse(item, reason) {
  setState(item, 'refused', reason);
  announcer.textContent = text('documents.notAdded', { name: item.name, reason });
}

function drop(item) {
  const at = waiting.indexOf(item);
  const next = item.line.nextElementSibling ?? item.line.previousElementSibling;
  const hadFocus = item.line.contains(document.activeElement);
  if (at !== -1)
    waiting.splice(at, 1);
  item.sending?.abort();
  item.line.remove();
  showSection();
  if (hadFocus)
    (next ? part(next, 'cancel') : part(document, 'heading')).focus();
}

/* `send` gets {onProgress, signal, shared}. */
function newItem(name, size, send) {
  const item = { name, size, send, shared: isSharing(), line: copyOf('upload-template'), sending: null, isHopeless: false };
  part(item.line, 'name').textContent = name;
  part(item.line, 'progress').setAttribute('aria-label', name);
  part(item.line, 'cancel').addEventListener('click', () => drop(item));
  part(item.line, 'retry').addEventListener('click', () => {
    part(item.line, 'cancel').focus();
    enqueue(item);
  });
  lines.append(item.line);
  return item;
}

/* The queue */

function enqueue(item) {
  setState(item, 'waiting');
  waiting.push(item);
  sendNext();
}

function sendNext() {
  while (sending < AT_ONCE && waiting.length > 0)
    send(waiting.shift());
}

function newsOf({ document: paper, isNew }) {
  if (!isNew)
    return text('documents.newsSame');
  return paper.createdAt === paper.updatedAt ? '' : text('documents.newsReplaced');
}

async function send(item) {
  sending++;
  item.sending = new AbortController();
  setState(item, 'sending');
  try {
    const result = await item.send({
      shared: item.shared,
      signal: item.sending.signal,
      onProgress: (loaded) => showProgress(item, loaded),
    });
    const news = newsOf(result);
    drop(item);
    welcome(result.document, news);
    announcer.textContent = [text('documents.added', { title: result.document.title }), news].join(' ');
  } catch (error) {
    if (item.line.isConnected)
      refuse(item, error.message);
  }
  sending--;
  sendNext();
}

/* Taking in */

function reasonAgainst({ file, name }) {
  if (file.size > SIZE_MAX)
    return text('documents.tooBig', { size: sizeWords(file.size), limit: '20 MiB' });
  if (file.size === 0)
    return text('error.DOCUMENT_EMPTY');
  return isOfKnownType({ file, name }) ? '' : text('documents.badType');
}

function addFiles(found) {
  for (const { file, name } of found) {
    const item = newItem(name, file.size, (how) => addFile(file, { filename: name, ...how }));
    const reason = reasonAgainst({ file, name });
    item.isHopeless = reason !== '';
    if (reason)
      refuse(item, reason);
    else
      enqueue(item);
  }
}

/* Of a folder only what can be read is taken; the rest is counted. */
function addFolder(found) {
  const known = withOwnNames(found.filter((one) => isOfKnownType(one)));
  const left = found.length - known.length;
  say(part(document, 'left-out'), left === 0 ? '' : count('documents.leftOut', left));
  showSection();
  addFiles(known);
}

async function addFrom(transfer) {
  const { files, inFolders } = await filesIn(transfer);
  addFiles(files);
  if (inFolders.length > 0)
    addFolder(inFolders);
}

/* The whole page takes what is dropped; the cover shows that it would. */
function takeDrops() {
  const cover = part(document, 'drop-cover');
  const isFile = (event) => event.dataTransfer?.types.includes('Files') && !document.querySelector(':modal');
  addEventListener('dragover', (event) => {
    if (!isFile(event))
      return;
    event.preventDefault();
    event.dataTransfer.dropEffect = 'copy';
    cover.hidden = false;
  });
  addEventListener('dragleave', (event) => {
    if (!event.relatedTarget)
      cover.hidden = true;
  });
  addEventListener('drop', (event) => {
    cover.hidden = true;
    if (!isFile(event))
      return;
    event.preventDefault();
    addFrom(event.dataTransfer);
  });
}

function takeChoices() {
  const files = zone.elements.namedItem('files');
  const folder = zone.elements.namedItem('folder');
  const take = () => {
    addFiles([...files.files].map((file) => ({ file, name: file.name })));
    files.value = '';
  };
  files.addEventListener('change', take);
  /* Chosen before this script was there */
  take();
  part(document, 'choose-folder').addEventListener('click', () => folder.click());
  folder.addEventListener('change', () => {
    addFolder([...folder.files].map((file) => ({ file, name: file.name, path: file.webkitRelativePath })));
    folder.value = '';
  });
}

function openPaste(words = '') {
  const dialog = part(document, 'paste-dialog');
  const form = part(dialog, 'paste-form');
  form.reset();
  form.elements.text.value = words;
  dialog.returnValue = '';
  dialog.showModal();
}

function takePastes() {
  const dialog = part(document, 'paste-dialog');
  const { title, text: words } = part(dialog, 'paste-form').elements;
  part(document, 'paste').addEventListener('click', () => openPaste());
  dialog.addEventListener('close', () => {
    if (dialog.returnValue !== 'add')
      return;
    const [name, value] = [title.value, words.value];
    enqueue(newItem(name, new Blob([value]).size, (how) => addText(name, value, how)));
  });
  addEventListener('paste', (event) => {
    if (document.querySelector(':modal') || event.target.closest?.('input, textarea'))
      return;
    const pasted = event.clipboardData.getData('text/plain');
    if (event.clipboardData.files.length > 0)
      addFrom(event.clipboardData);
    else if (pasted.trim() !== '')
      openPaste(pasted);
  });
}

/* `arrive` gets each document that is added, and what is new about it. */
export function startUploads(arrive) {
  welcome = arrive;
  takeDrops();
  takeChoices();
  takePastes();
  const all = (isRefused) => [...lines.children]
    .filter(({ dataset }) => (dataset.state === 'refused') === isRefused)
    .reverse().forEach((line) => part(line, 'cancel').click());
  part(document, 'cancel-all').addEventListener('click', () => all(false));
  part(document, 'clear-refused').addEventListener('click', () => all(true));
  addEventListener('beforeunload', (event) => {
    if (sending > 0)
      event.preventDefault();
  });
}
