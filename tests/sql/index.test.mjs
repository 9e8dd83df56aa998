import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';

import { recount } from './recount.mjs';
import { Schema } from './schema.mjs';

describe('the index', () => {
  let schema, anna, berta;

  before(async () => {
    schema = await Schema.create();
    anna = await schema.user('anna@example.com');
    berta = await schema.user('berta@example.com');
  });

  test('its statistics equal a recount after uploads, replacements and deletes',
    async () => {
      const check = async () => assert.equal(await schema.sql(recount), 'none');
      const lamp = await schema.upload(anna, 'lamp.txt', 'The lamp burns oil. Oil is dear.');

      await schema.upload(anna, 'boat.txt', 'A boat needs a lamp and oars.');
      await schema.upload(null, 'all.txt', 'Everybody may read of lamps.');
      await check();
      assert.equal((await schema.upload(anna, 'lamp.txt',
        'A candle burns wax.')).outcome, 'replaced');
      await check();
      await schema.sql(`select index_forget(array['${lamp.id}'])`);
      await check();
      await schema.sql(`select index_forget(array['${lamp.id}'])`);
      await check();
      await schema.sql(`delete from documents where filename = 'boat.txt'`);
      await check();
      assert.equal(await schema.sql(`select sum(i.chunks), sum(i.tokens)
        from index_segments i join scopes s on s.id = i.scope
        where s.owner = '${anna}'`), '0\t0');
    });

  test('many chunks of one document are counted as many', async () => {
    const text = 'Owls hunt at night. Owls sleep at day. Mice fear owls.';
    const { id } = await schema.upload(berta, 'owls.txt', text, { read: false });

    await schema.read(id, [0, 20, 39]);
    assert.equal(await schema.sql(recount), 'none');
    assert.equal(await schema.sql(`select t.chunks from index_terms t
      join index_segments i on i.id = t.segment join scopes s on s.id = i.scope
      where s.owner = '${berta}' and t.term = hashtextextended('owls', 0)`), '3');
  });

  test('a text is stored as it is, so that a slice costs no unpacking', async () => {
    const { id } = await schema.upload(berta, 'long.txt', 'Again and again. '.repeat(9000));

    assert.deepEqual(await schema.rows(`select octet_length(bytes),
      pg_column_size(bytes), pg_column_compression(bytes)
      from texts where document = '${id}'`), [['153000', '153000', null]]);
    assert.equal(await schema.sql(
      `select count(*) from originals where document = '${id}'`), '0');
  });

  test('a user who goes takes documents, words and statistics along', async () => {
    const guest = await schema.user('guest@example.com');

    await schema.upload(guest, 'g.txt', 'Ephemeral mayflies.');
    await schema.sql(`delete from users where id = '${guest}'`);
    assert.equal(await schema.sql(recount), 'none');
    assert.equal(await schema.sql(`select count(*) from index_terms
      where term = hashtextextended('mayflies', 0)`), '0');
  });

  test('the same bytes again are the same document, under any name', async () => {
    const first = await schema.upload(anna, 'a.txt', 'Some unmistakable text.');

    for (const name of ['a.txt', 'b.txt', null]) {
      assert.deepEqual(await schema.upload(anna, name, 'Some unmistakable text.'),
        { id: first.id, outcome: 'same' });
    }
    assert.equal((await schema.upload(berta, 'a.txt',
      'Some unmistakable text.')).outcome, 'created');
  });

  test('equal uploads at the same moment make one document', async () => {
    const results = await Promise.all(Array.from({ length: 6 }, () =>
      schema.upload(anna, 'race.txt', 'Six at once.', { read: false })));

    assert.equal(new Set(results.map(({ id }) => id)).size, 1);
    assert.equal(results.filter(({ outcome }) => outcome === 'created').length, 1);
  });

  test('a quota counts what is there and what is coming, not what is replaced',
    async () => {
      const put = async (name, bytes, coming) => (await schema.rows(
        `select outcome from document_put('${berta}', '${name}', null, 't',
          'text/plain', convert_to(rpad('${name}', ${bytes}, 'x'), 'UTF8'),
          (select sum(size) from documents where owner = '${berta}'
            and deleted_at is null)::bigint + 100, ${coming})`))[0][0];

      assert.equal(await put('q1', 60, 60), 'created');
      assert.equal(await put('q2', 60, 120), 'quota');
      assert.equal(await schema.sql(
        `select count(*) from documents where filename = 'q2'`), '0');
      assert.equal(await put('q1', 100, 100), 'replaced');
    });
});

describe('the jobs', () => {
  let schema, anna;
  const claim = async (many = 1) =>
    (await schema.query('index_claim', many, 1000000))[0];

  before(async () => {
    schema = await Schema.create();
    anna = await schema.user('anna@example.com');
  });

  test('each is claimed by one reader, oldest first, then there is none', async () => {
    const ids = [];

    for (const n of [1, 2, 3]) {
      ids.push((await schema.upload(anna, `${n}.txt`, `Text ${n}`,
        { read: false })).id);
    }
    for (const id of ids) assert.equal((await claim())[0], id);
    const [none, , wait] = await claim();
    assert.equal(none, null);
    assert.ok(Number(wait) > 4000 && Number(wait) <= 10000, `wait ${wait}`);
    assert.equal(await schema.sql(`select distinct status from documents`),
      'processing');
  });

  test('two claims at once never get the same one', async () => {
    await schema.sql(`update index_jobs set due_at = now(), lease = null`);
    const claims = await Promise.all([claim(), claim(), claim()]);

    assert.equal(new Set(claims.map(([id]) => id)).size, 3);
  });

  test('an old claim cannot finish what was replaced meanwhile', async () => {
    const { id } = await schema.upload(anna, 'p.txt', 'Before', { read: false });
    const [document, lease] = await claim();

    assert.equal(document, id);
    await schema.upload(anna, 'p.txt', 'After', { read: false });
    assert.deepEqual(await schema.query('index_finish', [id], lease, [true]), [['f']]);
    assert.equal(await schema.sql(
      `select status from documents where id = '${id}'`), 'queued');
  });

  test('a document that ended its reader three times is given up with a reason',
    async () => {
      const { id } = await schema.upload(anna, 'x.txt', 'Poison', { read: false });

      await schema.sql(`delete from index_jobs where document <> '${id}'`);
      for (let attempt = 1; attempt <= 3; attempt++) {
        assert.equal((await claim())[0], id);
        await schema.sql(`update index_jobs set due_at = now()`);
      }
      assert.deepEqual(await claim(), [null, null, null]);
      const [[status, error]] = await schema.rows(
        `select status, error from documents where id = '${id}'`);
      assert.equal(status, 'failed');
      assert.match(error, /three times/);
      assert.equal((await schema.upload(anna, 'x.txt', 'Poison')).outcome, 'same');
      assert.equal(await schema.sql(
        `select status from documents where id = '${id}'`), 'queued');
    });

  test('a deleted document is forgotten now and purged a day later', async () => {
    const { id } = await schema.upload(anna, 'd.txt', 'Doomed words');

    await schema.sql(`delete from index_jobs`);
    assert.deepEqual(await schema.query('document_delete', id, anna, false),
      [['t']]);
    const [document, lease] = await claim();
    assert.equal(document, id);
    await schema.query('index_clean', id, lease);
    assert.equal(await schema.sql(
      `select count(*) from chunks where document = '${id}'`), '0');
    const [, , wait] = await claim();
    assert.ok(Number(wait) > 86000000, `wait ${wait}`);

    await schema.sql(`update documents set deleted_at = now() - interval '2 days'
      where id = '${id}'; update index_jobs set due_at = now()`);
    await schema.query('index_clean', id, (await claim())[1]);
    assert.equal(await schema.sql(
      `select count(*) from documents where id = '${id}'`), '0');
    assert.deepEqual(await claim(), [null, null, null]);
  });
});

describe('what was put off while the clock was ahead', () => {
  let schema, id;
  const query = async (...args) => (await schema.query(...args))[0];
  const putOff = (table, time) => schema.sql(
    `update ${table} set lease = null, due_at = now() + interval '${time}'`);

  before(async () => {
    schema = await Schema.create();
    ({ id } = await schema.upload(await schema.user('anna@example.com'), 'a.txt', 'Text',
      { read: false }));
  });

  test('a document to be read is taken at once, but a retry waits', async () => {
    await putOff('index_jobs', '30 s');
    assert.equal((await query('index_claim', 1, 1000))[0], null);
    await putOff('index_jobs', '1 day');
    assert.equal((await query('index_claim', 1, 1000))[0], id);
  });

  test('a document to be embedded is taken at once, but a retry waits', async () => {
    const model = Number(await schema.sql(`insert into vector_models (name, prefix, asked)
      values ('double', '', 0) returning id`));

    await schema.sql(`insert into vector_jobs (model, document) values (${model}, '${id}')`);
    await putOff('vector_jobs', '5 min');
    assert.equal((await query('vector_claim', model, 1))[0], null);
    await putOff('vector_jobs', '1 day');
    assert.notEqual((await query('vector_claim', model, 1))[0], null);
  });

  test('a mail is taken at once, but a retry waits', async () => {
    await schema.sql(`insert into outbox (id, recipient, sealed, due_at)
      values ('m', 'anna@example.com', '', now() + interval '2 hours')`);
    assert.equal((await query('outbox_claim'))[1], null);
    await schema.sql(`update outbox set due_at = now() + interval '1 day'`);
    assert.equal((await query('outbox_claim'))[1], 'm');
  });
});
