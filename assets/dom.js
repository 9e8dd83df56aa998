/*
 * Finding, copying and filling elements. Parameters of a module are
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

/* Shows the element with the text, or hides it when the text is empty. */
export function say(element, text) {
  element.textContent = text;
  element.hidden = text === '';
}
