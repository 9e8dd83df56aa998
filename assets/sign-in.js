/*
 * The sign-in page.
 */
import { signIn } from './api.js';
import { accountForm } from './account-form.js';

accountForm(({ email, password, rememberMe }) =>
  signIn(email.value.trim(), password.value, rememberMe.checked));
