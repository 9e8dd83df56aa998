/*
 * What went wrong with a link about an account: `?error=CODE`, of which
 * nothing but letters, digits and _ ' - is shown.
 */
import { part } from './dom.js';

const told = new URLSearchParams(location.search).get('error') ?? '';
const code = /^[A-Za-z0-9_'-]{1,64}$/.test(told) ? told : 'UNKNOWN';
const words = document.querySelector(`template[data-for="${CSS.escape(code)}"]`);

part(document, 'code').textContent = code;
if (words)
  part(document, 'text').textContent = words.content.textContent;
