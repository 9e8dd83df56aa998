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
  if (Array.isArray(value)) return `array[${value.map(literal)}]${typeof value[0] === 'number' ? '' : '::text[]'}`;
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

  /** Reads a waiting document; `cut` is the bytes at which chunks begin. */
  async read(id, cuts = [0]) {
    await this.sql(`do $$
      declare
        its_lease uuid := gen_random_uuid();
        its_scope integer;
        cuts integer[] := ${literal(cuts)};
        size integer;
      begin
        update index_jobs set lease = its_lease where document = '${id}';
        its_scope := index_begin('${id}', null);
        select octet_length(bytes) into size from texts where document = '${id}';
        perform index_add('${id}', its_scope, 0, cuts, cuts[2:] || size,
          array_fill(''::text, array[cardinality(cuts)]),
          array_fill(10, array[cardinality(cuts)]));
        if not index_finish('${id}', its_lease, true) then
          raise exception 'the claim was lost';
        end if;
      end $$`);
  }

  /** What a search returns: {document, score, coverage, text}. */
  async search(user, question, { documents = null, limit = 10 } = {}) {
    const rows = await this.query('search_lexical', user, question, documents,
      limit);

    return rows.map((row) => ({ document: row[0], title: row[2], text: row[7],
      score: Number(row[8]), coverage: Number(row[9]), best: Number(row[10]),
      missing: Number(row[11]) }));
  }
}
