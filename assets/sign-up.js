/*
 * The sign-up page; whoever signs up is signed in.
 */
import { signUp } from './api.js';
import { accountForm } from './account-form.js';

accountForm(({ name, email, password }) =>
  signUp(name.value.trim(), email.value.trim(), password.value));
