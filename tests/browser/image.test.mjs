// The image, laid out as the Dockerfile does it and run as a host of containers
// would: its own root, read-only but for /tmp, uid 1000, no capability, the
// database far away behind TLS. The first path is walked in it.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';

import { pdf } from '../fixtures/documents.mjs';
import { DESK, PASSWORD, startBrowser } from '../lib/browser.mjs';
import { walkFirstPath } from '../lib/firstpath.mjs';
import { startNeon } from '../lib/neon.mjs';
import { startPostgres } from '../lib/postgres.mjs';
import { ended, freePort, processTree, root, signal, temporaryFolder, treePss }
  from '../lib/process.mjs';
import { until, within } from '../lib/wait.mjs';

const run = promisify(execFile);
const isRoot = process.getuid() === 0;
const DEVICES = ['null', 'zero', 'random', 'urandom'];

// What the container's host does before it starts the program. Whoever is not
// root is the only user there is in a namespace of his own.
const RUNTIME = `set -eu
mount --bind "$1" "$1"
mount -t tmpfs -o mode=1777 tmpfs "$1/tmp"
mount -t proc proc "$1/proc"
for device in ${DEVICES.join(' ')}; do mount --bind /dev/$device "$1/dev/$device"; done
mount -o remount,bind,ro "$1"
exec setpriv --no-new-privs $2 unshare --root="$1" --wd=/srv/lectern $3 /usr/local/bin/lectern -fnr`;

let folder;
let neon;
let image;
let browser;
let url;
let log = '';

before(async () => {
  const postgres = await startPostgres();

  folder = path.join(temporaryFolder(), 'image');
  await run('conf/image.sh', [folder], { cwd: root });
  neon = await startNeon(postgres);
  copyFileSync(neon.ca, path.join(folder, 'srv/lectern/ca.crt'));
  for (const device of DEVICES) await run('touch', [path.join(folder, 'dev', device)]);

  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  const database = await postgres.createDatabase();
  image = spawn('unshare', [...isRoot ? [] : ['--user', '--map-root-user'], '--mount', '--pid',
    '--fork', '--kill-child=KILL', 'sh', '-c', RUNTIME, 'sh', folder,
    isRoot ? '--clear-groups' : '', isRoot ? '--setgid=1000 --setuid=1000' : ''],
  { env: { PATH: process.env.PATH, HOME: '/tmp', LANG: 'C.UTF-8', PORT: String(port),
    DATABASE_URL: neon.url(database).replace(neon.ca, '/srv/lectern/ca.crt'),
    SECRET_KEY: 'only-for-tests-0123456789abcdefghij', RATE_LIMIT: 'off', MAIL_URL: '' },
  stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [image.stdout, image.stderr]) stream.on('data', (data) => { log += data; });
  await until(async () => image.exitCode !== null
    || (await fetch(`${url}/ready`).catch(() => null))?.status === 200, 'the image to serve', { seconds: 30 });
  assert.equal(image.exitCode, null, log);
  browser = await startBrowser(url);
});

after(async () => {
  await browser?.stop();
  // The first process of its namespace takes all others with it.
  if (image?.exitCode === null) signal(inside()[0], 'SIGKILL');
  await neon?.stop();
});

/** The program's own processes, without what stands for the container's host. */
const inside = () => processTree(image.pid).slice(1);

const status = (pid, name) => new RegExp(`^${name}:\\s+(\\S+)`, 'm')
  .exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1];

test('holds the program and what it needs, no shell, and less than 130 MB', async () => {
  const { stdout } = await run('du', ['--summarize', '--block-size=1', '--one-file-system', folder]);
  const programs = ['bin', 'sbin', 'usr/local/bin'].flatMap((name) =>
    readdirSync(path.join(folder, name)));

  assert.ok(Number(stdout.split('\t')[0]) < 130e6, stdout);
  assert.deepEqual(programs.sort(), ['lectern', 'pdftotext', 'pgbouncer']);
  assert.ok(!existsSync(path.join(folder, 'usr/lib/perl5')));
});

test('tells what it consists of, each part with its version', () => {
  const bill = JSON.parse(readFileSync(path.join(folder, 'usr/share/lectern/sbom.json'), 'utf8'));
  const parts = bill.components.map(({ name }) => name);

  assert.equal(bill.bomFormat, 'CycloneDX');
  for (const name of ['kore', 'libc6', 'libsodium23', 'libpq5', 'libcurl4', 'libxml2', 'libarchive13',
    'pgbouncer', 'poppler-utils', 'poppler-data', 'marked', 'uqr']) {
    assert.ok(parts.includes(name), `${name} in ${parts.join(' ')}`);
  }
  for (const { name, version, purl } of bill.components) {
    assert.match(version, /^\d/, name);
    assert.match(purl, /^pkg:(deb\/debian|npm)\/[\w.%-]+@/);
  }
});

test('runs as uid 1000 on a read-only root, without a capability', () => {
  const names = inside().map((pid) => status(pid, 'Name'));

  assert.ok(names.includes('pgbouncer'), names.join(' '));
  for (const pid of inside()) {
    if (isRoot) assert.equal(status(pid, 'Uid'), '1000');
    if (isRoot) assert.equal(status(pid, 'CapEff'), '0000000000000000');
    assert.equal(status(pid, 'NoNewPrivs'), '1');
  }
  const mounts = readFileSync(`/proc/${inside()[0]}/mountinfo`, 'utf8');
  assert.match(mounts, / \/ ro,/);
});

test('is walked through from the front page to the exact passage behind an answer', async () => {
  const { page, troubles, close } = await browser.person({ viewport: DESK });

  await walkFirstPath(page, 'ann@example.com');
  assert.deepEqual(troubles, []);
  await close();
});

test('reads a PDF, by the programs in it and in their jail', async () => {
  const headers = { origin: url };
  const { page, close } = await browser.person();
  const bytes = await pdf('<h1>Opening hours</h1><p>From nine to five.</p>');

  await page.request.post('/api/auth/sign-up/email', { headers,
    data: { email: 'pdf@example.com', password: PASSWORD, name: 'P' } });
  const reply = await page.request.post('/api/documents?filename=hours.pdf',
    { headers: { ...headers, 'content-type': 'application/pdf' }, data: bytes });
  const { document: { id } } = await reply.json();
  await until(async () => {
    const { document } = await (await page.request.get(`/api/documents/${id}`)).json();
    assert.notEqual(document.status, 'failed', document.error);
    return document.status === 'ready';
  }, 'the document to be ready', { seconds: 30 });
  await close();
});

test('says by its own binary that it is healthy, and stops when it is told to', async () => {
  const pids = inside();

  await run('unshare', [...isRoot ? [] : ['--user', '--map-root-user'], `--root=${folder}`,
    '/usr/local/bin/lectern', 'health'], { env: { PATH: process.env.PATH, PORT: new URL(url).port } });
  assert.ok(treePss(pids[0]) < 100e6, 'the memory of a container');
  signal(pids[0], 'SIGTERM');
  await within(ended(image), 'the image to stop', 15);
  assert.ok(pids.every((pid) => !existsSync(`/proc/${pid}`)));
});
