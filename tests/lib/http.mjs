// A small HTTP client with a cookie jar, as a browser has one.
//
//   const anna = await signedUp(lectern.url, { email: 'anna@example.com' });
//   const reply = await anna.post('/api/search', { query: 'lamp' });
//   reply.status, reply.headers, reply.text, reply.json
//
// State-changing requests carry the Origin header that a page of the server
// itself would send; `origin: null` leaves it out. Redirects are not followed.

export class Client {
  url;
  /** name -> value, as the server set them. */
  cookies = new Map();
  /** Sent with every request. */
  headers;

  constructor(url, { headers = {} } = {}) {
    this.url = url;
    this.headers = headers;
  }

  /** The raw Response, for streams; the jar is used and filled. */
  async open(method, path, { body, json, form, headers = {},
    origin = new URL(this.url).origin, signal } = {}) {
    const sent = new Headers({ ...this.headers, ...headers });
    let content = body;

    if (json !== undefined) {
      content = JSON.stringify(json);
      if (!sent.has('content-type')) sent.set('content-type', 'application/json');
    } else if (form !== undefined) {
      content = new URLSearchParams(form);
    }
    if (this.cookies.size > 0 && !sent.has('cookie')) {
      sent.set('cookie', [...this.cookies].map((pair) => pair.join('=')).join('; '));
    }
    if (origin !== null && method !== 'GET' && method !== 'HEAD' &&
        !sent.has('origin')) {
      sent.set('origin', origin);
    }
    const response = await fetch(this.url + path,
      { method, headers: sent, body: content, redirect: 'manual', signal });
    for (const line of setCookies(response.headers)) this.#keep(line);
    return response;
  }

  /** A finished Reply. */
  async request(method, path, options) {
    const response = await this.open(method, path, options);

    return new Reply(response, Buffer.from(await response.arrayBuffer()));
  }

  get(path, options) { return this.request('GET', path, options); }

  /** POST of a JSON value (none: an empty body). */
  post(path, json, options) { return this.request('POST', path, { json, ...options }); }

  patch(path, json, options) { return this.request('PATCH', path, { json, ...options }); }

  delete(path, options) { return this.request('DELETE', path, options); }

  #keep(line) {
    const [pair, ...attributes] = line.split(';').map((part) => part.trim());
    const name = pair.slice(0, pair.indexOf('='));
    const value = pair.slice(pair.indexOf('=') + 1);

    if (value === '' || attributes.some((a) => /^max-age=0$/i.test(a))) {
      this.cookies.delete(name);
    } else {
      this.cookies.set(name, value);
    }
  }
}

/**
 * The Set-Cookie lines of a Response. Debian's Node 18 knows no getSetCookie()
 * and joins them by commas, which also stand in dates.
 */
export function setCookies(headers) {
  return headers.getSetCookie?.() ??
    headers.get('set-cookie')?.split(/, (?=[^;,=\s]+=)/) ?? [];
}

class Reply {
  status;
  headers;
  /** The body's bytes. */
  bytes;

  constructor(response, bytes) {
    this.status = response.status;
    this.headers = response.headers;
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
}

let people = 0;

/** Signs a new person up; resolves with the Client, whose `user` is the reply's. */
export async function signedUp(url, { email, password = 'a-long-password-1',
  name = 'Test Person' } = {}) {
  const client = new Client(url);
  const address = email ?? `person-${process.pid}-${++people}@example.com`;
  const reply = await client.post('/api/auth/sign-up/email',
    { email: address, password, name });

  if (reply.status !== 200) {
    throw new Error(`sign-up answered ${reply.status}: ${reply.text}`);
  }
  client.user = reply.json.user;
  client.email = address;
  client.password = password;
  return client;
}

/**
 * The events of a text/event-stream Response as they arrive:
 * {event, data, id}, and {comment} for a comment line.
 */
export async function* readEvents(response) {
  const decoder = new TextDecoder();
  let text = '';
  let event = {};

  for await (const part of response.body) {
    text += decoder.decode(part, { stream: true });
    for (let end; (end = text.search(/\r\n|\n|\r(?!$)/)) >= 0;) {
      const line = text.slice(0, end);
      text = text.slice(end + (text.startsWith('\r\n', end) ? 2 : 1));
      if (line.startsWith(':')) {
        yield { comment: line.slice(1).trim() };
      } else if (line !== '') {
        const [, field, value] = /^([^:]*)(?:: ?(.*))?$/s.exec(line);
        event[field] = field === 'data' && event.data !== undefined
          ? `${event.data}\n${value ?? ''}` : value ?? '';
      } else {
        if (event.data !== undefined) yield event;
        event = {};
      }
    }
  }
}

/** All events but comments, with `json` parsed unless the data is [DONE]. */
export async function allEvents(response) {
  const events = [];

  for await (const event of readEvents(response)) {
    if (event.comment !== undefined) continue;
    if (event.data !== '[DONE]') event.json = JSON.parse(event.data);
    events.push(event);
  }
  return events;
}
