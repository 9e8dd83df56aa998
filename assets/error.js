/*
 * The error page: one file for every failing page, so the words for the
 * status are chosen here, from the templates in error.html. The browser
 * remembers the status it got; where it does not, the general words stay.
 */
const [navigation] = performance.getEntriesByType('navigation');
const status = navigation?.responseStatus ?? 0;
const page = document.querySelector('[data-error-page]');
const words = page.querySelector(`template[data-error="${status}"]`)
  ?? (status >= 500 ? page.querySelector('template[data-error="500"]') : null);

if (words) {
  page.querySelector('[data-error-title]').textContent = words.dataset.title;
  page.querySelector('[data-error-text]').textContent = words.content.textContent;
  document.title = `${words.dataset.title} · Lectern`;
}
if (status >= 400) {
  const figure = page.querySelector('[data-error-status]');
  figure.textContent = String(status);
  figure.hidden = false;
}
