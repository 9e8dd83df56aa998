/*
 * The front page has nothing to do, unless the link of a mail ends here: a
 * program that asked for the mail and named no page of its own leads here.
 */
import { part, say } from './dom.js';
import { linkTrouble } from './link.js';

say(part(document, 'link-notice'), linkTrouble());
