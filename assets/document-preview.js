/*
 * The beginning of a document's text beside the list. On a wide window the
 * list stays in use; on a narrow one the text covers it.
 * Deliberately missing: the whole of a long text, which has its own page.
 */
import { openText } from './api.js';
import { part, say } from './dom.js';
import { characterStart, decode } from './passage.js';
import { text } from './texts.js';

const BYTES_MAX = 200 * 1024;
const WIDE = '(min-width: 64rem)';

const panel = part(document, 'preview');
let reading = null;
let opener = null;

async function read(paper, host, signal) {
  const response = await openText(paper.id, { range: [0, BYTES_MAX], signal });
  const bytes = new Uint8Array(await response.arrayBuffer());
  host.textContent = decode(bytes.subarray(0, characterStart(bytes, BYTES_MAX)));
  const whole = Number(response.headers.get('content-range')?.split('/').pop() ?? bytes.length);
  return whole > BYTES_MAX;
}

export function closePreview() {
  if (panel.open)
    panel.close();
}

/* `facts` stand below the title; `from` gets the focus back. */
export async function openPreview(paper, facts, from) {
  const host = part(panel, 'preview-text');
  reading?.abort();
  reading = new AbortController();
  const { signal } = reading;
  opener = from;
  part(panel, 'preview-title').textContent = paper.title;
  part(panel, 'preview-facts').textContent = facts;
  part(panel, 'preview-whole').href = `/documents/${encodeURIComponent(paper.id)}`;
  part(panel, 'preview-note').textContent = '';
  host.textContent = text('documents.reading');
  host.scrollTop = 0;
  if (!panel.open) {
    if (matchMedia(WIDE).matches)
      panel.show();
    else
      panel.showModal();
  }
  part(panel, 'preview-close').focus();
  try {
    const isLong = await read(paper, host, signal);
    if (!signal.aborted)
      part(panel, 'preview-note').textContent = isLong ? text('documents.onlyBeginning') : '';
  } catch (error) {
    if (error.name !== 'AbortError' && !signal.aborted)
      say(host, error.message);
  }
}

panel.addEventListener('close', () => {
  reading?.abort();
  opener?.isConnected && opener.focus();
});
panel.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') {
    event.preventDefault();
    closePreview();
  }
});
part(panel, 'preview-close').addEventListener('click', closePreview);
