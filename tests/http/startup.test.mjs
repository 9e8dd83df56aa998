// What an operator reads when the program does not start, or starts without
// its database: each text names what is wrong and what to do.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { startModel } from '../doubles/model.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { startPrivatePostgres } from '../lib/postgres.mjs';
import { freePort, runAsOwner } from '../lib/process.mjs';
import { until, within } from '../lib/wait.mjs';

let postgres, lectern;

before(async () => {
  postgres = await startPrivatePostgres();
  lectern = await startLectern({ postgres });
});
after(async () => {
  await lectern.stop();
  await postgres.stop();
});

/** A command in another environment: {code, stdout, stderr}. */
async function run(env, ...args) {
  const kept = lectern.env;

  lectern.env = { ...kept, ...env };
  try {
    return await within(lectern.run(...args), `the end of lectern ${args}`, 20);
  } finally {
    lectern.env = kept;
  }
}

/** A line of `lectern check`. */
async function check(env, name) {
  const { stdout } = await run(env, 'check');
  const found = stdout.split('\n').find((line) => line.startsWith(`${name} `));

  return found?.slice(name.length).trim();
}

describe('the server does not start', () => {
  const refused = async (env, why) => {
    const { code, stdout, stderr } = await run(env, '-fnr');

    assert.deepEqual([code, stdout, stderr], [1, '', `lectern: ${why}\n`]);
  };

  test('on a port that is taken', () => refused({},
    `Port ${lectern.port} is taken by another program; stop that one, or choose another port `
    + 'by PORT.'));

  test('on a port or an address that it may not use', async () => {
    await refused({ PORT: '81' },
      'Port 81 is not for ordinary users; choose one from 1024 on by PORT.');
    await refused({ PORT: String(await freePort()), BIND_ADDRESS: '203.0.113.7' },
      '203.0.113.7 is no address of this machine; choose another by BIND_ADDRESS.');
    await refused({ PORT: String(await freePort()), BIND_ADDRESS: 'localhost' },
      '"localhost" is no address to listen on; BIND_ADDRESS must be one such as 127.0.0.1.');
  });

  test('without a database or a key', async () => {
    await refused({ DATABASE_URL: '' },
      'DATABASE_URL is not set: give the address of a Postgres database.');
    await refused({ SECRET_KEY: '' },
      'SECRET_KEY is not set: give at least 32 random characters.');
    await refused({ SECRET_KEY: 'short' },
      'SECRET_KEY is too short: give at least 32 random characters.');
  });

  test('where /tmp cannot be written', async () => {
    const { code, stderr } = await runAsOwner('/usr/bin/unshare', ['-Urm', '/bin/sh', '-c',
      'mount -t tmpfs -o ro none /tmp && exec ./lectern -fnr'],
    { env: { ...lectern.env, PORT: String(await freePort()) }, cwd: lectern.folder });

    assert.equal(code, 1);
    assert.equal(stderr, 'lectern: The folder /tmp cannot be written (Read-only file system); '
      + 'the program needs it to start. In a container, mount a tmpfs there.\n');
  });
});

describe('the database', () => {
  const at = (database, role = 'lectern', more = '') =>
    postgres.url(database).replace('lectern@', `${role}${more}@`);

  /** By `lectern check`, by `lectern migrate` and in the log of a server. */
  async function told(url, why, logged = why) {
    const line = await check({ DATABASE_URL: url }, 'database');
    assert.match(line, new RegExp(`^FAILED: .*${why.source}`));
    const { code, stderr } = await run({ DATABASE_URL: url }, 'migrate');
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`^lectern: .*${why.source}.*\n$`));
    const away = await startLectern({ postgres, database: lectern.database, migrate: false,
      ready: 'health', env: { DATABASE_URL: url } });
    const entry = await until(() => away.logs().find(({ message }) =>
      message?.startsWith('schema: ')), 'the log to say why');
    assert.match(entry.message, logged);
    assert.equal((await fetch(`${away.url}/`)).status, 200);
    assert.equal((await fetch(`${away.url}/ready`)).status, 503);
    await away.stop();
  }

  test('does not answer', async () =>
    told(`postgresql://lectern@127.0.0.1:${await freePort()}/lectern`,
      /port \d+ failed: Connection refused/,
      // The server asks by PgBouncer, which does not know why.
      /^schema: The database does not answer; lectern check says why$/));

  test('is not there', () => told(at('not_there'), /database "not_there" does not exist/));

  test('does not know the role', () => told(at(lectern.database, 'nobody_here'),
    /role "nobody_here" does not exist/));

  test('does not take the password, which nobody is told', async () => {
    await postgres.psql('postgres', "create role locked login password 'the-right-one'");
    writeFileSync(path.join(postgres.socket, 'data/pg_hba.conf'),
      'local all locked scram-sha-256\nlocal all all trust\n');
    await postgres.psql('postgres', 'select pg_reload_conf()');
    await told(at(lectern.database, 'locked', ':a-wrong-one'),
      /password authentication failed for user "locked"/);
    const { stdout } = await run({ DATABASE_URL: at(lectern.database, 'locked', ':a-wrong-one') },
      'check');
    assert.doesNotMatch(stdout, /a-wrong-one/);
  });

  test('is too old', async (t) => {
    const old = await startOldPostgres();
    t.after(old.end);
    await told(`postgresql://lectern@127.0.0.1:${old.port}/lectern?sslmode=disable`,
      /The database is Postgres 12; version 15 or newer is needed/);
  });

  test('has a name that nobody knows', async () => {
    assert.match(await check({ DATABASE_URL: 'postgresql://a@no-such-host.invalid/x' },
      'database'), /^FAILED: could not translate host name "no-such-host\.invalid"/);
  });

  test('has another schema than this program', async () => {
    const kept = await postgres.psql(lectern.database,
      'select max(version) from schema_migrations');
    await postgres.psql(lectern.database, "insert into schema_migrations (version, name, "
      + `checksum) values (${Number(kept) + 1}, 'x', 'x')`);
    assert.equal(await check({}, 'migrations'), 'FAILED: the database has schema version '
      + `${Number(kept) + 1}, this program ${kept}; run the newer program`);
    await postgres.psql(lectern.database, `delete from schema_migrations where version > ${kept}`);
    assert.equal(await check({}, 'migrations'), `ok: schema version ${kept}`);
  });
});

describe('the language model', () => {
  let model;
  const at = (url = model.url, more = {}) => ({ LLM_URL: url, LLM_MODEL: 'double', ...more });

  before(async () => { model = await startModel({ apiKey: 'the-key' }); });
  after(() => model.stop());

  test('answers, lists the model or does not', async () => {
    const key = { LLM_API_KEY: 'the-key' };
    assert.equal(await check(at(model.url, key), 'model'), 'ok');
    assert.equal(await check(at(model.url, { ...key, LLM_MODEL: 'another' }), 'model'),
      'ok: it answers, but "another" is not in its list of models');
  });

  test('refuses the key', async () => {
    assert.equal(await check(at(model.url, { LLM_API_KEY: 'wrong' }), 'model'),
      "FAILED: The language model refused this server's key or account; its operator has to "
      + 'look at LLM_API_KEY, status 401');
  });

  test('is not there, or speaks no TLS', async () => {
    assert.equal(await check(at(`http://127.0.0.1:${await freePort()}/v1`), 'model'),
      "FAILED: Couldn't connect to server");
    assert.match(await check(at(model.url.replace('http:', 'https:')), 'model'),
      /^FAILED: SSL connect error$/);
  });
});

/** What an old server says until the program turns away from it. */
async function startOldPostgres() {
  const message = (type, text) => Buffer.concat([Buffer.from(type), size(text.length + 4), text]);
  const size = (n) => { const bytes = Buffer.alloc(4); bytes.writeInt32BE(n); return bytes; };
  const sockets = [];
  const server = net.createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    socket.once('data', () => {
      socket.write(Buffer.concat([message('R', size(0)),
        message('S', Buffer.from('server_version\x0012.3\0')),
        message('S', Buffer.from('client_encoding\0UTF8\0')),
        message('Z', Buffer.from('I'))]));
      socket.on('data', (bytes) => {
        if (bytes[0] === 0x51) {
          socket.write(Buffer.concat([message('C', Buffer.from('SET\0')),
            message('Z', Buffer.from('I'))]));
        }
      });
    });
  });

  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return { port: server.address().port, end: () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  } };
}
