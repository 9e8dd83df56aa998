// The search section of `make bench`: POST /api/search by words, warm, four at
// a time, with questions of 8 to 20 words, as one scope grows; beside it, on
// the same texts in the same Postgres and in turns, the textbook's way: a GIN
// index of tsvectors, any word, ts_rank_cd.
//
//   const tables = await searching(postgres);
//
// SIZES="1000 10000 100000" are the steps, in chunks (a passage of the
// collection is one); SEARCH_QUESTIONS how many are asked at each. The blocks
// of postings that a question reads are counted by Postgres. An owner of
// 1,000 chunks is asked at the end, in the same database.

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { signedUp } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { giveToOwner, runAsOwner, temporaryFolder } from '../lib/process.mjs';
import { Corpus } from './corpus.mjs';
import { quantile } from './measure.mjs';

const sizes = (process.env.SIZES ?? '1000 10000 100000').split(/\s+/).map(Number)
  .sort((a, b) => a - b);
const questionCount = Number(process.env.SEARCH_QUESTIONS ?? 200);
const atOnce = 4;
// The textbook takes seconds for a question of a large collection.
const peerQuestions = Math.min(questionCount, 40);
const ascending = (times) => times.sort((a, b) => a - b);

async function ingest(lectern, email, corpus, from, to) {
  const file = path.join(temporaryFolder(), 'corpus.jsonl');

  for (let at = from; at < to; at += 1000) {
    const lines = Array.from({ length: Math.min(1000, to - at) },
      (_, n) => JSON.stringify(corpus.passage(at + n)));
    writeFileSync(file, `${lines.join('\n')}\n`, { flag: 'a' });
  }
  giveToOwner(file);
  const began = performance.now();
  const { code, stderr } = await lectern.run('ingest', '--user', email, file);
  if (code !== 0) throw new Error(`ingest: ${stderr}`);
  return (to - from) / (performance.now() - began) * 1000;
}

/** All questions, `atOnce` at a time: sorted times in milliseconds. */
async function asked(client, questions) {
  const times = [];
  let next = 0;

  await Promise.all(Array.from({ length: atOnce }, async () => {
    while (next < questions.length) {
      const query = questions[next++];
      const began = performance.now();
      const reply = await client.post('/api/search', { query });

      if (reply.status !== 200) throw new Error(`search: ${reply.text}`);
      times.push(performance.now() - began);
    }
  }));
  return ascending(times);
}

/** The same by ts_rank_cd, in as many sessions of psql. */
async function ranked(postgres, database, questions) {
  const times = [];
  const sessions = Array.from({ length: atOnce }, (_, n) =>
    questions.filter((_, i) => i % atOnce === n));

  await Promise.all(sessions.map(async (mine) => {
    const input = ['\\timing on', ...mine.map((question) => {
      const words = question.replace(/[^a-z ]/g, '').trim().split(/\s+/).join('|');
      return `select id from bench_texts, to_tsquery('english', '${words}') q
        where words @@ q order by ts_rank_cd(words, q) desc limit 10;`;
    })].join('\n');
    const { code, stdout, stderr } = await runAsOwner(
      '/usr/lib/postgresql/15/bin/psql', ['-XAtq', '-h', postgres.socket,
        '-U', 'postgres', '-d', database], { cwd: '/', input,
        env: { PATH: process.env.PATH } });

    if (code !== 0) throw new Error(`psql: ${stderr}`);
    for (const [, ms] of stdout.matchAll(/^Time: ([\d.]+) ms/gm)) times.push(Number(ms));
  }));
  return ascending(times);
}

/** Blocks that the sessions have fetched so far, when all have told. */
async function blocksRead(sql) {
  let before, now;

  do {
    before = now;
    await pause(1500);
    now = await sql(`select idx_tup_fetch from pg_stat_user_tables
      where relname = 'index_blocks'`);
  } while (now !== before);
  return Number(now);
}

export async function searching(postgres) {
  const lectern = await startLectern({ postgres });
  const sql = (text) => postgres.psql(lectern.database, text);
  const [big, small] = [await signedUp(lectern.url), await signedUp(lectern.url)];
  const corpus = new Corpus(sizes.at(-1));
  const table = [['chunks', 'ingest, chunks/s', 'p50 ms', 'p99 ms',
    'blocks a question', 'of all', 'ts_rank_cd p50', 'p99', 'p50 ratio']];
  const row = (name, rate, ours, ...rest) => table.push([name, rate,
    quantile(ours, 0.5).toFixed(1), quantile(ours, 0.99).toFixed(1), ...rest]);
  let loaded = 0;

  await ingest(lectern, small.email, new Corpus(1000, 2), 0, 1000);
  await sql(`create table bench_texts (id integer, words tsvector);
    create index on bench_texts using gin (words)`);
  for (const size of sizes) {
    console.log(`search, ${size} chunks`);
    const rate = await ingest(lectern, big.email, corpus, loaded, size);
    await sql(`insert into bench_texts select c.id, to_tsvector('english',
        convert_from(substring(x.bytes from c.start_byte + 1
          for c.end_byte - c.start_byte), 'UTF8'))
      from chunks c join documents d on d.id = c.document
        join texts x on x.document = d.id
      where d.owner = (select id from users where email = '${big.email}')
        and c.id > coalesce((select max(id) from bench_texts), 0)`);
    await sql('vacuum analyze bench_texts');
    loaded = size;
    corpus.size = size;	// questions from what is there
    const questions = Array.from({ length: questionCount }, (_, n) =>
      corpus.question(n));
    await asked(big, questions);
    await ranked(postgres, lectern.database, questions.slice(0, 8));
    const before = await blocksRead(sql);
    const ours = await asked(big, questions);
    const blocks = (await blocksRead(sql) - before) / questions.length;
    const theirs = await ranked(postgres, lectern.database,
      questions.slice(0, peerQuestions));
    row(String(size), rate.toFixed(0), ours, blocks.toFixed(0),
      await sql('select count(*) from index_blocks'),
      quantile(theirs, 0.5).toFixed(1), quantile(theirs, 0.99).toFixed(1),
      (quantile(theirs, 0.5) / quantile(ours, 0.5)).toFixed(1));
  }
  const its = new Corpus(1000, 2);
  const questions = Array.from({ length: questionCount }, (_, n) => its.question(n));
  await asked(small, questions);
  row('1000 of an owner beside them', '', await asked(small, questions), '', '',
    '', '', '');
  const restarts = lectern.restarts();
  await lectern.stop();
  return [table, [['', 'target'],
    ['at 100,000 chunks', 'p50 < 30 ms, p99 < 120 ms'],
    ['an owner of 1,000', 'p50 < 10 ms'],
    ['workers lost', `0 (here ${restarts})`]]];
}
