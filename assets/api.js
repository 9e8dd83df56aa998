/*
 * The one module that talks to the server. Every other one calls a named
 * function of this file, or of account-api.js and documents-api.js (which are
 * made of it, for pages that need them), and hears of trouble as an ApiError, whose message
 * can be shown to a person.
 *
 * Reading waits out a network or a server that is away or waking (the window
 * hears "lectern:waiting" with a sentence, and "lectern:answered" when it is
 * over: states.js shows both); writing never repeats itself. When the session
 * has ended, the password is asked for on the spot and the call goes on, so
 * that nothing on the page is lost. Deliberately missing: caching.
 */
import { hasText, load, text } from './texts.js';

/* About two minutes: so long may a sleeping host take to wake. */
const WAIT_MS = [500, 1000, 2000, 4000, ...Array(15).fill(8000)];

export class ApiError extends Error {
  constructor(message, { status = 0, code = '', field = '', requestId = '' } = {}) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
    this.field = field;
    this.requestId = requestId;
  }
}

function tell(type, text = '') {
  window.dispatchEvent(new CustomEvent(type, { detail: text }));
}

/* That long, or until the network is back. */
function pause(ms) {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
    window.addEventListener('online', resolve, { once: true });
  });
}

/* What the reader is told of an error: in the page's language where it has
   words for the code, else as the server says it. */
async function wordsFor(code, status, message) {
  await load('error').catch(() => {});
  if (code && hasText(`error.${code}`))
    return text(`error.${code}`);
  return status === 429 ? text('error.TOO_MANY_REQUESTS') : message;
}

/* The address of the sign-in page that leads back to this one. */
export function signInAddress() {
  return `/sign-in?next=${id(location.pathname + location.search + location.hash)}`;
}

/* The user last seen by whoIsHere(). */
let lastUser = null;
let asking = null;

/*
 * The session has ended: resolves once the same person is signed in again.
 * Calls that find out together wait for the same answer.
 */
export function signedInAgain() {
  if (!lastUser) {
    location.assign(signInAddress());
    return new Promise(() => {});
  }
  asking ??= import('./sign-in-again.js')
    .then(({ askToSignIn }) => askToSignIn(lastUser))
    .finally(() => { asking = null; });
  return asking;
}

function wakingUp(response) {
  return new ApiError(text('trouble.waking'), { status: response.status, code: 'WAKING_UP' });
}

async function errorOf(response) {
  const { status } = response;
  let body = null;
  try {
    body = await response.clone().json();
  } catch {
    /* A proxy's page: there is nothing in it for a person */
  }
  const requestId = response.headers.get('x-request-id') ?? '';
  if (body && typeof body.message === 'string')
    return new ApiError(await wordsFor(body.code, status, body.message), { requestId, ...body, status });
  if (status >= 502 && status <= 504)
    return wakingUp(response);
  return new ApiError(await wordsFor('', status, text('trouble.unknown', { status })),
    { status, code: 'UNKNOWN', requestId });
}

/* Nothing of ours is HTML: it is a proxy's page, while the server starts. */
function isPage(response) {
  return response.headers.get('content-type')?.startsWith('text/html') ?? false;
}

/* `via` is fetch() or does the same. */
async function attempt(path, { via = fetch, ...options }) {
  let response;
  try {
    response = await via(path, { credentials: 'same-origin', ...options });
  } catch (error) {
    if (error.name === 'AbortError')
      throw error;
    throw new ApiError(text('trouble.network'), { code: 'NETWORK' });
  }
  if (!response.ok)
    throw await errorOf(response);
  if (isPage(response))
    throw wakingUp(response);
  return response;
}

function isPassing(error) {
  return error instanceof ApiError && (['NETWORK', 'WAKING_UP'].includes(error.code)
    || (error.status >= 502 && error.status <= 504));
}

/* Resolves to the Response; `session: false` leaves a 401 to the caller. */
export async function call(path, { session = true, ...options } = {}) {
  const waits = (options.method ?? 'GET') === 'GET' ? WAIT_MS : [];
  for (let tried = 0; ; tried++) {
    try {
      const response = await attempt(path, options);
      if (tried > 0)
        tell('lectern:answered');
      return response;
    } catch (error) {
      if (session && error.status === 401 && error.code !== 'UNKNOWN') {
        await signedInAgain();
        continue;
      }
      if (!isPassing(error) || tried >= waits.length)
        throw error;
      tell('lectern:waiting', error.message);
      await pause(waits[tried]);
    }
  }
}

export async function get(path, options) {
  return (await call(path, options)).json();
}

export function post(path, value, options) {
  return call(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(value),
    ...options,
  });
}

export const id = encodeURIComponent;

/* Accounts */

/* Resolves once the answer is read to its end, so that leaving the page
   right afterwards breaks nothing off. */
export async function account(action, fields, options = { session: false }) {
  return (await post(`/api/auth/${action}`, fields, options)).json();
}

export function signOut() {
  return account('sign-out', {});
}

/* {session, user}, or null when nobody is signed in. */
export async function whoIsHere() {
  const here = await get('/api/auth/get-session');
  lastUser = here?.user ?? lastUser;
  return here;
}

/* Whether this server sends mail at all. */
export async function sendsMail() {
  const { dependencies } = await get('/ready');
  return dependencies.mail !== 'off';
}

/* Documents */

/*
 * A page of {documents, nextCursor, usage}. `sort` as the API has it; `shared`
 * "true" or "false" for only the library or only own ones.
 */
export function listDocuments({ words = '', sort = '', status = '', shared = '', cursor = '', signal } = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries({ q: words, sort, status, shared, cursor }))
    if (value !== '')
      query.set(name, value);
  return get(query.size ? `/api/documents?${query}` : '/api/documents', { signal });
}

export async function readDocument(documentId) {
  return (await get(`/api/documents/${id(documentId)}`)).document;
}

/*
 * The Response whose body is the extracted text. With `range` ([first, end)
 * in bytes) a 206 holds that part; a server may send it all as a 200.
 */
export function openText(documentId, { range, signal } = {}) {
  const headers = range ? { range: `bytes=${range[0]}-${range[1] - 1}` } : {};
  return call(`/api/documents/${id(documentId)}/text`, { headers, signal });
}

/* Where the bytes as uploaded can be saved from. */
export function originalAddress(documentId) {
  return `/api/documents/${id(documentId)}/original`;
}

/* Conversations */

/* A page of them, the newest first; `words`: only those that hold them. */
export function listConversations({ words = '', cursor = '', signal } = {}) {
  const query = new URLSearchParams();
  if (words !== '')
    query.set('q', words);
  if (cursor !== '')
    query.set('cursor', cursor);
  return get(`/api/conversations?${query}`, { signal });
}

/* Resolves to the conversation, without its messages. */
export async function renameConversation(conversationId, title) {
  return (await (await call(`/api/conversations/${id(conversationId)}`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ title }),
  })).json()).conversation;
}

/* Reaches the server even when the page goes meanwhile. */
export async function deleteConversation(conversationId) {
  await call(`/api/conversations/${id(conversationId)}`, { method: 'DELETE', keepalive: true });
}

/* Where it can be saved from, as "md" or "json". */
export function conversationFile(conversationId, format) {
  return `/api/conversations/${id(conversationId)}/export?format=${format}`;
}

export async function readConversation(conversationId, messageId) {
  const query = messageId ? `?message=${id(messageId)}` : '';
  return (await get(`/api/conversations/${id(conversationId)}${query}`)).conversation;
}

/* The Response whose body is the event stream of the answer. */
export function ask(question, signal) {
  return post('/api/chat', question, {
    signal,
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
  });
}

/* The stream of an answer that is being written, from its start; null when
   none is. */
export async function resumeAnswer(conversationId, signal) {
  const response = await call(`/api/chat/${id(conversationId)}/stream`, { signal });
  return response.status === 204 ? null : response;
}

export async function stopAnswer(conversationId) {
  await post(`/api/chat/${id(conversationId)}/stop`, {});
}

/* 1, -1 or 0, which takes a rating back. */
export async function rateAnswer(messageId, rating, comment) {
  await post(`/api/messages/${id(messageId)}/feedback`, { rating, comment });
}

/* [{documentId, title, heading}], heading null where there is none. */
export async function listSuggestions() {
  return (await get('/api/suggestions')).suggestions;
}

/* Collections: named selections of documents */

/* Every item of a list that comes in pages. */
async function all(path, name) {
  const found = [];
  let cursor = '';
  do {
    const answer = await get(`${path}?limit=100${cursor && `&cursor=${id(cursor)}`}`);
    found.push(...answer[name]);
    cursor = answer.nextCursor;
  } while (cursor);
  return found;
}

export function everyDocument() {
  return all('/api/documents', 'documents');
}

export function listCollections() {
  return all('/api/collections', 'collections');
}

/* With the ids of its documents. */
export async function readCollection(collectionId) {
  return (await get(`/api/collections/${id(collectionId)}`)).collection;
}

/* Makes one, or changes the one of that id. */
export async function storeCollection(collectionId, name, documentIds) {
  return (await (await call(collectionId ? `/api/collections/${id(collectionId)}` : '/api/collections', {
    method: collectionId ? 'PATCH' : 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name, documentIds }),
  })).json()).collection;
}

/* Adds one document to it; resolves to the collection. */
export async function addToCollection(collectionId, documentId) {
  return (await (await call(`/api/collections/${id(collectionId)}/documents/${id(documentId)}`,
    { method: 'PUT' })).json()).collection;
}

export async function deleteCollection(collectionId) {
  await call(`/api/collections/${id(collectionId)}`, { method: 'DELETE' });
}

/* The API itself */

export function describe() {
  return get('/openapi.json', { session: false });
}

/* Sends it once and tells what came back, whatever it was, as text. */
export async function tryOut(method, path, body) {
  try {
    const response = await fetch(path, {
      method, credentials: 'same-origin', body,
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.startsWith('application/json');
    return `${response.status} ${response.statusText}\n\n${isJson
      ? JSON.stringify(JSON.parse(text), null, 2) : text}`;
  } catch {
    return text('trouble.network');
  }
}
