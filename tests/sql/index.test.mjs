import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';

import { Schema } from './schema.mjs';

// What the index says of itself, and the same counted from its postings.
const recount = `
  select coalesce(string_agg(fault, '; '), 'none') from (
    select 'scope ' || s.id as fault from scopes s
    where row(s.chunks, s.tokens) <> (
      select count(*), coalesce(sum(c.length), 0)::bigint from chunks c join documents d on d.id = c.document
      where d.owner is not distinct from s.owner)
    union all
    select 'term ' || t.lexeme from terms t where t.chunks <>
      (select count(*) from postings p where p.term = t.id)
    union all
    select 'stray posting' from postings p
    where not exists (select from terms t where t.id = p.term)
      or not exists (select from chunks c where c.id = p.chunk
        and p.term = any (c.terms) and c.length = p.length)
    union all
    select 'lost posting' from chunks c, unnest(c.terms) u (term)
    where not exists (select from postings p
      where p.term = u.term and p.chunk = c.id)
    union all
    select 'term of another scope' from postings p join terms t on t.id = p.term
    join scopes s on s.id = t.scope join chunks c on c.id = p.chunk
    join documents d on d.id = c.document
    where d.owner is distinct from s.owner
  ) faults`;

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
      await schema.sql(`select index_forget('${lamp.id}')`);
      await check();
      await schema.sql(`select index_forget('${lamp.id}')`);
      await check();
      await schema.sql(`delete from documents where filename = 'boat.txt'`);
      await check();
      assert.equal(await schema.sql(
        `select chunks, tokens from scopes where owner = '${anna}'`), '0\t0');
      assert.equal(await schema.sql(`select count(*) from terms
        where scope = (select id from scopes where owner = '${anna}')`), '0');
    });

  test('many chunks of one document are counted as many', async () => {
    const text = 'Owls hunt at night. Owls sleep at day. Mice fear owls.';
    const { id } = await schema.upload(berta, 'owls.txt', text, { read: false });

    await schema.read(id, [0, 20, 39]);
    assert.equal(await schema.sql(recount), 'none');
    assert.equal(await schema.sql(`select t.chunks from terms t
      join scopes s on s.id = t.scope
      where s.owner = '${berta}' and t.lexeme = 'owl'`), '3');
    const found = await schema.search(berta, 'mice');
    assert.equal(found.length, 1);
    assert.equal(found[0].text, 'Mice fear owls.');
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
    assert.equal(await schema.sql(
      `select count(*) from terms where lexeme = 'mayfli'`), '0');
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
  const claim = async () => (await schema.query('index_claim'))[0];

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
    assert.deepEqual(await schema.query('index_finish', id, lease, true), [['f']]);
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
