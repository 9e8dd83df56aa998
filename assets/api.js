/*
 * The one module that talks to the server. Every other one calls a named
 * function of this file and hears of trouble as an ApiError, whose message
 * can be shown to a person.
 *
 * Reading waits out a server that is starting or briefly away (the window
 * hears "lectern:waiting" with a sentence, and "lectern:answered" when it is
 * over); writing never repeats itself. A session that has ended leads to the
 * sign-in page and back. Deliberately missing: upload progress, caching.
 */
const WAIT_MS = [500, 1000, 2000, 4000, 8000, 8000, 8000];

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

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/* Leaves for the sign-in page; the caller's promise then never settles. */
function goToSignIn() {
  const here = location.pathname + location.search + location.hash;
  location.assign(`/sign-in?next=${encodeURIComponent(here)}`);
  return new Promise(() => {});
}

async function errorOf(response) {
  let body = null;
  try {
    body = await response.clone().json();
  } catch {
    /* A proxy's page: there is nothing in it for a person */
  }
  const requestId = response.headers.get('x-request-id') ?? '';
  if (body && typeof body.message === 'string')
    return new ApiError(body.message, { requestId, ...body, status: response.status });
  if (response.status >= 502 && response.status <= 504)
    return new ApiError('The server is waking up. This can take a minute.',
      { status: response.status, code: 'WAKING_UP', requestId });
  return new ApiError(`The server answered with an error (${response.status}).`,
    { status: response.status, code: 'UNKNOWN', requestId });
}

async function attempt(path, options) {
  let response;
  try {
    response = await fetch(path, { credentials: 'same-origin', ...options });
  } catch (error) {
    if (error.name === 'AbortError')
      throw error;
    throw new ApiError('The server cannot be reached. Check your connection.', { code: 'NETWORK' });
  }
  if (!response.ok)
    throw await errorOf(response);
  return response;
}

function isPassing(error) {
  return error instanceof ApiError
    && (error.code === 'NETWORK' || (error.status >= 502 && error.status <= 504));
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
      if (session && error.status === 401)
        return goToSignIn();
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
export function whoIsHere() {
  return get('/api/auth/get-session');
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
      return goToSignIn();
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

export function listDocuments(cursor) {
  return page('/api/documents', cursor);
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

export async function addFile(file) {
  const ending = file.name.split('.').pop().toLowerCase();
  const response = await call(`/api/documents?filename=${id(file.name)}`, {
    method: 'POST',
    headers: { 'content-type': MEDIA_TYPES[ending] ?? (file.type || 'application/octet-stream') },
    body: file,
  });
  return (await response.json()).document;
}

export async function addText(title, text) {
  return (await (await post('/api/documents', { title, text })).json()).document;
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

export function listConversations(cursor) {
  return page('/api/conversations', cursor);
}

export async function readConversation(conversationId) {
  return (await get(`/api/conversations/${id(conversationId)}`)).conversation;
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
    return 'The server cannot be reached.';
  }
}
