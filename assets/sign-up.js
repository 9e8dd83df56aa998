/*
 * The sign-up page. Where addresses must be confirmed first, nobody is signed
 * in by it: the page then says where the mail went.
 */
import { signUp } from './api.js';
import { accountForm } from './account-form.js';
import { part } from './dom.js';
import { nextPath } from './next.js';
import { sendAgain } from './unconfirmed.js';

function showMail(email) {
  const notice = part(document, 'sent');
  part(document, 'account-form').hidden = true;
  part(notice, 'sent-email').textContent = email;
  notice.hidden = false;
  part(notice, 'send-again').addEventListener('click', async () => {
    part(notice, 'send-again').hidden = true;
    part(notice, 'send-done').textContent = await sendAgain(email);
  });
}

accountForm(({ name, email, password }) => signUp(name.value.trim(), email.value.trim(), password.value),
  ({ token, user }) => {
    if (token)
      location.assign(nextPath());
    else
      showMail(user.email);
  });
