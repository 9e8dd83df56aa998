/*
 * What the server does with documents, beyond listing and reading (api.js).
 */
import { call, id, post } from './api.js';

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
