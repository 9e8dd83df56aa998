/*
 * The reader's choice between light and dark, put on <html> before anything
 * is painted: a classic script in the head, so that the page waits for it. No
 * choice (the usual case) leaves it to the system. lectern.css has the rest.
 *
 * settings.js changes the choice; every other open page hears of it here. The
 * same goes for the chat's rail, which rail.js folds away, and for the room of
 * the reminder that unconfirmed.js shows, so that nothing moves when it comes.
 */
(() => {
  const KEY = 'lectern:theme';

  function apply() {
    let choice = null;
    try {
      choice = localStorage.getItem(KEY);
    } catch {
      /* Storage is refused to us: the system decides */
    }
    if (choice === 'light' || choice === 'dark')
      document.documentElement.dataset.theme = choice;
    else
      delete document.documentElement.dataset.theme;
  }

  window.addEventListener('storage', apply);
  apply();
  try {
    document.documentElement.dataset.rail = localStorage.getItem('lectern:rail') ?? '';
    if (localStorage.getItem('lectern:reminder') && !sessionStorage.getItem('lectern:confirm-later'))
      document.documentElement.dataset.reminder = '';
  } catch {
    /* It is open, as at first; the reminder makes its own room */
  }
})();
