// Child processes of the tests: none outlives the test process, and none runs
// as root.
//
// Started by root they run as the user postgres (`owner`), since Postgres
// refuses root and the program is meant for ordinary users. The kernel tells
// them when the test process dies (setpriv --pdeathsig), so that an aborted
// run leaves nothing behind.

import { execFileSync, spawn } from 'node:child_process';
import dgram from 'node:dgram';
import { chmodSync, chownSync, mkdtempSync, readFileSync, readdirSync, rmSync }
  from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const isRoot = process.getuid() === 0;
const ownerIds = isRoot ? ['-u', '-g'].map((flag) =>
  Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }))) : [];

/** The checkout's root folder. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

const groups = new Set();
const folders = new Set();

process.on('exit', () => {
  for (const pid of groups) signal(-pid, 'SIGKILL');
  for (const folder of folders) {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
});

/** A new folder that the owner may write; removed when the test process ends. */
export function temporaryFolder() {
  const folder = mkdtempSync(path.join(tmpdir(), 'lectern-test-'));

  if (isRoot) chownSync(folder, ...ownerIds);
  chmodSync(folder, 0o755);
  folders.add(folder);
  return folder;
}

/** Makes a file that the test has written the owner's. */
export function giveToOwner(file) {
  if (isRoot) chownSync(file, ...ownerIds);
}

/**
 * Starts a command in a process group of its own, with exactly the environment
 * given. `deathSignal` reaches it when this process dies.
 */
export function start(command, args, { deathSignal = 'TERM', asOwner = false, ...options }) {
  const become = ['--pdeathsig', deathSignal];

  if (isRoot && asOwner) {
    become.push('--reuid', 'postgres', '--regid', 'postgres', '--init-groups');
  }
  const child = spawn('setpriv', [...become, command, ...args],
    { stdio: ['ignore', 'pipe', 'pipe'], detached: true, ...options });

  groups.add(child.pid);
  child.once('exit', () => {
    if (!signal(-child.pid, 0)) groups.delete(child.pid);
  });
  return child;
}

/** The same as the owner. */
export function startAsOwner(command, args, options) {
  return start(command, args, { ...options, asOwner: true });
}

/** Runs a command to its end: {code, signal, stdout, stderr}. */
export async function run(command, args, { input, ...options }) {
  const child = start(command, args,
    { ...options, stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'] });

  child.stdin?.on('error', () => {});
  child.stdin?.end(input);
  const [stdout, stderr, [code, signal]] = await Promise.all([
    collect(child.stdout), collect(child.stderr), ended(child)]);
  return { code, signal, stdout, stderr };
}

/** The same as the owner. */
export function runAsOwner(command, args, options) {
  return run(command, args, { ...options, asOwner: true });
}

async function collect(stream) {
  const parts = [];

  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}

/** Resolves with [code, signal] when the process has ended. */
export function ended(child) {
  if (child.exitCode !== null || child.signalCode !== null) {
    return Promise.resolve([child.exitCode, child.signalCode]);
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve([code, signal]));
  });
}

/** Sends a signal to a process or (negative) group; false when it is gone. */
export function signal(pid, name) {
  try {
    process.kill(pid, name);
    return true;
  } catch (error) {
    if (error.code === 'ESRCH') return false;
    throw error;
  }
}

/** Process numbers of the process and all its descendants. */
export function processTree(pid) {
  const parents = new Map();

  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      parents.set(Number(name),
        Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
    } catch {
      // It has ended meanwhile.
    }
  }
  const tree = [pid];
  for (const member of tree) {
    for (const [child, parent] of parents) {
      if (parent === member) tree.push(child);
    }
  }
  return tree;
}

/** Those among them whose command line matches. */
export function processesLike(pid, pattern) {
  return processTree(pid).filter((member) => pattern.test(commandOf(member)));
}

/** "lectern extractor"; empty for a process that has ended. */
function commandOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return '';
  }
}

/** Processor time of the process and its living descendants, in microseconds. */
export function treeCpu(pid) {
  return processTree(pid).reduce((sum, member) => {
    const stat = readFileSync(`/proc/${member}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return sum + (Number(fields[11]) + Number(fields[12])) * 10_000;
  }, 0);
}

/** Proportional set size of the process and all its descendants, in bytes. */
export function treePss(pid) {
  let total = 0;

  for (const member of processTree(pid)) {
    try {
      const rollup = readFileSync(`/proc/${member}/smaps_rollup`, 'utf8');
      total += Number(/^Pss:\s+(\d+) kB/m.exec(rollup)[1]) * 1024;
    } catch (error) {
      if (error.code !== 'ENOENT' && error.code !== 'ESRCH') throw error;	// it has ended
    }
  }
  return total;
}

/**
 * A TCP port on 127.0.0.1 that is free, below the range of outgoing ones, and
 * given to no other test process while this one lives: the UDP port of the same
 * number is held as a sign, which the kernel takes back whatever ends us.
 */
export async function freePort() {
  for (;;) {
    const port = 10000 + Math.floor(Math.random() * 22000);
    const sign = dgram.createSocket('udp4');

    if (await canListen(sign, () => sign.bind(
      { port, address: '127.0.0.1', exclusive: true }))) {
      const server = net.createServer();
      const isFree = await canListen(server, () => server.listen(port, '127.0.0.1'));

      if (isFree) {
        sign.unref();
        await new Promise((resolve) => server.close(resolve));
        return port;
      }
      sign.close();
    }
  }
}

/** Whether what `listen` begins ends well. */
function canListen(socket, listen) {
  return new Promise((resolve) => {
    socket.once('error', () => resolve(false));
    socket.once('listening', () => resolve(true));
    listen();
  });
}
