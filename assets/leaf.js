/*
 * The text of a document on its page, however long: a row of sections of
 * some 64 kB, of which those near the reader are fetched (by Range) and
 * shown. The others hold their place with a guessed height. A document of up
 * to 1 MB is fetched whole, so that the browser's own search finds all of it.
 *
 * Section k begins with the first line that begins in the first 8 kB of
 * [k * 64 kB, ...), or where there is none with the first character there:
 * a rule that both neighbours can apply to the bytes they fetch.
 */
import { openText } from './api.js';
import { characterEnd, characterStart, decode } from './passage.js';

const BLOCK = 64 * 1024;
const SEAM = 8 * 1024;
const WHOLE_MAX = 1024 * 1024;
const READINGS_MAX = 2;
const MARKED_MAX = 4;			/* sections fetched at once for a passage */
const HEIGHT_MAX = 16_000_000;		/* of all guesses, in px: browsers end at 33 million */
const NEAR = '150% 0px';
const LINE_FEED = 0x0a;

export class Leaf {
  #host;
  #documentId;
  #total = 0;
  #whole = null;		/* all bytes, where the server knows no ranges */
  #sections = [];		/* {element, start, bytes, reading} */
  #range = null;
  #wanted = new Set();
  #running = 0;
  #pxPerByte = 0;
  #observer = new IntersectionObserver((entries) => this.#moved(entries), { rootMargin: NEAR });

  constructor(host, documentId) {
    this.#host = host;
    this.#documentId = documentId;
  }

  /* Bytes of the text; known once open() has resolved. */
  get length() {
    return this.#total;
  }

  /* Shows the text from the section on that holds the byte; the first one
     when the text is shorter. */
  async open(byte) {
    let first = Math.floor(byte / BLOCK);
    let piece;
    try {
      piece = await this.#read(first);
    } catch (error) {
      if (error.status !== 416 || first === 0)
        throw error;
      first = 0;
      piece = await this.#read(0);
    }
    this.#layOut();
    this.#fill(first, piece);
    if (this.#total <= WHOLE_MAX)
      this.#sections.forEach((_, k) => this.#wanted.add(k));
    this.#pump();
  }

  /*
   * Marks the bytes of the range, widened to whole characters; null takes the
   * mark away. Resolves to the first <mark>, or null when there is none.
   */
  async mark(range) {
    const before = this.#range;
    this.#range = range;
    if (range) {
      const last = this.#sectionAt(range.end - 1);
      const first = Math.max(0, this.#sectionAt(range.start) - 1);
      const needed = this.#sections.slice(first, Math.min(last, first + MARKED_MAX) + 1);
      await Promise.all(needed.map((section) => this.#load(this.#sections.indexOf(section))));
    }
    for (const section of this.#sections)
      if (section.bytes && (touches(section, before) || touches(section, range)))
        this.#draw(section);
    return this.#host.querySelector('mark');
  }

  #sectionAt(byte) {
    return Math.min(Math.floor(byte / BLOCK), this.#sections.length - 1);
  }

  /* {from, bytes}: what section k may hold, and the seams at both its ends. */
  async #read(k) {
    const from = Math.max(0, k * BLOCK - 1);
    const to = (k + 1) * BLOCK + SEAM;
    if (this.#whole)
      return { from, bytes: this.#whole.subarray(from, to) };
    const response = await openText(this.#documentId, { range: [from, to] });
    const bytes = new Uint8Array(await response.arrayBuffer());
    if (response.status === 206) {
      this.#total = Number(response.headers.get('content-range').split('/')[1]);
      return { from, bytes };
    }
    this.#whole = bytes;
    this.#total = bytes.length;
    return { from, bytes: bytes.subarray(from, to) };
  }

  #layOut() {
    const count = Math.max(1, Math.ceil(this.#total / BLOCK));
    this.#sections = Array.from({ length: count }, () => {
      const element = document.createElement('div');
      element.className = 'source-section';
      return { element, start: 0, bytes: null, reading: null };
    });
    this.#host.replaceChildren(...this.#sections.map(({ element }) => element));
  }

  /* Where section k begins, told by bytes that hold its seam. */
  #edge(k, { from, bytes }) {
    if (k === 0)
      return 0;
    if (k >= this.#sections.length)
      return this.#total;
    const seam = k * BLOCK;
    const line = bytes.indexOf(LINE_FEED, seam - 1 - from);
    if (line !== -1 && line + from < seam + SEAM)
      return line + 1 + from;
    return characterEnd(bytes, seam - from) + from;
  }

  #fill(k, piece) {
    const section = this.#sections[k];
    const start = this.#edge(k, piece);
    const end = this.#edge(k + 1, piece);
    section.start = start;
    section.bytes = piece.bytes.slice(start - piece.from, end - piece.from);
    this.#draw(section);
    section.element.style.removeProperty('min-height');
    this.#wanted.delete(k);
    this.#observer.unobserve(section.element);
    if (this.#pxPerByte === 0)
      this.#guess(section);
  }

  /* The first section tells how high the others may become. */
  #guess({ element, bytes }) {
    element.style.contentVisibility = 'visible';
    this.#pxPerByte = Math.min(element.getBoundingClientRect().height / Math.max(1, bytes.length),
      HEIGHT_MAX / this.#total);
    element.style.removeProperty('content-visibility');
    this.#host.style.setProperty('--guess', `${Math.round(BLOCK * this.#pxPerByte)}px`);
    for (const [k, section] of this.#sections.entries()) {
      if (section.bytes)
        continue;
      const size = Math.min(BLOCK, this.#total - k * BLOCK);
      section.element.style.minHeight = `${Math.round(size * this.#pxPerByte)}px`;
      this.#observer.observe(section.element);
    }
  }

  /* Resolves once section k is shown. */
  #load(k) {
    const section = this.#sections[k];
    if (section.bytes)
      return Promise.resolve();
    section.reading ??= this.#read(k)
      .then((piece) => this.#fill(k, piece))
      .finally(() => { section.reading = null; });
    return section.reading;
  }

  #moved(entries) {
    for (const { target, isIntersecting } of entries) {
      const k = this.#sections.findIndex(({ element }) => element === target);
      if (isIntersecting)
        this.#wanted.add(k);
      else if (this.#total > WHOLE_MAX)
        this.#wanted.delete(k);
    }
    this.#pump();
  }

  /* What could not be fetched is tried again when it comes near again. */
  async #pump() {
    while (this.#running < READINGS_MAX && this.#wanted.size > 0) {
      const [k] = this.#wanted;
      this.#wanted.delete(k);
      this.#running++;
      this.#load(k).catch(() => {}).finally(() => {
        this.#running--;
        this.#pump();
      });
    }
  }

  #draw({ element, start, bytes }) {
    const range = this.#range;
    const from = range ? characterStart(bytes, Math.max(0, range.start - start)) : 0;
    const to = range ? characterEnd(bytes, Math.max(0, range.end - start)) : 0;
    if (from >= to) {
      element.textContent = decode(bytes);
      return;
    }
    const mark = document.createElement('mark');
    mark.tabIndex = -1;
    mark.textContent = decode(bytes.subarray(from, to));
    element.replaceChildren(decode(bytes.subarray(0, from)), mark, decode(bytes.subarray(to)));
  }
}

function touches({ start, bytes }, range) {
  return range !== null && start < range.end && range.start < start + bytes.length;
}
