/*
 * Where one is signed in, and ending it. A device is named by what its
 * browser says of itself.
 */
import { endOtherSessions, endSession, listSessions } from './account-api.js';
import { copyOf, part, say } from './dom.js';
import { text } from './texts.js';
import { dateWords } from './words.js';

/* The first that fits counts: most browsers also claim to be others. */
const BROWSERS = [['Edge', /\bEdg/], ['Opera', /\bOPR\//], ['Firefox', /\b(Firefox|FxiOS)\//],
  ['Chrome', /\b(Headless)?(Chrome|CriOS)\//], ['Safari', /\bSafari\//]];
const SYSTEMS = [['iPhone', /\biPhone\b/], ['iPad', /\biPad\b/], ['Android', /\bAndroid\b/],
  ['Windows', /\bWindows\b/], ['macOS', /\bMac OS X\b/], ['Linux', /\bLinux\b/]];

/* "Firefox on Linux"; a program by its first word, "curl/8.0". */
export function deviceWords(agent) {
  const nameIn = (list) => list.find(([, pattern]) => pattern.test(agent))?.[0];
  const browser = nameIn(BROWSERS);
  const system = nameIn(SYSTEMS);
  if (browser && system)
    return text('sessions.device', { browser, system });
  return browser ?? (agent.split(' ')[0].slice(0, 40) || text('sessions.unknown'));
}

function complain(error) {
  say(part(document, 'sessions-error'), error.message);
}

function showOthersLine() {
  part(document, 'end-others-line').hidden = part(document, 'sessions').children.length < 2;
}

function rowOf(session, isThis) {
  const row = copyOf('session-template');
  const device = deviceWords(session.userAgent);
  const end = part(row, 'end');
  part(row, 'device').textContent = device;
  part(row, 'this').hidden = !isThis;
  part(row, 'facts').textContent = [session.ipAddress,
    text('sessions.since', { date: dateWords(session.createdAt) }),
    session.updatedAt === session.createdAt ? ''
      : text('sessions.lastUsed', { date: dateWords(session.updatedAt) })]
    .filter(Boolean).join(' · ');
  part(row, 'end-label').textContent = text('sessions.endLabel', { device });
  end.hidden = isThis;
  end.addEventListener('click', async () => {
    end.disabled = true;
    try {
      await endSession(session.token);
      row.remove();
      showOthersLine();
      part(document, 'announcer').textContent = text('sessions.ended', { device });
    } catch (error) {
      end.disabled = false;
      complain(error);
    }
  });
  return row;
}

/* `token`: of the session that this page has. */
export async function showSessions(token) {
  const list = await listSessions();
  const isThis = (session) => session.token === token;
  list.sort((a, b) => isThis(b) - isThis(a));
  part(document, 'sessions').replaceChildren(...list.map((session) =>
    rowOf(session, isThis(session))));
  part(document, 'end-others').onclick = async () => {
    try {
      await endOtherSessions();
      await showSessions(token);
      part(document, 'announcer').textContent = text('sessions.othersEnded');
    } catch (error) {
      complain(error);
    }
  };
  showOthersLine();
}
