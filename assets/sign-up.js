/*
 * The sign-up page. Where addresses must be confirmed first, nobody is signed
 * in by it: the page then says where the mail went.
 */
import './states.js';
import { signUp } from './account-api.js';
import { accountForm, takeTold } from './account-form.js';
import { isSessionKept, watchCookies } from './cookies.js';
import { part } from './dom.js';
import { nextPath } from './next.js';
import { equipSecrets } from './secret-field.js';
import { text } from './texts.js';
import { sendAgain } from './unconfirmed.js';

function showMail(email) {
  const notice = part(document, 'sent');
  part(document, 'account-form').hidden = true;
  part(notice, 'sent-words').textContent = text('signUp.sent', { email });
  notice.hidden = false;
  part(notice, 'send-again').addEventListener('click', async () => {
    part(notice, 'send-again').hidden = true;
    part(notice, 'send-done').textContent = await sendAgain(email);
  });
}

takeTold();
accountForm(({ name, email, password }) => signUp(name.value.trim(), email.value.trim(), password.value),
  async ({ token, user }) => {
    if (!token)
      showMail(user.email);
    else if (await isSessionKept()) {
      if (!user.emailVerified)
        localStorage.setItem('lectern:reminder', 'yes');
      location.assign(nextPath());
    }
  });
equipSecrets();
watchCookies();
