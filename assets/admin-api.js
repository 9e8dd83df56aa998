/*
 * What the server does for administrators.
 */
import { call, get, id, post } from './api.js';

const user = (userId) => `/api/admin/users/${id(userId)}`;

function listed(path, fields) {
  const query = new URLSearchParams(Object.entries(fields).filter(([, value]) => value));
  return get(query.size ? `${path}?${query}` : path);
}

/* {users, nextCursor}. */
export function listUsers({ words, sort, cursor }) {
  return listed('/api/admin/users', { q: words, sort, cursor });
}

/* {user, mailed, link, linkExpiresAt}; the link only where no mail is sent. */
export async function addUser(fields) {
  return (await post('/api/admin/users', fields)).json();
}

/* `change` is {disabled} or {role}; resolves to the user. */
export async function changeUser(userId, change) {
  return (await (await post(user(userId), change, { method: 'PATCH' })).json()).user;
}

/* {mailed, link, linkExpiresAt}. */
export async function sendResetLink(userId) {
  return (await post(`${user(userId)}/reset-link`, {})).json();
}

export async function endSessionsOf(userId) {
  await call(`${user(userId)}/sessions`, { method: 'DELETE' });
}

export async function deleteUser(userId) {
  await call(user(userId), { method: 'DELETE' });
}

/* {events, nextCursor}. */
export function listEvents({ words, event, cursor }) {
  return listed('/api/admin/audit', { q: words, event, cursor });
}

/* {days, errors, totals}. */
export function readUsage(days) {
  return listed('/api/admin/usage', { days });
}

/* {version, checks, waiting, models}. */
export function readStatus() {
  return get('/api/admin/status');
}
