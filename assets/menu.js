/*
 * A menu of the things to do with an item of a list: one popover for all of
 * its buttons, filled when it opens. Arrow keys, Home and End move in it,
 * Escape and a click elsewhere close it and give the focus back.
 */
import { part } from './dom.js';

const GAP_PX = 4;

export class Menu {
  #popover;
  #button = null;		/* whose menu is open */
  #pressed = null;		/* whose menu was open at the last press */
  #top = 0;			/* where in the window its button was, in px */
  #acts = new Map();

  /* `popover` holds elements of role menuitem, named by data-menu-NAME. */
  constructor(popover) {
    this.#popover = popover;
    popover.addEventListener('beforetoggle', (event) => event.newState === 'closed' && this.#closed());
    popover.addEventListener('keydown', (event) => this.#key(event));
    popover.addEventListener('click', (event) => this.#choose(event.target));
    addEventListener('scroll', () => this.#scrolled(), { capture: true, passive: true });
    addEventListener('resize', () => this.close());
  }

  get #entries() {
    return [...this.#popover.querySelectorAll('[role="menuitem"]')];
  }

  /* `fill()` is called before the menu opens for this button. */
  attach(button, fill) {
    button.setAttribute('aria-haspopup', 'menu');
    button.setAttribute('aria-expanded', 'false');
    /* A press closes an open menu before the click comes; that click must
       not open it again */
    button.addEventListener('pointerdown', () => { this.#pressed = this.#button; });
    button.addEventListener('click', () => {
      const wasOpen = this.#pressed === button;
      this.#pressed = null;
      this.close();
      if (!wasOpen)
        this.#open(button, fill);
    });
  }

  #open(button, fill) {
    fill();
    this.#button = button;
    button.setAttribute('aria-expanded', 'true');
    button.focus({ preventScroll: true });
    this.#popover.showPopover({ source: button });
    this.#place();
    this.#entries[0].focus({ preventScroll: true });
  }

  /* What the entry does; a link needs nothing. */
  act(name, does) {
    this.#acts.set(part(this.#popover, `menu-${name}`), does);
  }

  close() {
    if (this.#popover.matches(':popover-open'))
      this.#popover.hidePopover();
  }

  #closed() {
    this.#button?.setAttribute('aria-expanded', 'false');
    this.#button = null;
  }

  /* What scrolls beside the button is no matter of its menu. */
  #scrolled() {
    if (this.#button && this.#button.getBoundingClientRect().top !== this.#top)
      this.close();
  }

  #place() {
    const at = this.#button.getBoundingClientRect();
    this.#top = at.top;
    const size = this.#popover.getBoundingClientRect();
    const isRight = getComputedStyle(this.#button).direction === 'rtl';
    const left = isRight ? at.left : at.right - size.width;
    const below = at.bottom + GAP_PX;
    this.#popover.style.setProperty('--menu-left',
      `${Math.max(GAP_PX, Math.min(left, innerWidth - size.width - GAP_PX))}px`);
    this.#popover.style.setProperty('--menu-top',
      `${below + size.height < innerHeight ? below : Math.max(GAP_PX, at.top - size.height - GAP_PX)}px`);
  }

  #key(event) {
    const entries = this.#entries;
    const at = entries.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      entries.at(to % entries.length).focus();
    } else if (event.key === 'Tab') {
      this.close();
    }
  }

  #choose(target) {
    const entry = target.closest('[role="menuitem"]');
    if (!entry)
      return;
    this.close();
    this.#acts.get(entry)?.();
  }
}
