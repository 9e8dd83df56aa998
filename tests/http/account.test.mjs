// Signing up and in: better-auth's routes as its client knows them, and the
// quickstart's names for the same.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { startLectern } from '../lib/lectern.mjs';
import { exchange } from '../lib/wire.mjs';

const password = 'correct horse 1';
const date = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

let lectern;
let people = 0;

before(async () => { lectern = await startLectern(); });
after(async () => {
  assert.equal(lectern.restarts(), 0, lectern.tail());
  await lectern.stop();
});

const address = () => `account-${++people}@example.com`;
const post = (path, options) => exchange(lectern.url, 'POST', path, options);
const signUp = (json, options) =>
  post('/api/auth/sign-up/email', { json, ...options });
const signIn = (json, options) =>
  post('/api/auth/sign-in/email', { json, ...options });
const count = async (email) => Number(await lectern.postgres.psql(
  lectern.database, `select count(*) from users where email = '${email}'`));

async function person(fields = {}) {
  const email = address();
  const reply = await signUp({ name: 'Ann', email, password, ...fields });

  assert.equal(reply.status, 200, reply.text);
  return { email, ...reply.json };
}

function refused(reply, status, code, message) {
  assert.deepEqual([reply.status, reply.json],
    [status, { message, ...(code && { code }) }]);
  assert.equal(reply.headers['content-type'], 'application/json');
  assert.deepEqual(reply.cookies, []);
}

const isValidation = (reply, pattern) => {
  assert.equal(reply.status, 400, reply.text);
  assert.equal(reply.json.code, 'VALIDATION_ERROR');
  assert.match(reply.json.message, pattern);
  assert.deepEqual(Object.keys(reply.json).sort(), ['code', 'message']);
};

test('sign-up makes a user and a session and says both', async () => {
  const email = address();
  const reply = await signUp({ name: 'Ann', email, password });

  assert.equal(reply.status, 200, reply.text);
  assert.equal(reply.headers['content-type'], 'application/json');
  assert.deepEqual(Object.keys(reply.json).sort(), ['token', 'user']);
  assert.match(reply.json.token, /^[A-Za-z0-9]{32}$/);
  const { user } = reply.json;
  assert.deepEqual(Object.keys(user).sort(), ['createdAt', 'email',
    'emailVerified', 'id', 'image', 'name', 'twoFactorEnabled', 'updatedAt']);
  assert.deepEqual([user.name, user.email, user.emailVerified, user.image],
    ['Ann', email, false, null]);
  assert.match(user.id, /^[A-Za-z0-9]{32}$/);
  assert.match(user.createdAt, date);
  assert.match(user.updatedAt, date);
  assert.ok(Math.abs(Date.parse(user.createdAt) - Date.now()) < 60_000);
});

test('the session cookie and set-auth-token hold the signed token', async () => {
  const reply = await signUp({ name: '', email: address(), password });

  assert.equal(reply.cookies.length, 1);
  const [, value, attributes] =
    /^better-auth\.session_token=([^;]*)(; .*)$/.exec(reply.cookies[0]);
  assert.equal(attributes, '; Max-Age=604800; Path=/; HttpOnly; SameSite=Lax');
  const plain = decodeURIComponent(value);
  assert.equal(encodeURIComponent(plain), value);
  assert.equal(plain.slice(0, 33), `${reply.json.token}.`);
  assert.match(plain.slice(33), /^[A-Za-z0-9+/]{43}=$/);
  assert.equal(reply.headers['set-auth-token'], plain);
  assert.match(reply.headers['access-control-expose-headers'], /set-auth-token/);
});

test('sign-in answers redirect, token and the user of the sign-up', async () => {
  const ann = await person();
  const reply = await signIn({ email: ann.email, password });

  assert.equal(reply.status, 200, reply.text);
  assert.deepEqual(Object.keys(reply.json).sort(), ['redirect', 'token', 'user']);
  assert.equal(reply.json.redirect, false);
  assert.notEqual(reply.json.token, ann.token);
  assert.deepEqual(reply.json.user, ann.user);
  assert.match(reply.cookies[0], new RegExp('^better-auth\\.session_token=' +
    `${reply.json.token}\\.[^;]+; Max-Age=604800; Path=/; HttpOnly; SameSite=Lax$`));
  assert.equal(reply.headers.location, undefined);
});

test('a new sign-in leaves older sessions alive', async () => {
  const ann = await person();
  const second = await signIn({ email: ann.email, password });

  for (const token of [ann.token, second.json.token]) {
    const { json } = await exchange(lectern.url, 'GET', '/api/auth/get-session',
      { headers: { authorization: `Bearer ${token}` } });
    assert.equal(json.session.token, token);
  }
});

test('addresses are kept and found in lower case', async () => {
  const email = address();
  const made = await signUp({ name: 'A', email: email.toUpperCase(), password });

  assert.equal(made.json.user.email, email);
  assert.equal((await signIn({ email: email.replace('account', 'aCCount'),
    password })).status, 200);
  refused(await signUp({ name: 'B', email, password }), 422,
    'USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL',
    'User already exists. Use another email.');
});

test('a taken address is refused with 422, after the rules for passwords', async () => {
  const { email } = await person();

  refused(await signUp({ name: 'A', email, password }), 422,
    'USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL',
    'User already exists. Use another email.');
  refused(await signUp({ name: 'A', email, password: 'short' }), 400,
    'PASSWORD_TOO_SHORT', 'Password too short');
  assert.equal(await count(email), 1);
});

test('of many sign-ups at once with one address exactly one succeeds', async () => {
  const email = address();
  const replies = await Promise.all(Array.from({ length: 12 }, (_, n) =>
    signUp({ name: `N${n}`, email, password })));
  const statuses = replies.map((reply) => reply.status).sort();

  assert.deepEqual(statuses, [200, ...Array(11).fill(422)]);
  assert.equal(await count(email), 1);
  const { user } = replies.find((reply) => reply.status === 200).json;
  assert.equal(await lectern.postgres.psql(lectern.database,
    `select count(*) from sessions where user_id = '${user.id}'`), '1');
});

test('an unknown address and a wrong password answer the same bytes', async () => {
  const { email } = await person();
  const unknown = await signIn({ email: address(), password });
  const wrong = await signIn({ email, password: 'not the password' });

  refused(unknown, 401, 'INVALID_EMAIL_OR_PASSWORD', 'Invalid email or password');
  assert.equal(wrong.status, 401);
  assert.equal(wrong.text, unknown.text);
  assert.deepEqual(Object.keys(wrong.headers).sort(),
    Object.keys(unknown.headers).sort());
});

test('an unknown address takes as long as a wrong password', async () => {
  const { email } = await person();
  const times = { wrong: [], unknown: [] };
  const take = async (kind, who) => {
    const began = performance.now();
    await signIn({ email: who, password: 'not the password' });
    times[kind].push(performance.now() - began);
  };

  // In turns, so that what else the machine does falls on both alike.
  for (let i = 0; i < 11; i++) {
    await take('wrong', email);
    await take('unknown', 'nobody-at-all@example.com');
  }
  // The fastest of each: what else the machine does only makes it longer.
  const [wrong, unknown] = [times.wrong, times.unknown].map((list) => Math.min(...list));

  assert.ok(unknown > wrong / 2 && unknown < wrong * 2,
    `unknown ${unknown} ms, wrong password ${wrong} ms`);
});

test('passwords have 8 to 128 UTF-16 code units', async () => {
  const short = ['', 'é'.repeat(7), '😀'.repeat(3) + 'a'];
  const good = ['é'.repeat(128), '😀'.repeat(4), 'a'.repeat(8), 'a'.repeat(128)];
  const long = ['a'.repeat(129), 'é'.repeat(129), '😀'.repeat(65)];

  isValidation(await signUp({ name: 'A', email: address(), password: short[0] }),
    /^\[body\.password\] Too small: expected string to have >=1 characters$/);
  for (const text of short.slice(1)) {
    refused(await signUp({ name: 'A', email: address(), password: text }), 400,
      'PASSWORD_TOO_SHORT', 'Password too short');
  }
  for (const text of long) {
    refused(await signUp({ name: 'A', email: address(), password: text }), 400,
      'PASSWORD_TOO_LONG', 'Password too long');
  }
  for (const text of good) {
    const { email } = await person({ password: text });
    assert.equal((await signIn({ email, password: text })).status, 200);
  }
});

test('sign-in asks of a password only that it is not too long', async () => {
  const { email } = await person();

  for (const text of ['', 'short']) {
    refused(await signIn({ email, password: text }), 401,
      'INVALID_EMAIL_OR_PASSWORD', 'Invalid email or password');
  }
  refused(await signIn({ email, password: 'a'.repeat(129) }), 400,
    'PASSWORD_TOO_LONG', 'Password too long');
});

test('a password is the same in every Unicode composition', async () => {
  const { email } = await person({ password: 'ﬁne café №１' });

  for (const text of ['ﬁne café №１', 'fine café No1', 'fine cafe\u0301 No1']) {
    assert.equal((await signIn({ email, password: text })).status, 200, text);
  }
  assert.equal((await signIn({ email, password: 'fine cafe No1' })).status, 401);
});

test('addresses follow better-auth’s rule', async () => {
  const tail = `${process.pid}`;
  const good = [`a+b${tail}@x.com`, `a'b${tail}@x.com`, `a${tail}-@x.com`,
    `a${tail}@x-.com`, `a.b.${tail}@sub.x.org`, `_${tail}@x.museum`];
  const bad = ['a@b.c', 'a..b@x.com', '.a@x.com', 'a@localhost', 'a@1.2.3.4',
    'a!b@x.com', 'üser@x.com', ' a@x.com', 'a@x.com ', 'a@x.com\n', 'a@@x.com',
    '@x.com', 'a', '', 'a@x..com', 'a@-x.com', 'a b@x.com', 'a.@x.com'];

  for (const email of good) {
    assert.equal((await signUp({ name: 'A', email, password })).status, 200, email);
  }
  for (const email of bad) {
    isValidation(await signUp({ name: 'A', email, password }),
      /^\[body\.email\] Invalid email address$/);
    refused(await signIn({ email, password }), 400, 'INVALID_EMAIL',
      'Invalid email');
  }
});

test('fields of the wrong type are named, all of them in one message', async () => {
  isValidation(await signUp({ email: address(), password }),
    /^\[body\.name\] Invalid input: expected string, received undefined$/);
  isValidation(await signUp({ name: 5, email: null, password: ['x'] }),
    /^(?=.*\[body\.name\] Invalid input: expected string, received number)(?=.*\[body\.email\] Invalid input: expected string, received null)(?=.*\[body\.password\] Invalid input: expected string, received array)[^;]*; [^;]*; [^;]*$/);
  for (const [field, value] of [['image', null], ['image', 5],
    ['rememberMe', null], ['rememberMe', 'yes'], ['rememberMe', 0]]) {
    isValidation(await signUp({ name: 'A', email: address(), password,
      [field]: value }), new RegExp(`^\\[body\\.${field}\\] `));
  }
  isValidation(await signIn({ email: 'a@x.com', password, rememberMe: null }),
    /^\[body\.rememberMe\] Invalid input: expected boolean, received null$/);
  isValidation(await signIn([]),
    /^\[body\] Invalid input: expected object, received array$/);
  isValidation(await signIn({ password }), /^\[body\.email\] /);
});

test('unknown fields have no effect', async () => {
  const ann = await person({ role: 'admin', id: 'mine', emailVerified: true,
    extra: { deep: [1] } });

  assert.notEqual(ann.user.id, 'mine');
  assert.equal(ann.user.emailVerified, false);
  assert.equal(await lectern.postgres.psql(lectern.database,
    `select role, email_verified from users where id = '${ann.user.id}'`),
  'user\tf');
});

test('names and images of any script come back as they were', async () => {
  const name = 'Ænne </script> "\\" 李 😀\u2028\t';
  const ann = await person({ name, image: 'https://x.example/ä.png?a=b' });

  assert.equal(ann.user.name, name);
  assert.equal(ann.user.image, 'https://x.example/ä.png?a=b');
});

test('syntax errors and foreign media types are told apart', async () => {
  const json = { 'content-type': 'application/json' };

  for (const body of ['{', '{"email":"a@x.com"} trailing', '{"a":01}', "{'a':1}",
    'null junk', '\ufeff']) {
    refused(await post('/api/auth/sign-in/email', { headers: json, body }), 400,
      'BAD_REQUEST', 'Invalid JSON in request body');
  }
  refused(await post('/api/auth/sign-up/email', { body: '{}',
    headers: { 'content-type': 'text/plain' } }), 415, 'UNSUPPORTED_MEDIA_TYPE',
  'Content-Type "text/plain" is not allowed. Allowed types: ' +
    'application/x-www-form-urlencoded, application/json');
  refused(await post('/api/auth/sign-out', { form: { a: 'b' } }), 415,
    'UNSUPPORTED_MEDIA_TYPE', 'Content-Type "application/x-www-form-urlencoded" ' +
    'is not allowed. Allowed types: application/json');
  assert.equal((await post('/api/auth/sign-in/email', { body: '{}' })).status, 415);
  isValidation(await post('/api/auth/sign-in/email',
    { headers: { 'content-type': 'Application/JSON; charset=utf-8' }, body: '{}' }),
  /\[body\.email\]/);
});

test('an empty body is no object', async () => {
  for (const headers of [{}, { 'content-type': 'application/json' }]) {
    isValidation(await post('/api/auth/sign-up/email', { headers }),
      /^\[body\] Invalid input: expected object, received undefined$/);
  }
});

test('sign-up and sign-in take forms', async () => {
  const email = address();
  const made = await post('/api/auth/sign-up/email',
    { form: { name: 'Form & Söhne', email, password } });

  assert.equal(made.status, 200, made.text);
  assert.equal(made.json.user.name, 'Form & Söhne');
  const back = await post('/api/auth/sign-in/email', { form: { email, password } });
  assert.equal(back.status, 200, back.text);
  assert.equal(back.json.user.id, made.json.user.id);
});

test('a callback is handed back where it may lead, and refused elsewhere', async () => {
  const { email } = await person();
  const good = ['/dash', '/', '/a/b?x=//y z&c=%2F#f', `${lectern.url}/dash`];
  const bad = ['//evil.example', '/\\evil.example', '\\evil', '/a\\b', '/a\nb',
    '/a%2fb', '/a%5Cb', 'relative', 'javascript:alert(1)', 'https://evil.example/',
    `${lectern.url}@evil.example/`, `${lectern.url}.evil.example/`,
    'https://user:pw@localhost/', '/a\u0000b', ' /dash', 'data:text/html,x'];

  for (const callbackURL of good) {
    const reply = await signIn({ email, password, callbackURL });
    assert.equal(reply.status, 200, callbackURL);
    assert.deepEqual([reply.json.redirect, reply.json.url], [true, callbackURL]);
  }
  for (const callbackURL of bad) {
    refused(await signIn({ email, password, callbackURL }), 403,
      'INVALID_CALLBACK_URL', 'Invalid callbackURL');
  }
  refused(await signUp({ name: 'A', email: address(), password,
    callbackURL: '//evil.example' }), 403, 'INVALID_CALLBACK_URL',
  'Invalid callbackURL');
  refused(await signIn({ email, password, callbackURL: 5 }), 400, undefined,
    'Invalid callbackURL: expected a string');
  const empty = await signIn({ email, password, callbackURL: '' });
  assert.deepEqual([empty.status, empty.json.redirect, empty.json.url],
    [200, false, '']);
});

test('the checks come in better-auth’s order', async () => {
  const hostile = { origin: 'https://evil.example' };
  const cookie = { ...hostile, cookie: 'any=thing' };
  const type = { 'content-type': 'application/json' };
  const path = '/api/auth/sign-in/email';
  const code = async (options) => (await post(path, options)).json.code;

  assert.equal(await code({ headers: { ...cookie, 'content-type': 'text/plain' },
    body: '{' }), 'UNSUPPORTED_MEDIA_TYPE');
  assert.equal(await code({ headers: { ...cookie, ...type }, body: '{' }),
    'BAD_REQUEST');
  assert.equal(await code({ headers: cookie, json: { callbackURL: '//e' } }),
    'INVALID_ORIGIN');
  assert.equal(await code({ headers: hostile, json: { callbackURL: '//e' } }),
    'INVALID_CALLBACK_URL');
  assert.equal(await code({ headers: hostile, json: { email: 5 } }),
    'VALIDATION_ERROR');
  assert.equal(await code({ headers: hostile, json: { email: 'bad', password } }),
    'INVALID_ORIGIN');
  assert.equal(await code({ json: { email: 'bad', password: 'a'.repeat(200) } }),
    'INVALID_EMAIL');
});

test('nothing in the database gives a session or a password away', async () => {
  const secret = 'a very secret pass phrase';
  const first = await person({ password: secret });
  const second = await signIn({ email: first.email, password: secret,
    rememberMe: false });
  const tables = (await lectern.postgres.psql(lectern.database,
    `select format('%I.%I', table_schema, table_name)
     from information_schema.tables where table_type = 'BASE TABLE'
       and table_schema not in ('pg_catalog', 'information_schema')`)).split('\n');
  let dump = '';

  for (const table of tables) {
    dump += await lectern.postgres.psql(lectern.database,
      `select t::text from ${table} t`);
  }
  assert.ok(tables.includes('public.users') && tables.includes('public.sessions'));
  assert.ok(dump.includes(first.user.id));
  for (const token of [first.token, second.json.token]) {
    assert.ok(!dump.includes(token));
    assert.ok(!dump.includes(Buffer.from(token).toString('hex')));
  }
  assert.ok(!dump.includes(second.headers['set-auth-token'].slice(33)));
  assert.ok(!dump.includes(secret));
  assert.ok(!lectern.lines().join('\n').includes(first.token));
});

test('passwords are kept as Argon2id of at least 19 MiB and two passes', async () => {
  const ann = await person();
  const hash = await lectern.postgres.psql(lectern.database,
    `select password_hash from users where id = '${ann.user.id}'`);
  const [, memory, passes] = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=\d+\$/.exec(hash);

  assert.ok(Number(memory) >= 19456 && Number(passes) >= 2, hash);
});

test('signing up, in and out leaves audit rows', async () => {
  const ann = await person();
  const reply = await signIn({ email: ann.email, password });
  await post('/api/auth/sign-out',
    { headers: { authorization: `Bearer ${reply.json.token}` } });

  assert.equal(await lectern.postgres.psql(lectern.database,
    `select event from audit where user_id = '${ann.user.id}' order by id`),
  'sign_up\nsign_in\nsign_out');
});

test('a failed sign-in leaves a row, for a known and for an unknown address', async () => {
  const ann = await person();
  const failed = (whose) => lectern.postgres.psql(lectern.database,
    `select count(*) from audit where event = 'sign_in_failed'
      and ip_address is not null and ${whose}`);
  const strangers = Number(await failed('user_id is null'));

  assert.equal((await signIn({ email: ann.email, password: 'not the right one' })).status, 401);
  assert.equal((await signIn({ email: address(), password })).status, 401);
  assert.equal(await failed(`user_id = '${ann.user.id}'`), '1');
  assert.equal(Number(await failed('user_id is null')), strangers + 1);
});

test('SIGN_UP=closed refuses new accounts and lets the old ones in', async () => {
  const ann = await person();
  const closed = await startLectern({ env: { SIGN_UP: 'closed' },
    postgres: lectern.postgres, database: lectern.database });

  try {
    const email = address();
    refused(await exchange(closed.url, 'POST', '/api/auth/sign-up/email',
      { json: { name: 'A', email, password } }), 400,
    'EMAIL_PASSWORD_SIGN_UP_DISABLED', 'Email and password sign up is not enabled');
    assert.equal((await exchange(closed.url, 'POST', '/api/auth/register',
      { json: { email, password } })).status, 400);
    assert.equal(await count(email), 0);
    assert.equal((await exchange(closed.url, 'POST', '/api/auth/sign-in/email',
      { json: { email: ann.email, password } })).status, 200);
  } finally {
    await closed.stop();
  }
});

// ---- the quickstart's routes

const quickstart = { message: 'Email already in use', detail: 'Email already in use' };

test('register makes an account and signs nobody in', async () => {
  for (const kind of ['json', 'form']) {
    const email = address();
    const reply = await post('/api/auth/register',
      { [kind]: { email: email.toUpperCase(), password } });

    assert.equal(reply.status, 200, reply.text);
    assert.deepEqual(Object.keys(reply.json).sort(), ['email', 'message', 'user_id']);
    assert.deepEqual([reply.json.email, reply.json.message],
      [email, 'Account created successfully']);
    assert.deepEqual(reply.cookies, []);
    assert.equal(reply.headers['set-auth-token'], undefined);
    assert.equal(await lectern.postgres.psql(lectern.database,
      `select count(*) from sessions where user_id = '${reply.json.user_id}'`), '0');
    assert.equal((await signIn({ email, password })).json.user.id,
      reply.json.user_id);
  }
});

test('register says what is wrong in message and detail', async () => {
  const { email } = await person();
  const taken = await post('/api/auth/register', { json: { email, password } });
  const short = await post('/api/auth/register',
    { json: { email: address(), password: 'short' } });
  const wrong = await post('/api/auth/register', { json: { email: 'x', password } });

  assert.equal(taken.status, 409);
  assert.deepEqual({ ...taken.json, code: undefined },
    { ...quickstart, code: undefined });
  for (const reply of [short, wrong]) {
    assert.equal(reply.status, 400);
    assert.equal(reply.json.detail, reply.json.message);
    assert.ok(reply.json.code);
  }
});

test('credentials in a query string are refused and nothing is stored', async () => {
  const email = address();
  const query = `?email=${encodeURIComponent(email)}&password=correct%20horse%201`;
  const before = lectern.lines().length;

  for (const options of [{}, { json: { email, password } }]) {
    const reply = await post(`/api/auth/register${query}`, options);
    assert.equal(reply.status, 400);
    assert.equal(reply.json.detail, reply.json.message);
  }
  assert.equal(await count(email), 0);
  await person({});
  for (const options of [{}, { form: { username: email, password } }]) {
    assert.equal((await post(`/api/auth/sign-in?username=${email}&password=x`,
      options)).status, 400);
  }
  assert.ok(!lectern.lines().slice(before).join('\n').includes(email));
});

test('the quickstart’s sign-in takes the password form and JSON', async () => {
  const ann = await person();

  for (const options of [
    { form: { username: ann.email, password, grant_type: 'password' } },
    { json: { email: ann.email, password } }]) {
    const reply = await post('/api/auth/sign-in', options);

    assert.equal(reply.status, 200, reply.text);
    assert.deepEqual(reply.json, { user_id: ann.user.id, email: ann.email,
      message: 'Signed in successfully' });
    assert.match(reply.cookies[0], /^better-auth\.session_token=[A-Za-z0-9]{32}\.[^;]+; Max-Age=604800; Path=\/; HttpOnly; SameSite=Lax$/);
    const { json } = await exchange(lectern.url, 'GET', '/api/auth/get-session',
      { headers: { cookie: reply.cookie('better-auth.session_token') } });
    assert.equal(json.user.id, ann.user.id);
  }
});

test('the quickstart’s sign-in refuses strangers and wrong passwords alike', async () => {
  const { email } = await person();
  const replies = [];

  for (const form of [{ username: email, password: 'not this one' },
    { username: address(), password }, { username: 'no address', password }]) {
    replies.push(await post('/api/auth/sign-in', { form }));
  }
  for (const reply of replies) {
    assert.equal(reply.status, 401);
    assert.equal(reply.text, replies[0].text);
    assert.deepEqual([reply.json.message, reply.json.detail],
      ['Invalid email or password', 'Invalid email or password']);
    assert.deepEqual(reply.cookies, []);
  }
  assert.equal((await post('/api/auth/sign-in', { form: { username: email } }))
    .status, 400);
  assert.equal((await post('/api/auth/sign-in', { form: { password } })).status, 400);
});

test('signing out of the quickstart ends the session', async () => {
  const { email } = await person();
  const signedIn = await post('/api/auth/sign-in', { form: { username: email, password } });
  const cookie = signedIn.cookie('better-auth.session_token');
  const reply = await post('/api/auth/sign-out',
    { headers: { cookie, origin: lectern.url } });

  assert.equal(reply.status, 200, reply.text);
  assert.deepEqual(reply.json, { success: true, message: 'Signed out successfully' });
  assert.equal((await exchange(lectern.url, 'GET', '/api/auth/get-session',
    { headers: { cookie } })).text, 'null');
});
