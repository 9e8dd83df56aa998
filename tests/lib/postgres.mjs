// Private Postgres 15 clusters, on a Unix socket in a temporary folder.
//
//   startPostgres()         the cluster of the test run (tests/run.sh starts
//                           one and names it in LECTERN_TEST_POSTGRES), or a
//                           private one when the file is run by hand
//   startPrivatePostgres()  for a test that stops, kills or restarts it
//
// Every test creates databases of its own, by fresh names; nobody drops them,
// since the cluster goes as a whole. They belong to the role lectern, which
// is no superuser; psql() speaks as the superuser postgres.
//
// Run as a program (node tests/lib/postgres.mjs) it starts a cluster, prints
// its socket's folder and stops when its standard input ends.

import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { ended, runAsOwner, signal, startAsOwner, temporaryFolder }
  from './process.mjs';
import { until, within } from './wait.mjs';

const bin = '/usr/lib/postgresql/15/bin';
// No test looks at what a power failure would do; but some kill the server,
// and then what was committed must be there.
const settings = ['fsync=off', 'full_page_writes=off', 'listen_addresses=',
  'max_connections=300', 'shared_buffers=64MB'];
const environment = { PATH: process.env.PATH, LC_ALL: 'C.UTF-8' };

let databases = 0;

class Postgres {
  /** The folder of its socket. */
  socket;

  constructor(socket) {
    this.socket = socket;
  }

  /** The URI of a database, as the program's own role. */
  url(database) {
    return `postgresql://lectern@/${database}?host=${encodeURIComponent(this.socket)}`;
  }

  /** Makes an empty database and returns its name. */
  async createDatabase() {
    const name = `test_${process.pid}_${++databases}`;

    await this.psql('postgres', `create database ${name} owner lectern`);
    return name;
  }

  /**
   * Runs SQL as the superuser; resolves with what psql prints: a line a row,
   * columns parted by tabs. Rejects with the server's message.
   */
  async psql(database, sql) {
    const { code, stdout, stderr } = await runAsOwner(`${bin}/psql`,
      ['-XAtq', '-F', '\t', '-v', 'ON_ERROR_STOP=1', '-h', this.socket,
        '-U', 'postgres', '-d', database],
      { env: environment, cwd: '/', input: sql });

    if (code !== 0) throw new Error(`psql: ${stderr.trim()}`);
    return stdout.trimEnd();
  }

  /** Ends every connection to the database; resolves with their number. */
  async killConnections(database) {
    return Number(await this.psql('postgres',
      `select count(pg_terminate_backend(pid)) from pg_stat_activity
       where datname = '${database}'`));
  }

  /** Shared: belongs to the whole run, so there is nothing to do. */
  async stop() {}
}

class PrivatePostgres extends Postgres {
  #data;
  #settings;
  #wrapper;
  #server;

  constructor(folder, { data = path.join(folder, 'data'), settings: more = [],
    wrapper = [] } = {}) {
    super(folder);
    this.#data = data;
    this.#wrapper = wrapper;
    this.#settings = [...settings, ...more];
  }

  async initialise() {
    const options = { env: environment, cwd: '/' };
    const init = await runAsOwner(`${bin}/initdb`, ['-D', this.#data,
      '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8',
      '--no-sync'], options);
    if (init.code !== 0) throw new Error(`initdb: ${init.stderr}`);
    const role = await runAsOwner(`${bin}/postgres`, ['--single', '-F', '-D',
      this.#data, 'postgres'], { ...options, input: 'create role lectern login\n' });
    if (role.code !== 0) throw new Error(`postgres --single: ${role.stderr}`);
  }

  async start() {
    const args = [...this.#settings, `unix_socket_directories=${this.socket}`]
      .flatMap((setting) => ['-c', setting]);
    let log = '';
    const [command, ...words] = [...this.#wrapper, `${bin}/postgres`, '-D', this.#data, ...args];

    this.#server = startAsOwner(command, words,
      { env: environment, cwd: '/', deathSignal: 'QUIT' });
    for (const stream of [this.#server.stdout, this.#server.stderr]) {
      stream.on('data', (part) => { log = (log + part).slice(-4000); });
      // What is left of it must not keep a finished test process alive.
      stream.unref();
    }
    this.#server.unref();
    await until(async () => {
      if (this.#server.exitCode !== null) throw new Error(log);
      const { code } = await runAsOwner(`${bin}/pg_isready`,
        ['-q', '-h', this.socket, '-U', 'postgres', '-d', 'postgres'],
        { env: environment, cwd: '/' });
      return code === 0;
    }, 'Postgres to start', { seconds: 60 });
  }

  /** The process number of the server's parent. */
  get pid() { return this.#server.pid; }

  /** 'fast' ends connections in order; 'immediate' is a crash. */
  async stop(how = 'immediate') {
    if (!this.#server) return;
    signal(this.#server.pid, how === 'fast' ? 'SIGINT' : 'SIGQUIT');
    await within(ended(this.#server), 'Postgres to stop', 60);
    this.#server = undefined;
  }

  async restartImmediate() {
    await this.stop('immediate');
    await this.start();
  }
}

export async function startPostgres() {
  const shared = process.env.LECTERN_TEST_POSTGRES;

  return shared ? new Postgres(shared) : startPrivatePostgres();
}

/**
 * `data`: its folder, elsewhere than usual; `settings`: more of them;
 * `wrapper`: words before the server's command.
 */
export async function startPrivatePostgres(options) {
  const postgres = new PrivatePostgres(temporaryFolder(), options);

  await postgres.initialise();
  await postgres.start();
  return postgres;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const postgres = await startPrivatePostgres();
  const finish = async () => {
    await postgres.stop();
    process.exit(0);
  };

  process.on('SIGTERM', finish);
  process.on('SIGINT', () => {});	// Ctrl-C reaches tests/run.sh, which decides
  process.stdin.on('end', finish).resume();
  console.log(postgres.socket);
}
