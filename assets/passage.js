/*
 * Texts by bytes. A citation is a range of bytes of a document's UTF-8 text,
 * a browser counts UTF-16 units: this module keeps the bytes and cuts there.
 *
 * `SourceText` shows a text of any size as a row of sections of some 32 kB, cut at
 * line ends, so that the browser lays out only those in view (see
 * .source-section in lectern.css) while its own search still finds them all.
 */
const SECTION_BYTES = 32 * 1024;
const LINE_FEED = 0x0a;

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

function characterEnd(bytes, offset) {
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

export class SourceText {
  #host;
  #bytes = new Uint8Array(1 << 16);
  #length = 0;
  #shown = 0;
  #sections = [];
  #range = null;

  /* `host` is emptied and filled with sections. */
  constructor(host) {
    this.#host = host;
    host.replaceChildren();
  }

  get length() {
    return this.#length;
  }

  /* Takes the next bytes of the text and shows what makes whole sections. */
  append(chunk) {
    if (this.#length + chunk.length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + chunk.length));
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    this.#bytes.set(chunk, this.#length);
    this.#length += chunk.length;
    while (this.#length - this.#shown >= 2 * SECTION_BYTES)
      this.#show(this.#cut());
  }

  /* The text is complete: shows the rest. */
  finish() {
    while (this.#length - this.#shown >= 2 * SECTION_BYTES)
      this.#show(this.#cut());
    if (this.#length > this.#shown)
      this.#show(this.#length);
  }

  /* After a line end if there is one near, else between two characters. */
  #cut() {
    const aim = this.#shown + SECTION_BYTES;
    const line = this.#bytes.indexOf(LINE_FEED, aim);
    if (line !== -1 && line < aim + SECTION_BYTES - 1 && line + 1 < this.#length)
      return line + 1;
    return characterStart(this.#bytes.subarray(0, this.#length), aim);
  }

  #show(end) {
    const element = document.createElement('div');
    element.className = 'source-section';
    const section = { element, start: this.#shown, end };
    this.#sections.push(section);
    this.#shown = end;
    this.#fill(section);
    this.#host.append(element);
  }

  #fill({ element, start, end }) {
    const from = this.#range ? Math.max(start, this.#range.start) : end;
    const to = this.#range ? Math.min(end, this.#range.end) : end;
    if (from >= to) {
      element.textContent = decode(this.#bytes.subarray(start, end));
      return;
    }
    const mark = document.createElement('mark');
    mark.tabIndex = -1;
    mark.textContent = decode(this.#bytes.subarray(from, to));
    element.replaceChildren(
      decode(this.#bytes.subarray(start, from)), mark, decode(this.#bytes.subarray(to, end)));
  }

  /*
   * Marks the bytes of the range (null: none), widened to whole characters.
   * Returns the first <mark>, or null when nothing shown lies in the range.
   */
  mark(range) {
    const before = this.#range;
    const bytes = this.#bytes.subarray(0, this.#length);
    this.#range = range && {
      start: characterStart(bytes, range.start),
      end: characterEnd(bytes, range.end),
    };
    for (const section of this.#sections)
      if (touches(section, before) || touches(section, this.#range))
        this.#fill(section);
    return this.#host.querySelector('mark');
  }
}

function touches(section, range) {
  return range !== null && section.start < range.end && range.start < section.end;
}
