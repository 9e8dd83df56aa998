/*
 * Passages by bytes. A citation is a range of bytes of a document's UTF-8
 * text, a browser counts UTF-16 units: whoever cuts, cuts bytes, and turns
 * into characters only what was cut.
 */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

export function decode(bytes) {
  return decoder.decode(bytes);
}

function isContinuation(byte) {
  return (byte & 0xc0) === 0x80;
}

/* The nearest character boundary at or before the offset. */
export function characterStart(bytes, offset) {
  let at = Math.min(offset, bytes.length);
  while (at > 0 && at < bytes.length && isContinuation(bytes[at]))
    at--;
  return at;
}

/* The nearest one at or after it. */
export function characterEnd(bytes, offset) {
  let at = Math.min(offset, bytes.length);
  while (at < bytes.length && isContinuation(bytes[at]))
    at++;
  return at;
}

/* "#120-480" as {start, end} in bytes, or null. */
export function rangeOf(fragment) {
  const match = /^#(\d{1,15})-(\d{1,15})$/.exec(fragment);
  if (!match)
    return null;
  const range = { start: Number(match[1]), end: Number(match[2]) };
  return range.start < range.end ? range : null;
}

/* Where in the document a citation leads. */
export function passageAddress({ documentId, start, end }) {
  return `/documents/${encodeURIComponent(documentId)}#${start}-${end}`;
}
