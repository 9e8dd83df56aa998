/*
 * Where the links of mails about an address lead: to confirm the one of the
 * account, or (`?changed`) to put another in its place. Somebody who is signed
 * in goes on to the settings, which tell the same; anyone else reads here what
 * became of the link, and may ask for another.
 */
import './states.js';
import { accountForm } from './account-form.js';
import { sendConfirmation } from './account-api.js';
import { whoIsHere } from './api.js';
import { part, say } from './dom.js';
import { linkTrouble } from './link.js';
import { text } from './texts.js';

/* A link that changes an address is asked for in the settings alone. */
const isChange = new URLSearchParams(location.search).has('changed');

function show() {
  const trouble = linkTrouble();
  const state = trouble ? 'failed' : isChange ? 'changed' : 'fine';
  part(document, state).hidden = false;
  part(document, 'account-form').hidden = isChange;
  part(document, 'change-again').hidden = !isChange;
  say(part(document, 'reason'), trouble);
  document.title = `${part(document, state).querySelector('h1').textContent} · Lectern`;
}

accountForm(({ email }) => sendConfirmation(email.value.trim()), () => {
  part(document, 'account-form').hidden = true;
  say(part(document, 'sent'), text('confirmed.sent'));
});
whoIsHere().then((here) => (here
  ? location.replace(`/settings${location.search}`) : show()), show);
