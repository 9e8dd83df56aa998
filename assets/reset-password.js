/*
 * Where the mailed link leads: `?token=`, or `?error=` when it is dead.
 */
import { resetPassword } from './api.js';
import { accountForm } from './account-form.js';

const token = new URLSearchParams(location.search).get('token') ?? '';

accountForm(({ password }) => resetPassword(token, password.value),
  () => location.assign('/sign-in'));
