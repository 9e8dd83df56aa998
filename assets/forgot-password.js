/*
 * Asks for the mail with the link. The answer is the same for every address.
 */
import './states.js';
import { askForReset } from './account-api.js';
import { accountForm } from './account-form.js';
import { part } from './dom.js';

accountForm(({ email }) => askForReset(email.value.trim()), () => {
  part(document, 'account-form').hidden = true;
  part(document, 'done').hidden = false;
});
