// A hosted Postgres, as Neon's proxy shows it: TLS on TCP that ends before the
// database, a password in clear text inside it, connections that are cut when
// nobody asks, a first answer that takes its time, and days on which it is
// not there. Behind it is the tests' own cluster.
//
//   const neon = await startNeon(postgres, { password: 's3cret' });
//   neon.url('name', 'sslmode=require')   // for DATABASE_URL
//   neon.cut(); await neon.leave(); await neon.come();
//   neon.delayMs = 5000;                  // for connections from now on
//   neon.seen                             // {tls, plain, refused, sessions}
//   await neon.stop();

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import tls from 'node:tls';

import { freePort, giveToOwner, temporaryFolder } from './process.mjs';

const SSL_REQUEST = 80877103;
const CANCEL_REQUEST = 80877102;

/** A certificate for the host, and the authority that signed it. */
export function certificate(host) {
  const folder = temporaryFolder();
  const file = (name) => path.join(folder, name);
  const openssl = (...args) => execFileSync('openssl', args, { stdio: 'pipe' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

  openssl('req', '-x509', ...key, '-keyout', file('ca.key'), '-out', file('ca.crt'),
    '-days', '2', '-subj', '/CN=Tests');
  openssl('req', ...key, '-keyout', file('server.key'), '-out', file('server.csr'),
    '-subj', `/CN=${host}`, '-addext',
    `subjectAltName=${net.isIP(host) ? 'IP' : 'DNS'}:${host}`);
  openssl('x509', '-req', '-in', file('server.csr'), '-CA', file('ca.crt'), '-CAkey',
    file('ca.key'), '-CAcreateserial', '-days', '2', '-copy_extensions', 'copy',
    '-out', file('server.crt'));
  for (const name of ['ca.crt', 'server.crt', 'server.key']) giveToOwner(file(name));
  return { ca: file('ca.crt'), certificate: file('server.crt'), key: file('server.key') };
}

/**
 * `host`: what the certificate is for, 127.0.0.2 unless given, where it
 * listens in any case: an address that counts as another machine's.
 */
export async function startNeon(postgres, { host = '127.0.0.2', password = 'a password' } = {}) {
  const neon = new Neon(postgres, certificate(host), password);

  neon.port = await freePort();
  await neon.come();
  return neon;
}

class Neon {
  port;
  ca;
  delayMs = 0;
  seen = { tls: 0, plain: 0, refused: 0, sessions: 0 };

  #postgres;
  #secrets;
  #password;
  #server;
  #sockets = new Set();

  constructor(postgres, files, password) {
    this.ca = files.ca;
    this.#postgres = postgres;
    this.#password = password;
    this.#secrets = tls.createSecureContext(
      { cert: readFileSync(files.certificate), key: readFileSync(files.key) });
  }

  url(database, query = 'sslmode=require', password = this.#password) {
    return `postgresql://lectern:${encodeURIComponent(password)}@127.0.0.2:${this.port}/` +
      `${database}?${query}&sslrootcert=${this.ca}`;
  }

  async come() {
    this.#server = net.createServer((socket) => this.#accept(socket));
    await new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.port, '127.0.0.2', resolve);
    });
    this.#server.unref();
  }

  /** Ends every connection, as a suspension does. */
  cut() {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Refuses connections until come(). */
  async leave() {
    const closed = new Promise((resolve) => this.#server.close(resolve));

    this.cut();
    await closed;
  }

  async stop() {
    if (this.#server.listening) await this.leave();
  }

  #keep(socket) {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => socket.destroy());
  }

  #accept(socket) {
    this.#keep(socket);
    this.#head(socket, (head) => {
      if (head.readUInt32BE(4) !== SSL_REQUEST) {
        this.seen.plain++;
        socket.destroy();
        return;
      }
      socket.write('S');
      const secure = new tls.TLSSocket(socket, { isServer: true, secureContext: this.#secrets });
      this.#keep(secure);
      secure.once('secure', () => { this.seen.tls++; });
      setTimeout(() => this.#head(secure, (start) => this.#enter(secure, start)),
        this.delayMs);
    });
  }

  /** The next whole message; `lengthAt` is 1 once messages have a type. */
  #head(socket, take, lengthAt = 0) {
    let bytes = Buffer.alloc(0);
    const read = () => {
      for (let part; (part = socket.read()) !== null;) bytes = Buffer.concat([bytes, part]);
      if (bytes.length < lengthAt + 4) return;
      const length = bytes.readUInt32BE(lengthAt) + lengthAt;
      if (bytes.length < length) return;
      socket.off('readable', read);
      if (bytes.length > length) socket.unshift(bytes.subarray(length));
      take(bytes.subarray(0, length));
    };

    socket.on('readable', read);
    read();
  }

  #enter(secure, start) {
    if (start.readUInt32BE(4) === CANCEL_REQUEST) {
      this.#forward(secure, start);
      return;
    }
    secure.write(Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]));	// clear text, please
    this.#head(secure, (answer) => {
      if (answer.toString('utf8', 5, answer.length - 1) === this.#password) {
        this.#forward(secure, start);
        return;
      }
      this.seen.refused++;
      secure.end(error('28P01', 'password authentication failed for user "lectern"'));
    }, 1);
  }

  #forward(secure, start) {
    const backend = net.connect(path.join(this.#postgres.socket, '.s.PGSQL.5432'));

    this.#keep(backend);
    this.seen.sessions++;
    backend.write(start);
    secure.pipe(backend);
    backend.pipe(secure);
    secure.on('close', () => backend.destroy());
    backend.on('close', () => secure.destroy());
  }
}

function error(code, message) {
  const body = Buffer.from(`SFATAL\0C${code}\0M${message}\0\0`);
  const head = Buffer.alloc(5);

  head.write('E');
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}
