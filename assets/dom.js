/*
 * Finding, making and filling elements. Parameters of a module are
 * `data-NAME` attributes: part(root, "NAME") finds them.
 */

/* The first element with that data attribute; a missing one is a bug. */
export function part(root, name) {
  const element = root.querySelector(`[data-${name}]`);
  if (!element)
    throw new Error(`the page lacks data-${name}`);
  return element;
}

/* A copy of the first element of a template. */
export function copyOf(templateId) {
  return document.getElementById(templateId).content.firstElementChild.cloneNode(true);
}

/* A new element; an attribute that is false is left out. */
export function make(tag, attributes = {}, ...content) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false)
      element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...content);
  return element;
}

/* Where an icon of icons.svg is; the address beside this module's own. */
export function iconAddress(name) {
  return `${new URL('./icons.svg', import.meta.url).pathname}#${name}`;
}

const SVG = 'http://www.w3.org/2000/svg';

/* One of icons.svg, as an ornament. */
export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  const use = document.createElementNS(SVG, 'use');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  use.setAttribute('href', iconAddress(name));
  svg.append(use);
  return svg;
}

/* Shows the element with the text, or hides it when the text is empty. */
export function say(element, text) {
  element.textContent = text;
  element.hidden = text === '';
}
