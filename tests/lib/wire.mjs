// One HTTP exchange with nothing added and nothing hidden: Node's fetch puts
// Sec-Fetch-Mode, User-Agent and Accept into every request and hides header
// lines, which the tests of cookies, origins and log lines must not have.
//
//   const reply = await exchange(lectern.url, 'POST', '/api/auth/sign-out',
//     { headers: { cookie }, json: {} });
//   reply.status, reply.headers (lower case, joined), reply.cookies (the
//   Set-Cookie lines as sent), reply.text, reply.json

import http from 'node:http';
import net from 'node:net';

/**
 * `body` text or bytes, or `json` a value, or `form` an object; a POST without
 * any of them has an empty body. `agent` keeps a connection; without one every
 * exchange has its own.
 */
export function exchange(url, method, path, { headers = {}, body, json, form,
  agent, signal, seconds = 30 } = {}) {
  const sent = { ...headers };
  let content = body;

  if (json !== undefined) {
    content = JSON.stringify(json);
    sent['content-type'] ??= 'application/json';
  } else if (form !== undefined) {
    content = new URLSearchParams(form).toString();
    sent['content-type'] ??= 'application/x-www-form-urlencoded';
  }
  content = Buffer.from(content ?? '');
  if (content.length > 0 || !['GET', 'HEAD', 'OPTIONS'].includes(method)) {
    sent['content-length'] ??= content.length;
  }

  return new Promise((resolve, reject) => {
    const request = http.request(url + path, { method, headers: sent,
      agent: agent ?? false, signal, timeout: seconds * 1000 }, (response) => {
      const parts = [];

      response.on('data', (part) => parts.push(part));
      response.on('error', reject);
      response.on('end', () => resolve(new Exchange(response,
        Buffer.concat(parts))));
    });

    request.on('timeout', () => request.destroy(
      new Error(`No answer to ${method} ${path} in ${seconds} s`)));
    request.on('error', reject);
    request.end(content);
  });
}

/**
 * Sends bytes as they are and resolves with the first answer's
 * {status, headers, text}: for requests that no client would write.
 */
export function rawExchange(url, bytes, { seconds = 30 } = {}) {
  const { hostname, port } = new URL(url);

  return new Promise((resolve, reject) => {
    const socket = net.connect(port, hostname, () => socket.write(bytes));
    let text = '';

    socket.setEncoding('latin1').setTimeout(seconds * 1000);
    socket.on('data', (part) => {
      const answer = readAnswer(text += part);
      if (answer) resolve(answer), socket.destroy();
    });
    socket.on('timeout', () => socket.destroy(new Error(`Only got: ${text}`)));
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`Closed after: ${text}`)));
  });
}

function readAnswer(text) {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [line, ...lines] = text.slice(0, end).split('\r\n');
  const headers = Object.fromEntries(lines.map((pair) =>
    [pair.slice(0, pair.indexOf(':')).toLowerCase(),
      pair.slice(pair.indexOf(':') + 1).trim()]));
  const length = Number(headers['content-length'] ?? 0);

  if (text.length < end + 4 + length) return undefined;
  return { status: Number(line.split(' ')[1]), headers,
    text: Buffer.from(text.slice(end + 4, end + 4 + length), 'latin1').toString() };
}

class Exchange {
  status;
  reason;
  headers;
  /** The Set-Cookie lines, in the order sent. */
  cookies;
  bytes;

  constructor(response, bytes) {
    this.status = response.statusCode;
    this.reason = response.statusMessage;
    this.headers = response.headers;
    this.cookies = response.headers['set-cookie'] ?? [];
    this.bytes = bytes;
  }

  get text() { return this.bytes.toString('utf8'); }

  /** The parsed body; throws with the text when it is not JSON. */
  get json() {
    try {
      return JSON.parse(this.text);
    } catch {
      throw new Error(`Not JSON (status ${this.status}): ${this.text.slice(0, 500)}`);
    }
  }

  /** `name=value` of a Set-Cookie line by name, for a Cookie header. */
  cookie(name) {
    const line = this.cookies.find((text) => text.startsWith(`${name}=`));

    return line?.slice(0, line.indexOf(';'));
  }
}
