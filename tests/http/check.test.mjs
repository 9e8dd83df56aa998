import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { startEmbeddings } from '../doubles/embeddings.mjs';
import { startModel } from '../doubles/model.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { startPostgres } from '../lib/postgres.mjs';
import { freePort } from '../lib/process.mjs';

describe('lectern check', () => {
  let lectern, embeddings, model, postgres;

  before(async () => {
    postgres = await startPostgres();
    embeddings = await startEmbeddings({ apiKey: 'the-key' });
    model = await startModel();
    lectern = await startLectern({ postgres });
  });

  after(async () => {
    await lectern.stop();
    await embeddings.stop();
    await model.stop();
  });

  /** {code, of: {name: [verdict, reason]}} of `lectern check` in that environment. */
  async function check(env = {}, args = ['check']) {
    const kept = lectern.env;

    lectern.env = Object.fromEntries(Object.entries({ ...kept, ...env })
      .filter(([, value]) => value !== undefined));
    const { code, stdout, stderr } = await lectern.run(...args);
    lectern.env = kept;
    assert.equal(stderr, '');
    const lines = stdout.trimEnd().split('\n').map((line) =>
      /^(\S+) +(ok|off|FAILED)(?:: (.*))?$/.exec(line));
    assert.ok(lines.every(Boolean), stdout);
    return { code, stdout, of: Object.fromEntries(lines.map(([, name, verdict, why]) =>
      [name, [verdict, why ?? '']])) };
  }

  test('a line each, and success, where what is configured answers', async () => {
    const { code, of } = await check();

    assert.equal(code, 0, JSON.stringify(of));
    assert.deepEqual(Object.keys(of), ['configuration', 'database', 'migrations',
      'pgvector', 'mail', 'model', 'embeddings', 'rerank']);
    assert.equal(of.database[0], 'ok');
    assert.match(of.migrations[1], /schema version \d+/);
    for (const name of ['model', 'embeddings', 'rerank']) assert.equal(of[name][0], 'off');
  });

  test('end points that answer are ok', async () => {
    const database = await postgres.createDatabase();
    await postgres.psql(database, 'create extension vector');
    const env = { DATABASE_URL: postgres.url(database), LLM_URL: model.url,
      LLM_MODEL: 'm', EMBED_URL: embeddings.openai, EMBED_MODEL: 'm',
      EMBED_API_KEY: 'the-key', RERANK_URL: embeddings.rerank,
      RERANK_MODEL: 'm', RERANK_API_KEY: 'the-key' };
    const before = await check(env);
    assert.deepEqual(before.of.migrations, ['FAILED', 'none yet; run lectern migrate']);
    assert.equal(before.code, 1);
    lectern.env = { ...lectern.env, DATABASE_URL: env.DATABASE_URL };
    await lectern.migrate();
    const { code, of } = await check(env);

    assert.equal(code, 0, JSON.stringify(of));
    assert.deepEqual([of.pgvector[0], of.model[0], of.embeddings, of.rerank[0]],
      ['ok', 'ok', ['ok', '512 dimensions'], 'ok']);
  });

  test('what does not answer fails with its reason, and no secret', async () => {
    const nobody = `http://127.0.0.1:${await freePort()}`;
    const { code, of, stdout } = await check({
      DATABASE_URL: `postgresql://someone:a-password@/none?host=${lectern.folder}`,
      LLM_URL: nobody, LLM_MODEL: 'm', LLM_API_KEY: 'a-model-key',
      EMBED_URL: embeddings.tei, EMBED_API_KEY: 'a-wrong-key',
      RERANK_URL: `${nobody}/rerank`, MAIL_URL: 'dir:/nowhere' });

    assert.equal(code, 1);
    for (const name of ['database', 'migrations', 'pgvector', 'mail', 'model',
      'embeddings', 'rerank']) {
      assert.equal(of[name][0], 'FAILED', name);
      assert.notEqual(of[name][1], '', name);
    }
    assert.match(of.embeddings[1], /401/);
    assert.doesNotMatch(stdout, /a-password|a-model-key|a-wrong-key/);
  });

  test('a wrong dimension fails', async () => {
    const { of } = await check({ EMBED_URL: embeddings.tei, EMBED_API_KEY: 'the-key',
      EMBED_DIMENSIONS: '100' });

    assert.deepEqual(of.embeddings, ['FAILED', '512 dimensions']);
  });

  test('a bad environment is one line that names the variable', async () => {
    for (const [env, pattern] of [
      [{ SECRET_KEY: 'short' }, /SECRET_KEY/],
      [{ EMBED_URL: 'ftp://host' }, /EMBED_MODEL/],
      [{ EMBED_URL: 'ftp://host', EMBED_MODEL: 'm' }, /EMBED_URL must be/],
      [{ EMBED_URL: 'http://host/api/embeddings', EMBED_MODEL: 'm' }, /\/api\/embed/],
      [{ EMBED_URL: 'http://host/v1', EMBED_MODEL: 'm', EMBED_FORMAT: 'x' }, /EMBED_FORMAT/],
      [{ EMBED_DIMENSIONS: '0' }, /EMBED_DIMENSIONS/],
      [{ RERANK_URL: 'http://host/v1/rerank' }, /RERANK_MODEL/],
      [{ RETRIEVAL_WEIGHT: '101' }, /RETRIEVAL_WEIGHT/],
    ]) {
      const { code, of } = await check(env);

      assert.equal(code, 1);
      assert.deepEqual(Object.keys(of), ['configuration'], JSON.stringify(env));
      assert.match(of.configuration[1], pattern);
    }
  });
});
