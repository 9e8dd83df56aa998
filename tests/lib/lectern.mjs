// The real program, started as a maintainer would start it: in a folder with
// a kore.conf, by `lectern -fnr`, after `lectern migrate`.
//
//   const lectern = await startLectern({ env, confEdits, database });
//   ... lectern.url, lectern.logs(), lectern.restarts() ...
//   await lectern.stop();
//
// The environment is exactly what stands here and in `env`; nothing leaks in
// from the shell. LECTERN_BINARY names another build (asan, for example),
// LECTERN_WRAPPER the words before the server's command (valgrind's).

import { chmodSync, closeSync, copyFileSync, openSync, readFileSync, writeFileSync }
  from 'node:fs';
import path from 'node:path';

import { startPostgres } from './postgres.mjs';
import { ended, freePort, root, runAsOwner, signal, startAsOwner,
  temporaryFolder, treePss } from './process.mjs';
import { until, within } from './wait.mjs';

// Of the shell alone these, since only such a build asks for them.
const sanitizerOptions = Object.fromEntries(['ASAN_OPTIONS', 'UBSAN_OPTIONS']
  .flatMap((name) => process.env[name] ? [[name, process.env[name]]] : []));

/**
 * env         variables over the default ones; undefined removes one
 * confEdits   [[text or pattern, replacement], ...] applied to kore.conf; each
 *             must match
 * postgres    a cluster of postgres.mjs; the shared one unless given
 * database    name of an existing database; a fresh one unless given
 * migrate     false: do not run `lectern migrate` first
 * ready       'ready' (default): until /ready is 200; 'health': until /health
 *             is; 'none': return at once
 * wrapper     words before the server's command, in place of LECTERN_WRAPPER
 */
export async function startLectern({ env = {}, confEdits = [], postgres,
  database, migrate = true, ready = 'ready', workers = 2, wrapper } = {}) {
  const lectern = new Lectern();

  await lectern.prepare({ env, confEdits, postgres, database, workers, wrapper });
  if (migrate) await lectern.migrate();
  await lectern.start(ready);
  return lectern;
}

class Lectern {
  url;
  port;
  env;
  postgres;
  database;
  /** The folder that it runs in; the program's user may write there. */
  folder = temporaryFolder();
  /** The process number of the parent, while it runs. */
  pid;

  #child;
  #binary;
  #command;
  // Its output goes to a file: a pipe would make it wait for a busy test.
  #log = path.join(this.folder, 'log');
  #served = [0, undefined];	// lines of the log: at the start, when told to stop

  async prepare({ env, confEdits, postgres, database, workers,
    wrapper = process.env.LECTERN_WRAPPER?.split(' ') ?? [] }) {
    this.postgres = postgres ?? await startPostgres();
    this.database = database ?? await this.postgres.createDatabase();
    this.port = env.PORT ?? await freePort();
    this.url = `http://127.0.0.1:${this.port}`;
    this.env = Object.fromEntries(Object.entries({
      PATH: process.env.PATH,
      HOME: this.folder,
      LC_ALL: 'C.UTF-8',
      DATABASE_URL: this.postgres.url(this.database),
      SECRET_KEY: 'only-for-tests-0123456789abcdefghij',
      PORT: String(this.port),
      BIND_ADDRESS: '127.0.0.1',
      WORKERS: String(workers),
      PUBLIC_URL: this.url,
      RATE_LIMIT: 'off',
      ...sanitizerOptions,
      ...env,
    }).filter(([, value]) => value !== undefined));

    let conf = readFileSync(path.join(root, 'kore.conf'), 'utf8');
    for (const [pattern, replacement] of confEdits) {
      const edited = conf.replace(pattern, replacement);
      if (edited === conf) throw new Error(`kore.conf has no ${pattern}`);
      conf = edited;
    }
    writeFileSync(path.join(this.folder, 'kore.conf'), conf);

    // A copy, since the checkout may lie where the owner cannot look.
    this.#binary = path.join(this.folder, 'lectern');
    copyFileSync(process.env.LECTERN_BINARY ??
      path.join(root, 'build/lectern/lectern'), this.#binary);
    chmodSync(this.#binary, 0o755);
    this.#command = [...wrapper, this.#binary, '-fnr'];
  }

  /** Runs `lectern ...args` in the server's folder and environment. */
  async run(...args) {
    return runAsOwner(this.#binary, args, { env: this.env, cwd: this.folder });
  }

  async migrate() {
    const { code, stdout, stderr } = await this.run('migrate');

    if (code !== 0) throw new Error(`lectern migrate: ${stdout}${stderr}`);
  }

  /** Also for a second start, after stop() or kill(). */
  async start(ready = 'ready') {
    const log = openSync(this.#log, 'a');

    this.#served = [this.lines().length, undefined];
    this.#child = startAsOwner(this.#command[0], this.#command.slice(1),
      { env: this.env, cwd: this.folder, stdio: ['ignore', log, log] });
    closeSync(log);
    // A test that failed before stop() must not keep its file from ending.
    this.#child.unref();
    this.pid = this.#child.pid;
    if (ready !== 'none') await this.answers(`/${ready}`);
  }

  /** Waits until a path answers 200, or reports why it never will. */
  async answers(where, seconds = 20) {
    try {
      await until(async () => {
        if (this.#child.exitCode !== null) return true;
        return (await fetch(this.url + where)).status === 200;
      }, `200 from ${where}`, { seconds });
      if (this.#child.exitCode !== null) throw new Error('it has ended');
    } catch (error) {
      await this.kill();
      throw new Error(`lectern does not serve: ${error.message}\n${this.tail()}`,
        { cause: error });
    }
  }

  /** All finished lines that it has printed, as text. */
  lines() {
    return readFileSync(this.#log, 'utf8').split('\n').slice(0, -1);
  }

  /** The lines that are JSON objects, parsed. */
  logs() {
    return this.lines().flatMap((line) => {
      try {
        return line.startsWith('{') ? [JSON.parse(line)] : [];
      } catch {
        return [];
      }
    });
  }

  /** The last lines, for the message of a failed test. */
  tail(count = 30) {
    return this.lines().slice(-count).join('\n');
  }

  /**
   * How many workers were lost since start(): every one that the parent saw end
   * before the server was told to stop. Zero is the only good number.
   */
  restarts() {
    const lost = /worker .*\((?:pid: )?(\d+)\).* (?:gone|exited with status)/;

    return new Set(this.lines().slice(...this.#served)
      .flatMap((line) => lost.exec(line)?.[1] ?? [])).size;
  }

  /** Proportional set size of all its processes, in bytes. */
  pss() {
    return treePss(this.pid);
  }

  /** SIGTERM and wait; resolves with {code, signal, ms}. */
  async stop() {
    const began = performance.now();

    this.#served[1] ??= this.lines().length;
    signal(this.pid, 'SIGTERM');
    try {
      const [code, name] = await within(ended(this.#child), 'lectern to stop', 20);
      return { code, signal: name, ms: performance.now() - began };
    } catch (error) {
      await this.kill();
      throw new Error(`${error.message}\n${this.tail()}`);
    }
  }

  /** SIGKILL to all its processes at once. */
  async kill() {
    this.#served[1] ??= this.lines().length;
    signal(-this.pid, 'SIGKILL');
    await within(ended(this.#child), 'lectern to be killed');
    await until(() => !signal(-this.pid, 0), 'its workers to be gone');
  }
}
