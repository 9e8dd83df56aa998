import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { signedUp } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { until } from '../lib/wait.mjs';
import { recount } from './recount.mjs';

const complete = `select count(*) from documents d where status = 'ready' and
  (d.chunks = 0 or d.chunks <> (select count(*) from chunks c
    where c.document = d.id) or not exists (select from texts t
    where t.document = d.id))
  or status <> 'ready' and exists (select from chunks c where c.document = d.id)`;
const words = 'A sentence about ships, harbours, ropes and the weather at sea. ';

describe('the indexer', () => {
  let lectern;
  const sql = (text) => lectern.postgres.psql(lectern.database, text);
  const upload = (client, name, text) => client.post(
    `/api/documents?filename=${name}`, undefined, { body: text });
  const allRead = (seconds = 60) => until(async () => await sql(
    `select count(*) from documents where status in ('queued', 'processing')`)
    === '0', 'every document to be read', { seconds });

  before(async () => { lectern = await startLectern(); });
  after(() => lectern.stop());

  test('killed while it reads, it leaves documents complete or waiting, and the next start reads the rest',
    async () => {
      const anna = await signedUp(lectern.url);

      for (let n = 0; n < 12; n++) {
        const reply = await upload(anna, `k${n}.txt`, `${n} `.repeat(9) +
          words.repeat(8000));
        assert.equal(reply.status, 201);
      }
      await until(async () => await sql(
        `select count(*) from documents where status = 'processing'`) !== '0',
      'a document to be under way');
      await lectern.kill();
      await until(async () => await sql(`select count(*) from pg_stat_activity
        where datname = '${lectern.database}' and pid <> pg_backend_pid()`) === '0',
      'its connections to be gone', { seconds: 30 });
      assert.equal(await sql(complete), '0');
      assert.notEqual(await sql(
        `select count(*) from documents where status <> 'ready'`), '0');

      assert.equal(await sql(recount), 'none');
      await lectern.start();
      await allRead();
      assert.equal(await sql(recount), 'none');
      assert.equal(await sql(complete), '0');
      assert.equal(await sql(`select count(*) from documents
        where status = 'ready' and filename like 'k%'`), '12');
    });

  test('readers of two programs on one database read each document once', async () => {
    const other = await startLectern({ postgres: lectern.postgres,
      database: lectern.database });
    const berta = await signedUp(lectern.url);
    const session = new Map(berta.cookies);

    try {
      for (let n = 0; n < 30; n++) {
        berta.url = n % 2 === 0 ? lectern.url : other.url;
        berta.cookies = new Map(session);
        assert.equal((await upload(berta, `t${n}.txt`, `${n}: ${words.repeat(40)}`))
          .status, 201);
      }
      await allRead();
      assert.equal(await sql(complete), '0');
      assert.equal(await sql(recount), 'none');
      assert.equal(await sql(`select count(*) from index_jobs`), '0');
      assert.equal(other.restarts(), 0);
    } finally {
      await other.stop();
    }
  });

  test('a short document does not wait for a long one', async () => {
    const carl = await signedUp(lectern.url);
    const dora = await signedUp(lectern.url);
    const long = await upload(carl, 'long.txt', words.repeat(120000));
    const status = async (client, reply) => (await client.get(
      `/api/documents/${reply.json.document.id}`)).json.document.status;

    await until(async () => await status(carl, long) === 'processing',
      'the long one to be under way');
    const short = await upload(dora, 'short.txt', 'A short text.');
    await until(async () => await status(dora, short) === 'ready',
      'the short one to be read');
    assert.equal(await status(carl, long), 'processing');
    await allRead(120);
  });

  test('an idle program asks the database nothing', async () => {
    await allRead();
    assert.equal(await sql(`select coalesce(string_agg(d.filename || ' ' ||
      d.status || ' ' || j.due_at::text, '; '), '') from index_jobs j
      join documents d on d.id = j.document`), '');
    // Its connections and their latest queries; autovacuum is none of ours.
    const asked = () => lectern.postgres.psql('postgres', `select pid, query_start
      from pg_stat_activity where datname = '${lectern.database}'
      and backend_type = 'client backend' order by 1`);
    let last;

    await until(async () => {
      const before = last;
      last = await asked();
      return last === before;
    // The figures of /metrics are taken once more within 15 s of the last use.
    }, 'the last readers to leave', { seconds: 90, everyMs: 16_000 });
    // Longer than every retry.
    await new Promise((resolve) => setTimeout(resolve, 6000));
    assert.equal(await asked(), last);
  });
});

describe('lectern ingest', () => {
  let lectern, folder;
  const sql = (text) => lectern.postgres.psql(lectern.database, text);

  before(async () => {
    lectern = await startLectern();
    folder = path.join(lectern.folder, 'library');
    mkdirSync(path.join(folder, 'inner/.hidden'), { recursive: true });
    writeFileSync(path.join(folder, 'one.md'), '# One\n\nThe first of all.\n');
    writeFileSync(path.join(folder, 'inner/one.md'), '# Other\n\nThe inner one.\n');
    writeFileSync(path.join(folder, 'inner/two.txt'), 'The second text.\n');
    writeFileSync(path.join(folder, 'inner/.hidden/no.md'), 'Not to be read');
    writeFileSync(path.join(folder, 'image.png'), 'Not to be read');
    writeFileSync(path.join(folder, 'set.jsonl'), [
      { _id: 'a', title: 'Alpha', text: 'The text of alpha.' },
      { _id: 'b', title: '', text: 'The text of beta.' },
      { _id: 'c', title: 'Gamma has a title alone', text: '' },
    ].map((line) => `${JSON.stringify(line)}\n`).join(''));
  });

  after(() => lectern.stop());

  test('loads folders and collections into the shared library and reads them',
    async () => {
      const { code, stderr } = await lectern.run('ingest', '--shared', folder);

      assert.equal(code, 0, stderr);
      assert.match(stderr, /6 documents read, 0 unchanged, 0 left out, 0 failed/);
      assert.deepEqual((await sql(`select coalesce(filename, external_id), title,
        status, owner is null from documents order by 1`)).split('\n'),
      ['a\tAlpha\tready\tt', 'b\tThe text of beta.\tready\tt',
        'c\tGamma has a title alone\tready\tt', 'inner/one.md\tOther\tready\tt',
        'inner/two.txt\ttwo\tready\tt', 'one.md\tOne\tready\tt']);
      const anna = await signedUp(lectern.url);
      const [first] = (await anna.post('/api/search', { query: 'alpha' })).json.results;
      assert.equal(first.externalId, 'a');
      assert.equal(first.text, 'The text of alpha.');
    });

  test('run again, reads only what changed and keeps the ids', async () => {
    const ids = `select string_agg(id, ' ' order by id) from documents`;
    const before = await sql(ids);

    writeFileSync(path.join(folder, 'one.md'), '# One\n\nThe first, changed.\n');
    writeFileSync(path.join(folder, 'set.jsonl'),
      `${JSON.stringify({ _id: 'a', title: 'Omega', text: 'The text of alpha.' })}\n`);
    const { code, stderr } = await lectern.run('ingest', folder);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /2 documents read, 2 unchanged/);
    assert.equal(await sql(ids), before);
    assert.equal(await sql(
      `select title from documents where external_id = 'a'`), 'Omega');
  });

  test('loads for one user, whom nobody else\'s search finds', async () => {
    const berta = await signedUp(lectern.url, { email: 'berta@example.com' });
    const carl = await signedUp(lectern.url);
    const file = path.join(lectern.folder, 'hers.txt');

    writeFileSync(file, 'An unmistakable wombat.');
    const { code, stderr } = await lectern.run('ingest', '--user',
      'Berta@example.com', file);
    assert.equal(code, 0, stderr);
    const found = async (client) => (await client.post('/api/search',
      { query: 'wombat' })).json.results.length;
    assert.equal(await found(berta), 1);
    assert.equal(await found(carl), 0);
  });

  test('names what it leaves out, loads the rest and says so by its exit code',
    async () => {
      const bad = path.join(lectern.folder, 'bad');

      mkdirSync(bad);
      writeFileSync(path.join(bad, 'empty.md'), '\n');
      writeFileSync(path.join(bad, 'binary.txt'), Buffer.from([1, 0, 255]));
      writeFileSync(path.join(bad, 'good.txt'), 'A good text.');
      writeFileSync(path.join(bad, 'x.jsonl'),
        'nonsense\n{"_id":5,"text":"x"}\n{"_id":"y","text":"a\\u0000b"}\n' +
        '{"_id":"z","title":"Z","text":"The only good line."}');
      const { code, stderr } = await lectern.run('ingest', bad, '/no/such/path');
      assert.equal(code, 1);
      for (const name of ['empty.md', 'binary.txt', 'x.jsonl:1', 'x.jsonl:2',
        'x.jsonl:3', '/no/such/path']) {
        assert.match(stderr, new RegExp(`${name} left out`));
      }
      assert.match(stderr, /2 documents read, 0 unchanged, 6 left out, 0 failed/);
    });

  test('misused, or without an account or a schema, it says what to do', async () => {
    for (const args of [[], ['--user'], ['--nonsense', folder],
      ['--shared', '--user', 'a@b.c', folder]]) {
      const { code, stderr } = await lectern.run('ingest', ...args);
      assert.equal(code, 2);
      assert.match(stderr, /usage: lectern ingest/);
    }
    const nobody = await lectern.run('ingest', '--user', 'nobody@example.com', folder);
    assert.equal(nobody.code, 1);
    assert.match(nobody.stderr, /nobody@example\.com/);

    const empty = await lectern.postgres.createDatabase();
    const url = lectern.env.DATABASE_URL;
    lectern.env.DATABASE_URL = lectern.postgres.url(empty);
    const unready = await lectern.run('ingest', folder);
    lectern.env.DATABASE_URL = url;
    assert.equal(unready.code, 1);
    assert.match(unready.stderr, /lectern migrate/);
  });
});
