// What `make eval` prints: how good the search is on a collection of questions
// with known answers, from outside: documents by `lectern ingest`, questions by
// POST /api/search.
//
//   COLLECTION="DIR DIR ..."  folders in BEIR's layout: corpus.jsonl,
//                   queries.jsonl, and qrels/test.tsv (or another of
//                   qrels/*.tsv, or qrels.tsv); without it a small collection
//                   of our own, tests/fixtures/collection
//   EMBED_URL ...   the embedding end point and its settings; without it the
//                   weak model that the tests use (tests/doubles)
//   WEIGHTS="20 30" shares of the vectors to try, besides the default
//   WAYS="lexical"  of lexical, vector, fused: only these
//
// nDCG and MRR are cut at 10; recall at 10 and 100, which two searches give.
// Latency is that of the first one, with 50 results. Several passages of a
// document count once, where the first of them stands. Everything is started here and left behind nothing.

import { copyFileSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { Client, signedUp } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { startPrivatePostgres } from '../lib/postgres.mjs';
import { giveToOwner, temporaryFolder } from '../lib/process.mjs';
import { until } from '../lib/wait.mjs';

const own = fileURLToPath(new URL('../fixtures/collection', import.meta.url));
const collections = (process.env.COLLECTION ?? own).split(' ').filter(Boolean);
const ways = (process.env.WAYS ?? 'lexical vector fused').split(' ').filter(Boolean);
const weights = (process.env.WEIGHTS ?? '').split(' ').filter(Boolean);
const most = 50;	// results of one search

const lines = (file) => readFileSync(file, 'utf8').split('\n').filter(Boolean);

function readCollection(folder) {
  const qrels = path.join(folder, 'qrels');
  const files = existsSync(qrels) ? readdirSync(qrels).filter((f) => f.endsWith('.tsv'))
    .map((f) => path.join(qrels, f)) : [];
  const file = files.find((f) => f.endsWith('/test.tsv')) ?? files[0] ??
    path.join(folder, 'qrels.tsv');
  const relevant = new Map();

  for (const line of lines(file)) {
    const [query, document, grade] = line.split('\t');

    if (!(Number(grade) > 0)) continue;		// the head line, and "not relevant"
    if (!relevant.has(query)) relevant.set(query, new Map());
    relevant.get(query).set(document, Number(grade));
  }
  const queries = lines(path.join(folder, 'queries.jsonl')).map((line) => JSON.parse(line))
    .filter(({ _id }) => relevant.has(_id));
  return { name: path.basename(folder), folder, queries, relevant };
}

/** Of one question: the ids found, in order, against {id: grade}. */
function judge(found, relevant) {
  const discount = (rank) => 1 / Math.log2(rank + 2);
  const gain = (grades) => grades.slice(0, 10)
    .reduce((sum, grade, rank) => sum + (2 ** grade - 1) * discount(rank), 0);
  const ideal = gain([...relevant.values()].sort((a, b) => b - a));
  const first = found.slice(0, 10).findIndex((id) => relevant.has(id));
  const recall = (count) => found.slice(0, count)
    .filter((id) => relevant.has(id)).length / relevant.size;

  return { ndcg: gain(found.map((id) => relevant.get(id) ?? 0)) / ideal,
    mrr: first < 0 ? 0 : 1 / (first + 1), recall10: recall(10), recall100: recall(2 * most),
    empty: found.length === 0 ? 1 : 0 };
}

async function ask(client, { queries, relevant }) {
  const sums = {};
  const times = [];

  for (const { _id, text } of queries) {
    const began = performance.now();
    const reply = await client.post('/api/search', { query: text, limit: most });

    times.push(performance.now() - began);
    const more = await client.post('/api/search', { query: text, limit: most,
      offset: reply.json?.results.length ?? 0 });
    for (const { status, text: said } of [reply, more]) {
      if (status !== 200) throw new Error(`search: ${status} ${said}`);
    }
    const found = [...new Set([...reply.json.results, ...more.json.results]
      .map((result) => result.externalId))];
    for (const [name, value] of Object.entries(judge(found, relevant.get(_id)))) {
      sums[name] = (sums[name] ?? 0) + value;
    }
  }
  times.sort((a, b) => a - b);
  const mean = (name) => sums[name] / queries.length;
  return { ndcg: mean('ndcg'), recall10: mean('recall10'), recall100: mean('recall100'),
    mrr: mean('mrr'), empty: sums.empty, p50: times[Math.floor(times.length * 0.5)],
    p99: times[Math.floor(times.length * 0.99)] };
}

function print(name, r) {
  const share = (value) => value.toFixed(3).padStart(8);

  console.log(`${name.padEnd(14)}${share(r.ndcg)}${share(r.recall10)}${share(r.recall100)}` +
    `${share(r.mrr)}${String(r.empty).padStart(7)}` +
    `${r.p50.toFixed(1).padStart(9)}${r.p99.toFixed(1).padStart(9)}`);
}

async function evaluate(collection, postgres, embed) {
  const database = await postgres.createDatabase();
  const sql = (query) => postgres.psql(database, query);
  const isByMeaning = ways.some((way) => way !== 'lexical');
  const start = (env) => startLectern({ postgres, database,
    env: { ...isByMeaning && embed, ...env } });
  const corpus = path.join(temporaryFolder(), 'corpus.jsonl');
  let client, lectern;

  if (isByMeaning) await sql('create extension vector');
  // A copy, since the folder may be closed to the program's user.
  copyFileSync(path.join(collection.folder, 'corpus.jsonl'), corpus);
  giveToOwner(corpus);
  lectern = await start({});
  const person = await signedUp(lectern.url);
  const began = performance.now();
  const { stderr } = await lectern.run('ingest', '--shared', corpus);
  // Collections have documents without text, which are left out.
  if (!/ 0 failed/.test(stderr)) throw new Error(`lectern ingest: ${stderr}`);
  const seconds = (performance.now() - began) / 1000;
  const [documents, chunks] = (await sql(`select count(distinct document), count(*)
    from chunks`)).split('\t');

  console.log(`\n${collection.name}: ${documents} documents, ${chunks} passages in ` +
    `${seconds.toFixed(1)} s; ${collection.queries.length} questions`);
  if (isByMeaning) {
    await until(async () => await sql(`select not exists (select from vector_jobs)
      and exists (select from vector_models where is_complete)`) === 't',
    'all vectors', { seconds: 86400, everyMs: 500 });
    console.log(`vectors after ${((performance.now() - began) / 1000).toFixed(0)} s`);
  }
  console.log(`${''.padEnd(14)} nDCG@10    R@10    R@100  MRR@10  empty   p50 ms   p99 ms`);

  const runs = [['lexical', '0'], ['vector', '100'], ['fused', undefined]]
    .filter(([way]) => ways.includes(way))
    .concat(weights.map((weight) => [`weight ${weight}`, weight]));
  for (const [name, weight] of runs) {
    await lectern.stop();
    lectern = await start({ RETRIEVAL_WEIGHT: weight });
    client = new Client(lectern.url);
    await client.post('/api/auth/sign-in/email',
      { email: person.email, password: person.password });
    await warm(client, collection.queries[0].text, weight !== '0');
    print(name, await ask(client, collection));
  }
  await lectern.stop();
}

/** Until every worker answers as it will from now on. */
async function warm(client, query, isByMeaning) {
  let inRow = 0;

  await until(async () => {
    const { results } = (await client.post('/api/search', { query, limit: most })).json;

    inRow = results.some(({ scores }) => scores.vector !== null) === isByMeaning
      ? inRow + 1 : 0;
    return inRow >= 8;
  }, 'the search to be warm', { seconds: 60 });
}

/** The end point of the environment, or the double. */
async function endPoint() {
  if (process.env.EMBED_URL) {
    return Object.fromEntries(Object.entries(process.env)
      .filter(([name]) => name.startsWith('EMBED_')));
  }
  const { startEmbeddings } = await import('../doubles/embeddings.mjs');
  const double = await startEmbeddings();

  console.log('Vectors by a weak model of the tests (EMBED_URL names a better one).');
  return { EMBED_URL: double.tei };
}

const embed = ways.some((way) => way !== 'lexical') ? await endPoint() : {};
const postgres = await startPrivatePostgres();

try {
  for (const folder of collections) {
    await evaluate(readCollection(folder), postgres, embed);
  }
} finally {
  await postgres.stop();
}
process.exit(0);
