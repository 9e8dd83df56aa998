/*
 * The second factor, in the settings.
 *
 *	off -> password -> secret shown -> code -> on, backup codes shown once
 *	on  -> password -> new backup codes, or off
 *
 * The secret is shown in three ways: a QR code for another device's camera, a
 * link that opens an app on this one, and letters to type.
 */
import { bindForm } from './account-form.js';
import { confirmFactor, disableFactor, enableFactor, renewBackupCodes } from './account-api.js';
import { part } from './dom.js';
import { qrCode } from './qr.js';
import { text } from './texts.js';

let codes = [];
let nextCodes = [];

function showState(isOn) {
  part(document, 'factor-on').hidden = !isOn;
  part(document, 'factor-off').hidden = isOn;
  part(document, 'factor-tag-on').hidden = !isOn;
  part(document, 'factor-tag-off').hidden = isOn;
  part(document, 'factor-setup').hidden = true;
}

/* The secret is on the page no longer than it has to be. */
function dropSecret() {
  part(document, 'totp-qr').replaceChildren();
  part(document, 'totp-secret').textContent = '';
  part(document, 'totp-link').removeAttribute('href');
}

function dropCodes() {
  const link = part(document, 'save-codes');
  URL.revokeObjectURL(link.href);
  link.removeAttribute('href');
  codes = [];
  part(document, 'backup-codes').replaceChildren();
  part(document, 'codes-box').hidden = true;
}

function showCodes(fresh) {
  const list = part(document, 'backup-codes');
  dropCodes();
  codes = fresh;
  list.replaceChildren(...codes.map((text) => {
    const item = document.createElement('li');
    item.textContent = text;
    return item;
  }));
  part(document, 'save-codes').href = URL.createObjectURL(
    new Blob([`${codes.join('\n')}\n`], { type: 'text/plain' }));
  part(document, 'codes-copied').textContent = '';
  part(document, 'codes-box').hidden = false;
  list.focus();
}

function showSetup({ totpURI, backupCodes }) {
  const secret = new URL(totpURI).searchParams.get('secret');
  nextCodes = backupCodes;
  part(document, 'totp-qr').replaceChildren(qrCode(totpURI, text('factor.qr')));
  part(document, 'totp-link').href = totpURI;
  part(document, 'totp-secret').textContent = secret.match(/.{1,4}/g).join(' ');
  part(document, 'factor-off').hidden = true;
  part(document, 'factor-setup').hidden = false;
  part(document, 'factor-confirm').elements.code.focus();
}

function takeForm(name, send, after) {
  const form = part(document, name);
  bindForm(form, send, (answer) => {
    form.reset();
    after(answer);
  });
}

async function copyCodes() {
  const told = part(document, 'codes-copied');
  try {
    await navigator.clipboard.writeText(codes.join('\n'));
    told.textContent = text('factor.copied');
  } catch {
    told.textContent = text('factor.copyByHand');
  }
}

/* Binds the section; `changed` hears when the session was replaced. */
export function takeSecondFactor(changed) {
  takeForm('factor-enable', ({ currentPassword }) => enableFactor(currentPassword.value), showSetup);
  takeForm('factor-confirm', ({ code }) => confirmFactor(code.value.trim()), () => {
    dropSecret();
    showState(true);
    showCodes(nextCodes);
    changed();
  });
  takeForm('factor-codes', ({ currentPassword }) => renewBackupCodes(currentPassword.value), ({ backupCodes }) => {
    showCodes(backupCodes);
  });
  takeForm('factor-disable', ({ currentPassword }) => disableFactor(currentPassword.value), () => {
    dropCodes();
    showState(false);
    changed();
  });
  part(document, 'factor-cancel').addEventListener('click', () => {
    dropSecret();
    showState(false);
    part(document, 'factor-enable').elements.currentPassword.focus();
  });
  part(document, 'copy-codes').addEventListener('click', copyCodes);
}

export function showSecondFactor(user) {
  showState(user.twoFactorEnabled === true);
}
