/*
 * The one module that talks to the server. Every other one calls a named
 * function of this file and hears of trouble as an ApiError, whose message
 * can be shown to a person.
 *
 * Reading waits out a network or a server that is away or waking (the window
 * hears "lectern:waiting" with a sentence, and "lectern:answered" when it is
 * over: states.js shows both); writing never repeats itself. When the session
 * has ended, the password is asked for on the spot and the call goes on, so
 * that nothing on the page is lost. Deliberately missing: caching.
 */
import { hasText, text } from './texts.js';

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
function wordsFor(code, status, message) {
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
function signedInAgain() {
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
  return new ApiError(text('error.WAKING_UP'), { status: response.status, code: 'WAKING_UP' });
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
    return new ApiError(wordsFor(body.code, status, body.message), { requestId, ...body, status });
  if (status >= 502 && status <= 504)
    return wakingUp(response);
  return new ApiError(wordsFor('', status, text('error.UNKNOWN', { status })),
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
    throw new ApiError(text('error.NETWORK'), { code: 'NETWORK' });
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
async function call(path, { session = true, ...options } = {}) {
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

async function get(path, options) {
  return (await call(path, options)).json();
}

function post(path, value, options) {
  return call(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(value),
    ...options,
  });
}

const id = encodeURIComponent;

function page(path, cursor) {
  return get(cursor ? `${path}?cursor=${id(cursor)}` : path);
}

/* Accounts */

/* Resolves once the answer is read to its end, so that leaving the page
   right afterwards breaks nothing off. */
async function account(action, fields, options = { session: false }) {
  return (await post(`/api/auth/${action}`, fields, options)).json();
}

/* The same of somebody who is signed in, or is to be. */
function ofMine(action, fields) {
  return account(action, fields, {});
}

/* Where the links of mails about an address lead. */
const CONFIRMED = '/confirmed';
const CHANGED = '/confirmed?changed=yes';

/* {token, user}; no token when the address is to be confirmed first. */
export function signUp(name, email, password) {
  return account('sign-up/email', { name, email, password, callbackURL: CONFIRMED });
}

export function signIn(email, password, rememberMe) {
  return account('sign-in/email', { email, password, rememberMe });
}

export function signInWithCode(code, trustDevice) {
  return account('two-factor/verify-totp', { code, trustDevice });
}

export function signInWithBackupCode(code, trustDevice) {
  return account('two-factor/verify-backup-code', { code, trustDevice });
}

export function askForReset(email) {
  return account('request-password-reset', { email, redirectTo: '/reset-password' });
}

export function resetPassword(token, newPassword) {
  return account('reset-password', { token, newPassword });
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

export function rename(name) {
  return ofMine('update-user', { name });
}

export function changeEmail(newEmail) {
  return ofMine('change-email', { newEmail, callbackURL: CHANGED });
}

export function sendConfirmation(email) {
  return account('send-verification-email', { email, callbackURL: CONFIRMED });
}

export function changePassword(currentPassword, newPassword, revokeOtherSessions) {
  return ofMine('change-password', { currentPassword, newPassword, revokeOtherSessions });
}

/* {totpURI, backupCodes}; they count once confirmFactor() has seen a code. */
export function enableFactor(password) {
  return ofMine('two-factor/enable', { password });
}

/*
 * A wrong code is a 401 too, and must not lead to the sign-in page. Without a
 * session the server takes the code for the second step of a sign-in.
 */
export async function confirmFactor(code) {
  try {
    return await account('two-factor/verify-totp', { code });
  } catch (error) {
    if (['INVALID_TWO_FACTOR_COOKIE', 'UNAUTHORIZED'].includes(error.code))
      return signedInAgain().then(() => confirmFactor(code));
    throw error;
  }
}

export function disableFactor(password) {
  return ofMine('two-factor/disable', { password });
}

/* {backupCodes}: the old ones are void. */
export function renewBackupCodes(password) {
  return ofMine('two-factor/generate-backup-codes', { password });
}

export function listSessions() {
  return get('/api/auth/list-sessions');
}

export function endSession(token) {
  return ofMine('revoke-session', { token });
}

export function endOtherSessions() {
  return ofMine('revoke-other-sessions', {});
}

export function deleteAccount(password) {
  return ofMine('delete-user', { password });
}

export async function listKeys() {
  return (await get('/api/keys?limit=100')).apiKeys;
}

/* {key, apiKey}; the key is told this once. `expiresAt` may be null. */
export async function createKey(name, expiresAt) {
  return (await post('/api/keys', { name, expiresAt })).json();
}

export async function deleteKey(keyId) {
  await call(`/api/keys/${id(keyId)}`, { method: 'DELETE' });
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

const MEDIA_TYPES = { md: 'text/markdown', markdown: 'text/markdown', txt: 'text/plain', text: 'text/plain' };

/* fetch() tells nothing of how far the body has gone. */
function sendTelling(onProgress) {
  return (path, { method, headers, body, signal }) => new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const giveUp = () => request.abort();
    request.open(method, path);
    for (const [name, value] of Object.entries(headers))
      request.setRequestHeader(name, value);
    request.upload.addEventListener('progress', ({ loaded }) => onProgress(loaded));
    request.addEventListener('load', () => resolve(new Response(request.responseText, {
      status: request.status,
      headers: ['content-type', 'x-request-id'].flatMap((name) => {
        const value = request.getResponseHeader(name);
        return value === null ? [] : [[name, value]];
      }),
    })));
    request.addEventListener('error', () => reject(new TypeError('no answer')));
    request.addEventListener('abort', () => reject(new DOMException('given up', 'AbortError')));
    request.addEventListener('loadend', () => signal?.removeEventListener('abort', giveUp));
    signal?.addEventListener('abort', giveUp);
    if (signal?.aborted)
      reject(new DOMException('given up', 'AbortError'));
    else
      request.send(body);
  });
}

/* What became of something added: {document, isNew}, not new when its very
   bytes were there already. */
async function added(response) {
  const answer = await response.json();
  return { document: answer.document, isNew: response.status === 201 };
}

/* `onProgress` hears how many bytes are gone. */
export async function addFile(file, { filename = file.name, shared = false, onProgress = () => {}, signal } = {}) {
  const ending = filename.split('.').pop().toLowerCase();
  return added(await call(`/api/documents?filename=${id(filename)}${shared ? '&shared=true' : ''}`, {
    method: 'POST',
    headers: { 'content-type': MEDIA_TYPES[ending] ?? (file.type || 'application/octet-stream') },
    body: file,
    via: sendTelling(onProgress),
    signal,
  }));
}

export async function addText(title, text, { shared = false, signal } = {}) {
  return added(await post('/api/documents', { title, text, ...(shared && { shared }) }, { signal }));
}

export async function deleteDocument(documentId) {
  await call(`/api/documents/${id(documentId)}`, { method: 'DELETE' });
}

/* Takes a deletion back; resolves to the document. */
export async function restoreDocument(documentId) {
  return (await (await post(`/api/documents/${id(documentId)}/restore`, {})).json()).document;
}

/* Has a document that failed read again. */
export async function retryDocument(documentId) {
  return (await (await post(`/api/documents/${id(documentId)}/retry`, {})).json()).document;
}

export async function renameDocument(documentId, title) {
  return (await (await post(`/api/documents/${id(documentId)}`, { title },
    { method: 'PATCH' })).json()).document;
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
    return text('error.NETWORK');
  }
}
