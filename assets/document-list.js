/*
 * The list of documents: found, sorted and paged by the server, kept up to
 * date while something in it is being read, and changed line by line.
 *
 *	waiting -> shown | none | empty | problem (-> waiting)
 *
 * What is looked for stands in the address, so that coming back finds it.
 */
import { listDocuments, readDocument } from './api.js';
import { deleteDocument, renameDocument, restoreDocument, retryDocument } from './documents-api.js';
import { part, say } from './dom.js';
import { openPreview } from './document-preview.js';
import { factsOf, fill, newRow, tellNews } from './document-row.js';
import { offerUndo } from './snackbar.js';
import { count, text } from './texts.js';
import { sizeWords } from './words.js';

const TYPING_MS = 250;
/* How often what is being read is asked after: less and less often while
   nothing changes, and few of them at a time. */
const POLL_FIRST_MS = 600;
const POLL_LAST_MS = 8000;
const POLL_GROWTH = 1.4;
const POLL_MANY = 4;

const own = part(document, 'own');
const finder = part(document, 'finder');
const announcer = part(document, 'announcer');
const papers = new WeakMap();	/* of each row */
let isAdministrator = false;
let ground = '';		/* `shared` of what the page shows at most */
let asked = null;		/* aborts what is being read of the list */
let arrived = [];		/* rows that came while it was being read */
let tellChoice = () => {};

function announce(words) {
  announcer.textContent = words;
}

function complain(error) {
  say(part(document, 'banner'), error.message);
}

function rowOf(documentId) {
  return own.querySelector(`[data-paper="${CSS.escape(documentId)}"]`);
}

function isPending(paper) {
  return paper.status === 'queued' || paper.status === 'processing';
}

function isMine(paper) {
  return isAdministrator || !paper.shared;
}

function take(row, paper) {
  papers.set(row, paper);
  fill(row, paper, isMine(paper));
}

function rowFor(paper) {
  const row = newRow({ select: () => tellChoice(), retry, rename, look, remove: (one) => remove([one]) });
  take(row, paper);
  return row;
}

/* What is looked for */

function wanted() {
  const { words, shared, status, sort } = finder.elements;
  return { words: words.value.trim(), shared: shared.value, status: status.value, sort: sort.value };
}

function isNarrowed() {
  const { words, shared, status } = wanted();
  return words !== '' || shared !== ground || status !== '';
}

function readAddress() {
  const query = new URLSearchParams(location.search);
  for (const field of ['words', 'shared', 'status', 'sort']) {
    const input = finder.elements[field];
    const usual = field === 'shared' ? ground : '';
    input.value = query.get(field) ?? usual;
    if (input.selectedIndex === -1)
      input.value = usual;
  }
}

function writeAddress() {
  const query = new URLSearchParams(Object.entries(wanted())
    .filter(([field, value]) => value !== (field === 'shared' ? ground : '')));
  history.replaceState(null, '', query.size ? `?${query}` : location.pathname);
}

/* Showing */

function showUsage({ bytes, limit }) {
  const meter = part(document, 'usage-meter');
  part(document, 'usage').hidden = limit === null;
  if (limit === null)
    return;
  part(document, 'usage-words').textContent =
    text('documents.used', { used: sizeWords(bytes), limit: sizeWords(limit) });
  meter.max = limit;
  meter.high = limit * 0.9;
  meter.value = bytes;
}

function showEmptiness() {
  const isBare = own.children.length === 0;
  part(document, 'own-empty').hidden = !isBare || isNarrowed();
  part(document, 'none').hidden = !isBare || !isNarrowed();
  finder.hidden = isBare && !isNarrowed();
  tellChoice();
}

/* Reads a page of the list; without a cursor it takes the place of all. */
async function showPage(cursor = '') {
  const more = part(document, 'more');
  asked?.abort();
  asked = new AbortController();
  arrived = [];
  const { signal } = asked;
  own.setAttribute('aria-busy', 'true');
  part(document, 'problem').hidden = true;
  try {
    const { documents, nextCursor, usage } = await listDocuments({ ...wanted(), cursor, signal });
    const fresh = documents.filter(({ id }) => cursor === '' || !rowOf(id)).map(rowFor);
    if (cursor === '')
      own.replaceChildren(...arrived.filter((row) => row.isConnected
        && !documents.some(({ id }) => id === papers.get(row).id)), ...fresh);
    else
      own.append(...fresh);
    showUsage(usage);
    more.hidden = !nextCursor;
    more.onclick = () => showPage(nextCursor);
    if (cursor !== '')
      part(fresh[0] ?? document, fresh[0] ? 'link' : 'heading').focus();
    else if (isNarrowed())
      announce(count(nextCursor ? 'documents.foundMore' : 'documents.found', documents.length));
    showEmptiness();
    watch();
  } catch (error) {
    if (error.name === 'AbortError')
      return;
    say(part(document, 'problem-words'), error.message);
    part(document, 'problem').hidden = false;
  }
  part(document, 'loading').hidden = true;
  own.removeAttribute('aria-busy');
}

export function refresh() {
  return showPage();
}

/* After a change; what it says is not worth a complaint. */
function renewUsage() {
  listDocuments().then(({ usage }) => showUsage(usage), () => {});
}

/* Following what is being read */

let pollMs = POLL_FIRST_MS;
let timer = 0;
let turn = 0;

function pendingRows() {
  return [...own.children].filter((row) => isPending(papers.get(row)));
}

/* Begins to ask again, soon. */
function watch() {
  pollMs = POLL_FIRST_MS;
  schedule();
}

function schedule() {
  clearTimeout(timer);
  if (!document.hidden && pendingRows().length > 0)
    timer = setTimeout(poll, pollMs);
}

async function poll() {
  const rows = pendingRows();
  const some = Array.from({ length: Math.min(POLL_MANY, rows.length) },
    (_, n) => rows[(turn + n) % rows.length]);
  turn += some.length;
  const changes = await Promise.all(some.map(askAfter));
  pollMs = changes.some(Boolean) ? POLL_FIRST_MS : Math.min(POLL_LAST_MS, pollMs * POLL_GROWTH);
  schedule();
}

/* Whether anything has changed. */
async function askAfter(row) {
  const before = papers.get(row);
  let paper = null;
  try {
    paper = await readDocument(before.id);
  } catch (error) {
    if (error.status !== 404)
      return false;
    row.remove();
    showEmptiness();
    return true;
  }
  if (!row.isConnected || paper.status === before.status)
    return false;
  take(row, paper);
  tellChoice();
  if (paper.status === 'ready')
    announce(text('documents.isReady', { title: paper.title }));
  else if (paper.status === 'failed')
    announce(text('documents.hasFailed', { title: paper.title, reason: paper.error ?? '' }));
  return true;
}

/* What was just added comes first, whatever the order. */
export function welcome(paper, news) {
  const row = rowOf(paper.id) ?? rowFor(paper);
  take(row, paper);
  tellNews(row, news);
  own.prepend(row);
  arrived.push(row);
  showEmptiness();
  renewUsage();
  watch();
}

/* Changing */

async function change(row, act) {
  row.setAttribute('aria-busy', 'true');
  try {
    take(row, await act(papers.get(row).id));
    tellChoice();
    watch();
  } catch (error) {
    complain(error);
  }
  row.removeAttribute('aria-busy');
}

function retry(row) {
  change(row, retryDocument).then(() => part(row, 'link').focus());
}

function look(row) {
  const paper = papers.get(row);
  openPreview(paper, factsOf(paper), part(row, 'look'));
}

function rename(row) {
  const dialog = part(document, 'rename-dialog');
  const { title } = part(dialog, 'rename-form').elements;
  title.value = papers.get(row).title;
  dialog.returnValue = '';
  dialog.onclose = () => dialog.returnValue === 'rename'
    && change(row, (id) => renameDocument(id, title.value));
  dialog.showModal();
  title.select();
}

/* Where the focus goes when these rows are gone. */
function besides(rows) {
  const left = [...own.children].filter((row) => !rows.includes(row));
  const after = left.find((row) => rows[0].compareDocumentPosition(row) & Node.DOCUMENT_POSITION_FOLLOWING);
  return () => {
    const row = after?.isConnected ? after : own.lastElementChild;
    return row ? part(row, 'link') : part(document, 'heading');
  };
}

async function remove(rows) {
  const next = besides(rows);
  const gone = [];
  for (const row of rows) {
    row.setAttribute('aria-busy', 'true');
    try {
      await deleteDocument(papers.get(row).id);
    } catch (error) {
      row.removeAttribute('aria-busy');
      if (error.status !== 404) {
        complain(error);
        continue;
      }
    }
    gone.push({ row, before: row.nextElementSibling });
    row.remove();
  }
  if (gone.length === 0)
    return;
  const words = count('documents.deleted', gone.length, { title: papers.get(gone[0].row).title });
  offerUndo(words, () => bringBack(gone), next);
  showEmptiness();
  renewUsage();
}

async function bringBack(gone) {
  for (const { row, before } of gone.reverse()) {
    try {
      take(row, await restoreDocument(papers.get(row).id));
    } catch (error) {
      complain(error);
      continue;
    }
    row.removeAttribute('aria-busy');
    part(row, 'select').checked = false;
    if (before?.isConnected)
      before.before(row);
    else
      own.append(row);
  }
  const { row } = gone[0];
  if (row.isConnected)
    part(row, 'link').focus();
  announce(count('documents.back', gone.length, { title: papers.get(row).title }));
  showEmptiness();
  renewUsage();
  watch();
}

/* Choosing */

function chosenRows() {
  return [...own.children].filter((row) => part(row, 'select').checked);
}

/* {papers, shown}: those chosen, each with isMine, of how many. */
export function chosen() {
  const found = chosenRows().map((row) => ({ ...papers.get(row), isMine: isMine(papers.get(row)) }));
  return { papers: found, shown: own.children.length };
}

export function chooseAll(is) {
  for (const row of own.children)
    part(row, 'select').checked = is;
  tellChoice();
}

export function onChoice(tell) {
  tellChoice = tell;
}

/* Deletes the chosen ones that may be. */
export function removeAll() {
  return remove(chosenRows().filter((row) => isMine(papers.get(row))));
}

/* `administrator`: a promise of whether the library may be changed here. */
export function startList(administrator, shared = '') {
  ground = shared;
  let typing = 0;
  const find = () => {
    clearTimeout(typing);
    writeAddress();
    showPage();
  };
  readAddress();
  finder.addEventListener('submit', (event) => {
    event.preventDefault();
    find();
  });
  finder.addEventListener('input', ({ target }) => {
    clearTimeout(typing);
    typing = setTimeout(find, target.type === 'search' ? TYPING_MS : 0);
  });
  part(document, 'show-all').addEventListener('click', () => {
    finder.reset();
    finder.elements.shared.value = ground;
    find();
    finder.elements.words.focus();
  });
  part(document, 'again').addEventListener('click', refresh);
  document.addEventListener('visibilitychange', watch);
  showPage();
  administrator.then((is) => {
    isAdministrator = is;
    for (const row of is ? own.children : [])
      take(row, papers.get(row));
    tellChoice();
  });
}
