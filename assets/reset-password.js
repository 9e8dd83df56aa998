/*
 * Where the mailed link leads: `?token=`, or `?error=` when it is dead.
 */
import './states.js';
import { resetPassword } from './account-api.js';
import { accountForm } from './account-form.js';
import { part } from './dom.js';
import { equipSecrets } from './secret-field.js';

const asked = new URLSearchParams(location.search);
const token = asked.get('token') ?? '';

if (token === '' || asked.has('error')) {
  part(document, 'account-form').hidden = true;
  part(document, 'lead').hidden = true;
  part(document, 'dead').hidden = false;
}

accountForm(({ password }) => resetPassword(token, password.value),
  () => location.assign('/sign-in'));
equipSecrets();
