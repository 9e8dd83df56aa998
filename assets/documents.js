/*
 * The documents page: adding (upload.js), what is there (document-list.js),
 * what is done with several at once (document-selection.js) and the text
 * beside the list (document-preview.js).
 */
import './shell.js';
import { whoIsHere } from './api.js';
import { part } from './dom.js';
import { refresh, startList, welcome } from './document-list.js';
import { closePreview } from './document-preview.js';
import { startSelection } from './document-selection.js';
import { startSnackbar } from './snackbar.js';
import { load } from './texts.js';
import { startUploads } from './upload.js';

/* Whether the library is theirs to change; the server decides anyway. */
async function isAdministrator() {
  try {
    return (await whoIsHere())?.user.role === 'admin';
  } catch {
    return false;
  }
}

const isLibrary = location.pathname === '/admin/library';

await Promise.all([load('documents'), load('error')]);
if (isLibrary)
  await (await import('./admin-library.js')).becomeLibrary();
startSnackbar();
startSelection();
startUploads(welcome);
startList(isAdministrator().then((is) => {
  part(document, 'sharing').hidden = !is || isLibrary;
  return is;
}), isLibrary ? 'true' : '');
window.addEventListener('lectern:back', refresh);
window.addEventListener('pagehide', closePreview);
