import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { before, describe, test } from 'node:test';

import { root } from '../lib/process.mjs';
import { Schema, queryNames, queryText } from './schema.mjs';

describe('the statements', () => {
  let schema;

  before(async () => { schema = await Schema.create(); });

  for (const name of queryNames) {
    test(`${name}.sql can be prepared against a migrated database`, async () => {
      await schema.sql(`prepare q as ${queryText(name)}`);
    });

    test(`${name}.sql says its parameters in its first lines`, async () => {
      const comment = queryText(name).match(/^(--[^\n]*\n)+/)?.[0] ?? '';
      const used = [...new Set(queryText(name).slice(comment.length)
        .match(/\$\d+/g) ?? [])];

      assert.notEqual(comment, '', 'no comment at the start');
      for (const parameter of used) {
        assert.ok(comment.includes(parameter), `${parameter} is not explained`);
      }
    });
  }

  test('every statement of statement.h has a file, and every file is one', () => {
    const header = readFileSync(path.join(root, 'src/statement.h'), 'utf8');
    const listed = [...header.matchAll(/X\((\w+), (\w+)\)/g)];

    for (const [, name, file] of listed) assert.equal(file, name.toLowerCase());
    assert.deepEqual(listed.map(([, , file]) => file).sort(), queryNames);
  });

  test('every table and function that a person may meet is explained', async () => {
    assert.equal(await schema.sql(`select string_agg(relname, ' ') from pg_class
      where relnamespace = 'public'::regnamespace and relkind in ('r', 'v')
      and relname <> 'schema_migrations'
      and obj_description(oid, 'pg_class') is null`), '');
  });

  test('every constraint has a name that somebody chose', async () => {
    assert.equal(await schema.sql(`select string_agg(conname, ' ')
      from pg_constraint where connamespace = 'public'::regnamespace
      and conname ~ '(_check|_not_null|_key[0-9]+|_fkey[0-9]+)[0-9]*$'`), '');
  });
});
