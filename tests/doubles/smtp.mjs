// A mail relay on loopback, as good or as bad as a test wants it.
//
//   const relay = await startRelay({ user: 'me', secret: 'word' });
//   relay.manners.push('later', 'accept');   // of the next connections
//   await relay.mail(1)                      // {from, to, raw, headers, parts}
//
// Manners of a connection: 'accept'; 'refuse' (550 to the recipient), 'later'
// (451), 'busy' (421 as a greeting), 'stall' (never answers DATA's end),
// 'drop' (has the mail and closes without a word). The last one stays. With a
// user AUTH is offered and required.

import net from 'node:net';

import { freePort } from '../lib/process.mjs';
import { until } from '../lib/wait.mjs';

export async function startRelay(options = {}) {
  const relay = new Relay(options);

  await relay.start();
  return relay;
}

class Relay {
  port;
  manners = ['accept'];
  /** What was received whole, in order, whether or not it was acknowledged. */
  mails = [];
  connections = 0;

  #user;
  #secret;
  #server;
  #sockets = new Set();

  constructor({ user, secret }) {
    this.#user = user;
    this.#secret = secret;
  }

  get url() {
    const who = this.#user ? `${encodeURIComponent(this.#user)}:${
      encodeURIComponent(this.#secret)}@` : '';

    return `smtp://${who}127.0.0.1:${this.port}`;
  }

  async start() {
    this.port ??= await freePort();
    this.#server = net.createServer((socket) => this.#serve(socket));
    await new Promise((resolve) => this.#server.listen(this.port, '127.0.0.1', resolve));
  }

  async stop() {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** The manners of all connections from now on. */
  behave(...manners) {
    this.manners = manners;
  }

  /** Waits for the n-th mail (from 1). */
  async mail(n, seconds = 15) {
    await until(() => this.mails.length >= n, `mail ${n} at the relay`, { seconds });
    return this.mails[n - 1];
  }

  #serve(socket) {
    const manner = this.manners.length > 1 ? this.manners.shift() : this.manners[0];
    const say = (line) => socket.write(`${line}\r\n`);
    let mail;
    let isKnown = !this.#user;
    let rest = '';
    let data;
    let isAuthenticating = false;

    const authenticate = (text) => {
      const [, user, secret] = Buffer.from(text, 'base64').toString().split('\0');

      isAuthenticating = false;
      isKnown = user === this.#user && secret === this.#secret;
      say(isKnown ? '235 welcome' : '535 who are you');
    };
    const command = (line) => {
      const verb = line.slice(0, 4).toUpperCase();

      if (verb === 'EHLO') {
        for (const word of ['double', '8BITMIME',
          ...(this.#user ? ['AUTH PLAIN'] : [])]) say(`250-${word}`);
        say('250 HELP');
      } else if (verb === 'AUTH') {
        const [, way, initial] = line.split(' ');
        if (way !== 'PLAIN') return say('504 only PLAIN');
        if (initial) return authenticate(initial);
        isAuthenticating = true;
        say('334 ');
      } else if (verb === 'MAIL') {
        mail = { from: /<(.*?)>/.exec(line)[1], to: [] };
        say(isKnown ? '250 ok' : '530 authentication required');
      } else if (verb === 'RCPT') {
        mail.to.push(/<(.*?)>/.exec(line)[1]);
        say({ refuse: '550 no such person', later: '451 come again' }[manner] ?? '250 ok');
      } else if (verb === 'DATA') {
        data = [];
        say('354 go on');
      } else if (verb === 'QUIT') {
        say('221 bye');
        socket.end();
      } else {
        say('502 what');
      }
      return undefined;
    };
    const content = (line) => {
      if (line !== '.') return data.push(line.replace(/^\./, ''));
      this.mails.push(readMail({ ...mail, raw: data.join('\r\n') }));
      data = undefined;
      if (manner === 'drop') socket.destroy();
      else if (manner !== 'stall') say('250 queued');
      return undefined;
    };

    this.connections++;
    this.#sockets.add(socket);
    socket.setEncoding('latin1');
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('data', (text) => {
      const lines = (rest + text).split('\r\n');
      rest = lines.pop();
      for (const line of lines) {
        (data ? content : isAuthenticating ? authenticate : command)(line);
      }
    });
    if (manner === 'busy') {
      say('421 too busy');
      socket.end();
    } else {
      say('220 double');
    }
  }
}

/** Takes a mail apart: its headers, and its parts by media type, decoded. */
function readMail(mail) {
  const headers = readHeaders(mail.raw);
  const parts = {};

  for (const part of leaves(mail.raw)) {
    const { 'content-type': type, 'content-transfer-encoding': coding } = readHeaders(part);
    const text = part.slice(part.indexOf('\r\n\r\n') + 4);
    parts[type.split(';')[0]] = coding === 'quoted-printable'
      ? Buffer.from(text.replace(/=\r\n/g, '').replace(/=([0-9A-F]{2})/g,
        (_, hex) => String.fromCharCode(parseInt(hex, 16))), 'latin1').toString()
      : text;
  }
  return { ...mail, headers, parts };
}

function leaves(entity) {
  const boundary = /boundary="?([^";]+)/.exec(readHeaders(entity)['content-type'] ?? '')?.[1];

  if (!boundary) return [entity];
  return entity.slice(entity.indexOf('\r\n\r\n')).split(`--${boundary}`).slice(1, -1)
    .flatMap((part) => leaves(part.replace(/^\r\n/, '').replace(/\r\n$/, '')));
}

function readHeaders(entity) {
  const lines = entity.slice(0, entity.indexOf('\r\n\r\n')).replace(/\r\n[ \t]+/g, ' ');

  return Object.fromEntries(lines.split('\r\n').map((line) =>
    [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]));
}
