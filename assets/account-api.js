/*
 * What the server does for accounts, beyond who is here (api.js).
 */
import { account, call, get, id, post, signedInAgain } from './api.js';

/* Where the links of mails about an address lead. */
const CONFIRMED = '/confirmed';
const CHANGED = '/confirmed?changed=yes';

/* Of somebody who is signed in, or is to be. */
function ofMine(action, fields) {
  return account(action, fields, {});
}

/* {token, user}; no token when the address is to be confirmed first. */
export function signUp(name, email, password) {
  return account('sign-up/email', { name, email, password, callbackURL: CONFIRMED });
}

export function signIn(email, password, rememberMe) {
  return account('sign-in/email', { email, password, rememberMe });
}

export function signInWithCode(code, trustDevice) {
  return account('two-factor/verify-totp', { code, trustDevice });
}

export function signInWithBackupCode(code, trustDevice) {
  return account('two-factor/verify-backup-code', { code, trustDevice });
}

export function askForReset(email) {
  return account('request-password-reset', { email, redirectTo: '/reset-password' });
}

export function resetPassword(token, newPassword) {
  return account('reset-password', { token, newPassword });
}

export function rename(name) {
  return ofMine('update-user', { name });
}

export function changeEmail(newEmail) {
  return ofMine('change-email', { newEmail, callbackURL: CHANGED });
}

export function sendConfirmation(email) {
  return account('send-verification-email', { email, callbackURL: CONFIRMED });
}

export function changePassword(currentPassword, newPassword, revokeOtherSessions) {
  return ofMine('change-password', { currentPassword, newPassword, revokeOtherSessions });
}

/* {totpURI, backupCodes}; they count once confirmFactor() has seen a code. */
export function enableFactor(password) {
  return ofMine('two-factor/enable', { password });
}

/*
 * A wrong code is a 401 too, and must not lead to the sign-in page. Without a
 * session the server takes the code for the second step of a sign-in.
 */
export async function confirmFactor(code) {
  try {
    return await account('two-factor/verify-totp', { code });
  } catch (error) {
    if (['INVALID_TWO_FACTOR_COOKIE', 'UNAUTHORIZED'].includes(error.code))
      return signedInAgain().then(() => confirmFactor(code));
    throw error;
  }
}

export function disableFactor(password) {
  return ofMine('two-factor/disable', { password });
}

/* {backupCodes}: the old ones are void. */
export function renewBackupCodes(password) {
  return ofMine('two-factor/generate-backup-codes', { password });
}

export function listSessions() {
  return get('/api/auth/list-sessions');
}

export function endSession(token) {
  return ofMine('revoke-session', { token });
}

export function endOtherSessions() {
  return ofMine('revoke-other-sessions', {});
}

export function deleteAccount(password) {
  return ofMine('delete-user', { password });
}

export async function listKeys() {
  return (await get('/api/keys?limit=100')).apiKeys;
}

/* {key, apiKey}; the key is told this once. `expiresAt` may be null. */
export async function createKey(name, expiresAt) {
  return (await post('/api/keys', { name, expiresAt })).json();
}

export async function deleteKey(keyId) {
  await call(`/api/keys/${id(keyId)}`, { method: 'DELETE' });
}
