// kore.conf: what a maintainer changes there takes effect at the next start,
// without a build; what is wrong there is refused with file, line and one
// sentence. The examples of the handbook are run as they are printed.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { Client, signedUp } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { root } from '../lib/process.mjs';
import { until, within } from '../lib/wait.mjs';

const conf = readFileSync(path.join(root, 'kore.conf'), 'utf8');
const end = '# ---- everything else';

/** The number of the first line that matches. */
const lineOf = (text, pattern) => text.split('\n').findIndex((line) => pattern.test(line)) + 1;

/** kore.conf with a pattern replaced, which must be there. */
function edited(pattern, replacement) {
  const text = conf.replace(pattern, replacement);

  assert.notEqual(text, conf, `kore.conf has ${pattern}`);
  return text;
}
const added = (lines) => edited(end, `${lines}\n${end}`);
const swapped = (pattern, line) => edited(pattern, () => line);

describe('a wrong line', () => {
  let lectern;

  before(async () => {
    lectern = await startLectern({ migrate: false, ready: 'health' });
    await lectern.stop();
  });

  /** What a start with that kore.conf says: {code, stderr}. */
  async function start(text, files = {}) {
    for (const [name, content] of Object.entries({ 'kore.conf': text, ...files })) {
      writeFileSync(path.join(lectern.folder, name), content);
    }
    return within(lectern.run('-fnr'), 'the start to be refused', 10);
  }

  const cases = {
    'with an unknown word': [swapped(/^workers\t.*$/m, 'wrokers 2'),
      /^wrokers/, 'there is no directive "wrokers"'],
    'with a word that Kore knows and that does nothing here': [added('\tfilemap /x assets'),
      /filemap/, 'there is no directive "filemap"'],
    'without a value': [swapped(/^workers\t.*$/m, 'workers'),
      /^workers$/, 'the line has too few words; it is written: workers NUMBER'],
    'with a comment behind its value': [swapped(/^workers\t.*$/m, 'workers 2 # two'),
      /^workers/, 'the line has too many words; it is written: workers NUMBER'],
    'with a bad number': [swapped(/^workers\t.*$/m, 'workers two'),
      /^workers/, '"workers" wants a whole number from 1 to 64, not "two"'],
    'with a number out of bounds': [swapped(/^http_header_max\t.*$/m, 'http_header_max 65536'),
      /^http_header_max/,
      '"http_header_max" wants a whole number from 512 to 65535, not "65536"'],
    'that says a setting again': [conf.replace(/^http_body_max.*$/m, '$&\nhttp_body_max 5'),
      /^http_body_max 5/, `line ${lineOf(conf, /^http_body_max/)} says the same of ` +
      '"http_body_max" already; only one of them can count'],
    'with an unknown handler': [added('\troute /x acount_sign_up'),
      /acount/, 'the program has no handler "acount_sign_up"'],
    'with a handler that is a function of a library': [added('\troute /x exit'),
      /x exit/, 'the program has no handler "exit"'],
    'with an unknown authentication': [added('\troute /x ops_ok sesion'),
      /sesion/, 'no authentication "sesion" stands above'],
    'with a route that is there already': [added('\troute /health ops_ok'),
      /health ops_ok/, `line ${lineOf(conf, /^\troute\s+\/health\s/)} says the same of ` +
      '"/health" already; only one of them can count'],
    'with a route behind the one that takes everything': [
      conf.replace(/(\troute\s+\^\s+page_missing)/, '$1\n\troute /late ops_ok'),
      /late/, 'the route is never reached, for "^" on line ' +
      `${lineOf(conf, /^\troute\s+\^\s/)} takes all of it`],
    'with a path that a pattern above takes': [added('\troute /chat/new ops_ok'),
      /chat\/new/, 'the route is never reached, for "^/chat/[^/]+$" on line ' +
      `${lineOf(conf, /^\troute\s+\^\/chat\/\[\^\/\]\+\$\s/)} takes all of it`],
    'with a route whose pattern is none': [added('\troute ^/x( ops_ok'),
      /ops_ok$/, /^"\^\/x\(" is neither a path that begins with "\/" nor a pattern: /,
      (text) => lineOf(text, /\^\/x\(/)],
    'that restricts a route which is not there': [added('\trestrict /x get'),
      /restrict \/x/, 'no route "/x" stands above in this domain'],
    'that restricts a route before it': [
      conf.replace(/^(\troute\s+\/ready\s.*)\n(\trestrict.*)$/m, '$2\n$1'),
      /restrict\s+\/ready/, 'no route "/ready" stands above in this domain'],
    'that restricts a route twice': [added('\trestrict /health post'),
      /health post/, `line ${lineOf(conf, /^\trestrict\s+\/health\s/)} says the same of ` +
      '"/health" already; only one of them can count'],
    'with an unknown method': [swapped(/^(\trestrict\s+\/health\s+)get$/m, '\trestrict /health fetch'),
      /fetch/, '"fetch" is none of the methods get, head, post, put, patch and delete'],
    'with a validator without a pattern': [swapped(/^validator name\s.*$/m, 'validator name regex'),
      /^validator name/,
      'the line has too few words; it is written: validator NAME regex PATTERN'],
    'with a validator whose pattern is none': [
      swapped(/^validator name\s.*$/m, 'validator name regex ['),
      /^validator name/, /^the pattern of validator "name" is none: /],
    'with a validator of an unknown kind': [
      swapped(/^validator name\s.*$/m, 'validator name glob *'),
      /^validator name/, 'a validator is of the kind regex or function, not "glob"'],
    'with a validator that is there already': [
      conf.replace(/^validator name\s.*$/m, '$&\nvalidator name regex .'),
      /^validator name regex \.$/, `line ${lineOf(conf, /^validator name\s/)} says the same ` +
      'of "name" already; only one of them can count'],
    'that validates a field of one route': [
      swapped(/validate @body body_20_mib/, 'validate title name'),
      /validate title/, 'only @body is looked at here; the validator of a field applies by ' +
      'its name'],
    'with a limit that is no number': [swapped(/validate @body body_20_mib/, 'validate @body name'),
      /validate @body/, 'the validator "name" is no number of bytes, as the limit of a body is'],
    'with a brace and a blank': [swapped(/^server http \{\n((?:.*\n)*?)\}$/m,
      conf.match(/^server http \{\n(?:.*\n)*?\}$/m)[0] + ' '),
    /^\} $/, 'a "}" stands alone on its line, without blanks behind it'],
    'that opens no block': [swapped(/^authentication person \{$/m, 'authentication person'),
      /^authentication person$/,
      'the line has too few words; it is written: authentication NAME {'],
    'in the wrong place': [added('\tworkers 4'),
      /^\tworkers/, '"workers" belongs outside of all blocks, not in a domain block'],
    'that closes nothing': [`${conf}}\n`, /^\}$/, 'there is no block to close',
      (text) => text.trimEnd().split('\n').length],
    'that listens without the guard': [swapped(/^(\tbind.*) edge_connect$/m,
      conf.match(/^\tbind.*$/m)[0].replace('edge_connect', 'edge_init')),
    /^\tbind/, 'the third word is edge_connect, the guard of every connection'],
    'that asks for TLS': [swapped(/^\ttls no$/m, '\ttls yes'),
      /tls yes/, 'the program speaks no TLS; put a proxy in front of it and write: tls no'],
    'with a line end of Windows': [conf.replaceAll('\n', '\r\n'), /^workers/,
      'the line ends as on Windows; save the file with line ends of Unix'],
  };

  for (const [what, [text, at, why, line]] of Object.entries(cases)) {
    test(`${what} stops the start and is named`, async () => {
      const { code, stdout, stderr } = await start(text);
      const told = /^lectern: kore\.conf:(\d+): (.*)\.\n$/.exec(stderr);

      assert.equal(code, 1);
      assert.ok(told, `${stdout}${stderr}`);
      assert.equal(Number(told[1]), line?.(text) ?? lineOf(text, at), stderr);
      if (why instanceof RegExp) assert.match(told[2], why);
      else assert.equal(told[2], why);
    });
  }

  test('that is missing is told at the block that lacks it', async () => {
    for (const [text, line, why] of [
      [conf.replace(/\n\}\s*$/, '\n'), lineOf(conf, /^domain/),
        'the block that begins here is never closed by a "}"'],
      [swapped(/^\tattach http\n/m, ''), lineOf(conf, /^domain/) + conf.slice(
        conf.search(/^domain/m)).trimEnd().split('\n').length - 2,
      'the block that ends here lacks the line: attach SERVER'],
      [swapped(/^\tauthentication_validator in_person\n/m, ''),
        lineOf(conf, /^authentication person/) + 2,
        'the block that ends here lacks the line: authentication_validator VALIDATOR'],
    ]) {
      const { code, stderr } = await start(text);

      assert.equal(code, 1);
      assert.equal(stderr, `lectern: kore.conf:${line}: ${why}.\n`);
    }
    const { stderr } = await start(swapped(/^validator email\s.*\n/m, ''));
    assert.match(stderr, /: the validator "email" is missing, which the program asks for\.\n$/);
  });

  test('in an included file is told with that file', async () => {
    const { code, stderr } = await start(`include more.conf\n${conf}`,
      { 'more.conf': '# more\nsocket_backlog many\n' });

    assert.equal(code, 1);
    assert.equal(stderr, 'lectern: more.conf:2: "socket_backlog" wants a whole number ' +
      'from 1 to 65535, not "many".\n');
    assert.equal((await start(`include none.conf\n${conf}`)).stderr,
      'lectern: kore.conf:1: none.conf cannot be read: No such file or directory.\n');
  });

  test('is told by lectern check as well, and no kore.conf at all is said', async () => {
    await start(added('\troute /x nobody'));
    const { code, stdout } = await lectern.run('check');
    assert.equal(code, 1);
    assert.match(stdout, /^configuration +FAILED: kore\.conf:\d+: the program has no handler "nobody"\.$/m);

    const cwd = lectern.folder;
    lectern.folder = '/';
    const { code: status, stderr } = await within(lectern.run('-fnr'), 'an end', 10);
    lectern.folder = cwd;
    assert.equal(status, 1);
    assert.equal(stderr, 'lectern: kore.conf cannot be read: No such file or directory; it ' +
      'is looked for in the folder where the program is started.\n');
  });
});

/** The blocks of code below a heading of the handbook. */
function printed(heading) {
  const text = readFileSync(path.join(root, 'assets/handbook/extending.md'), 'utf8');
  const [, part] = text.split(`### Example: ${heading}\n`);

  return part.split(/^#+ /m)[0].split('```').filter((_, i) => i % 2).map((block) =>
    block.replace(/^\n/, ''));
}

describe('the example of the handbook', () => {
  /** Lectern with what the blocks say: a validator replaces its line, routes are added. */
  function withLines(blocks) {
    return startLectern({ confEdits: blocks.map((block) => {
      const name = /^validator (\S+)/.exec(block)?.[1];

      return name ? [new RegExp(`^validator ${name}\\s.*\\n`, 'm'), () => block] :
        [end, () => `${block}\n${end}`];
    }) });
  }

  test('lets addresses of one company sign up, and no other', async (t) => {
    const blocks = printed('sign-up for the addresses of one company');
    assert.equal(blocks.length, 1);
    const lectern = await withLines(blocks);
    t.after(() => lectern.stop());
    const ask = (email) => new Client(lectern.url).post('/api/auth/sign-up/email',
      { email, name: 'Anna', password: 'a-long-password-1' });

    assert.equal((await ask('anna@example.com')).status, 200);
    for (const email of ['anna@example.org', 'anna@example.com.org', 'anna@sub.example.com']) {
      const reply = await ask(email);

      assert.equal(reply.status, 400, email);
      assert.equal(reply.json.message, '[body.email] Invalid email address');
    }
  });

  test('bounds uploads and adds a path that only reads', async (t) => {
    const blocks = printed('smaller uploads, and a second path that only reads');
    assert.equal(blocks.length, 2);
    const lectern = await withLines(blocks);
    t.after(() => lectern.stop());
    const anna = await signedUp(lectern.url, { email: 'anna@example.com' });
    const upload = (size) => anna.request('POST', '/api/documents?filename=a.txt',
      { body: 'a '.repeat(size / 2), headers: { 'content-type': 'text/plain' } });

    assert.equal((await upload(1048576)).status, 201);
    assert.equal((await upload(1048578)).status, 413);
    await until(async () => (await anna.get('/api/documents')).json.documents[0].status ===
      'ready', 'the document to be read');
    const [list, alias] = [await anna.get('/api/documents'), await anna.get('/api/library')];
    assert.equal(alias.status, 200);
    assert.deepEqual(alias.json, list.json);
    assert.equal(alias.json.documents.length, 1);
    const refused = await anna.post('/api/library', { title: 'a', text: 'b' });
    assert.equal(refused.status, 405);
    assert.equal(refused.headers.get('allow'), 'GET, HEAD, OPTIONS');
    assert.equal(refused.json.code, 'METHOD_NOT_ALLOWED');
    assert.equal((await new Client(lectern.url).get('/api/library')).status, 401);
  });
});
