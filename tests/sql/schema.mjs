// A migrated database without the program, and its statements as the program
// sends them: read from sql/, prepared and executed by psql.

import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

import { startPostgres } from '../lib/postgres.mjs';
import { root } from '../lib/process.mjs';

const folder = (name) => path.join(root, 'sql', name);

export const queryNames = readdirSync(folder('queries'))
  .map((file) => path.basename(file, '.sql')).sort();
export const queryText = (name) =>
  readFileSync(path.join(folder('queries'), `${name}.sql`), 'utf8');
const migrations = readdirSync(folder('migrations')).sort()
  .map((file) => readFileSync(path.join(folder('migrations'), file), 'utf8'));

const NULL = '(null)';

/** A value as SQL: text, number, boolean, null, array of these. */
export function literal(value) {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return `array[${value.map(literal)}]${{ number: '', boolean: '' }[typeof value[0]] ?? '::text[]'}`;
  if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`;
  return String(value);
}

export class Schema {
  static async create() {
    const schema = new Schema();

    schema.postgres = await startPostgres();
    schema.database = await schema.postgres.createDatabase();
    await schema.sql(`${migrations.join('\n')}
      create table schema_migrations (version integer);`);
    return schema;
  }

  sql(text) {
    return this.postgres.psql(this.database, text);
  }

  /** The rows of a query as arrays of text and null. */
  async rows(text) {
    const output = await this.sql(`\\pset null ${NULL}\n${text}`);

    return output === '' ? [] : output.split('\n').map((row) =>
      row.split('\t').map((value) => (value === NULL ? null : value)));
  }

  /** One of sql/queries with its parameters; rows as arrays of text. */
  query(name, ...values) {
    return this.rows(`prepare q as ${queryText(name)};
      execute q${values.length > 0 ? `(${values.map(literal)})` : ''};`);
  }

  async user(email) {
    const [[id]] = await this.rows(`insert into users (id, email)
      values (replace(gen_random_uuid()::text, '-', ''), ${literal(email)})
      returning id`);

    return id;
  }

  /**
   * Uploads a text and, unless told otherwise, reads it as one chunk, as a
   * reader would. Resolves with {id, outcome}.
   */
  async upload(owner, filename, text, { title = filename, read = true } = {}) {
    const [[outcome, id]] = await this.rows(`select outcome, (card).id from
      document_put(${literal(owner)}, ${literal(filename)}, null,
        ${literal(title)}, 'text/plain', convert_to(${literal(text)}, 'UTF8'),
        0, 0)`);

    if (read && outcome !== 'same') await this.read(id);
    return { id, outcome };
  }

  /**
   * Reads a waiting document as the program does, but for the postings; `cuts`
   * is the bytes at which chunks begin. A term is some number of a word.
   */
  async read(id, cuts = [0]) {
    await this.sql(`do $$
      declare
        its_lease uuid := gen_random_uuid();
        its_scope integer := index_scope(owner) from documents where id = '${id}';
        its_segment bigint := nextval('segment_ids');
        cuts integer[] := ${literal(cuts)};
        its_first integer := index_reserve(cardinality(cuts));
      begin
        update index_jobs set lease = its_lease where document = '${id}';
        perform index_forget(array['${id}']);
        insert into texts (document, bytes)
          select document, bytes || ''::bytea from originals
          where document = '${id}'
          on conflict (document) do update set bytes = excluded.bytes;
        insert into chunks (id, document, scope, ordinal, start_byte, end_byte,
            heading, tokens, length, terms)
          select its_first + u.n - 1, '${id}', its_scope, u.n - 1, u.start,
            u.stop, '', 10, cardinality(w.terms), w.terms
          from unnest(cuts, cuts[2:] || (select octet_length(bytes)
              from texts where document = '${id}'))
            with ordinality u (start, stop, n),
            lateral (select coalesce(array_agg(distinct hashtextextended(word, 0)), '{}')
              as terms from texts t, regexp_split_to_table(lower(convert_from(
                substring(t.bytes from u.start + 1 for u.stop - u.start),
                'UTF8')), '\\W+') word where t.document = '${id}') w;
        insert into index_terms (segment, term, part, chunks, bytes)
          select its_segment, u.term, 0, count(*), '' from chunks c,
            unnest(c.terms) u (term) where c.document = '${id}' group by u.term;
        insert into index_segments (id, scope, chunks, tokens, languages,
            first_chunk, last_chunk)
          select its_segment, its_scope, count(*), sum(length), 2, min(id), max(id)
          from chunks where document = '${id}';
        if not index_finish(array['${id}'], its_lease, array[true]) then
          raise exception 'the claim was lost';
        end if;
      end $$`);
  }
}
