// GET /metrics: the text holds to Prometheus' format, the counters are those
// of all workers, and nobody reads them from afar.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { after, before, describe, test } from 'node:test';

import { startLectern } from '../lib/lectern.mjs';
import { processTree } from '../lib/process.mjs';
import { until } from '../lib/wait.mjs';
import { exchange } from '../lib/wire.mjs';

const password = 'correct horse 1';
const token = 'a-token-for-whoever-collects';

let lectern;

before(async () => {
  lectern = await startLectern({ env: { HOUSEKEEPING_SECONDS: '1' } });
});
after(() => lectern.stop());

const get = (where, options) => exchange(where.url, 'GET', '/metrics', options);
const figures = async (where = lectern) => parse((await get(where)).text);

const label = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\["\\\\n])*"';
const sample = new RegExp(`^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\\{(${label}(?:,${label})*)\\})? `
  + '([0-9]+(?:\\.[0-9]+)?)$');

/**
 * The exposition format, strictly: every family has one HELP and one TYPE line
 * ahead of its samples, which are together; no series comes twice. A map from
 * `name{labels}` to the number, with `families`.
 */
function parse(text) {
  const series = new Map();
  const families = new Map();
  let family;

  assert.ok(text.endsWith('\n'), 'the last line ends');
  for (const line of text.slice(0, -1).split('\n')) {
    const help = /^# HELP ([a-z_]+) (\S.*)$/.exec(line);
    const type = /^# TYPE ([a-z_]+) (counter|gauge|histogram)$/.exec(line);

    if (help) {
      [, family] = help;
      assert.ok(!families.has(family), `${family} comes twice`);
      families.set(family, undefined);
    } else if (type) {
      assert.equal(type[1], family, line);
      assert.equal(families.get(family), undefined, line);
      families.set(family, type[2]);
      assert.equal(family.endsWith('_total'), type[2] === 'counter'
        && family.endsWith('_total'), line);
    } else {
      const found = sample.exec(line);
      assert.ok(found, `not a sample: ${line}`);
      const [, name, labels, value] = found;
      const suffixes = families.get(family) === 'histogram'
        ? ['_bucket', '_sum', '_count'] : [''];
      assert.ok(suffixes.some((suffix) => name === family + suffix), line);
      const key = labels === undefined ? name : `${name}{${labels}}`;
      assert.ok(!series.has(key), `${key} comes twice`);
      series.set(key, Number(value));
    }
  }
  series.families = families;
  return series;
}

/** n requests, on connections of their own, so that both workers get some. */
const health = (n) => Promise.all(Array.from({ length: n }, () =>
  exchange(lectern.url, 'GET', '/health')));

const healthy = 'lectern_requests_total{route="GET /health",class="2xx"}';

test('the text is in the format of Prometheus', async () => {
  const reply = await get(lectern);
  assert.equal(reply.status, 200);
  assert.equal(reply.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
  assert.equal(reply.headers['cache-control'], 'no-store');

  const { families } = parse(reply.text);
  for (const name of ['connections', 'streams', 'jobs_waiting', 'jobs_refused_total',
    'database_connections', 'database_waiting', 'database_errors_total', 'mails_total',
    'mails_waiting', 'housekeeping_rows_removed_total', 'housekeeping_runs_total',
    'housekeeping_last_run_timestamp_seconds', 'housekeeping_seconds_total',
    'sign_ins_total', 'process_resident_memory_bytes', 'worker_restarts_total',
    'requests_total', 'request_duration_seconds', 'build_info']) {
    assert.ok(families.get(`lectern_${name}`), name);
  }
});

test('the counters are those of both workers, whichever is asked', async () => {
  const before = (await figures()).get(healthy) ?? 0;
  await health(60);
  const seen = new Set();

  // A request counts when it has been freed, just after its answer.
  await until(async () => {
    const now = (await figures()).get(healthy);
    assert.ok(now <= before + 60, `${now} of ${before + 60}`);
    return now === before + 60;
  }, 'all requests counted');
  for (let n = 0; n < 20; n++) seen.add((await figures()).get(healthy));
  assert.deepEqual([...seen], [before + 60]);
});

test('the histogram adds up', async () => {
  const series = await figures();
  const name = 'lectern_request_duration_seconds';

  for (const kind of ['whole', 'stream']) {
    const buckets = [...series].filter(([key]) =>
      key.startsWith(`${name}_bucket{kind="${kind}",`));
    const bounds = buckets.map(([key]) =>
      Number(/le="(.*)"/.exec(key)[1].replace('+Inf', 'Infinity')));
    const counts = buckets.map(([, value]) => value);

    assert.equal(bounds.at(-1), Infinity);
    assert.deepEqual(bounds, [...bounds].sort((a, b) => a - b));
    assert.deepEqual(counts, [...counts].sort((a, b) => a - b));
    assert.equal(counts.at(-1), series.get(`${name}_count{kind="${kind}"}`));
  }
  const total = [...series].filter(([key]) => key.startsWith('lectern_requests_total'))
    .reduce((sum, [, value]) => sum + value, 0);
  assert.equal(total, series.get(`${name}_count{kind="whole"}`)
    + series.get(`${name}_count{kind="stream"}`));
});

test('sign-ins, mails, sweeps, the pool and memory are told', async () => {
  const json = { name: 'Ann', email: 'ann@example.com', password };
  assert.equal((await exchange(lectern.url, 'POST', '/api/auth/sign-up/email',
    { json })).status, 200);
  for (const [given, status] of [[password, 200], ['wrong horse 2', 401],
    ['wrong horse 3', 401]]) {
    assert.equal((await exchange(lectern.url, 'POST', '/api/auth/sign-in/email',
      { json: { email: json.email, password: given } })).status, status);
  }
  await lectern.postgres.psql(lectern.database, `insert into limits
    select 'k' || n, now() - interval '1 s' from generate_series(1, 7) n`);
  const cookieless = () => exchange(lectern.url, 'GET', '/api/auth/get-session',
    { headers: { authorization: 'Bearer 00000000000000000000000000000000' } });
  const series = await until(async () => {
    await cookieless();
    const now = await figures();
    return now.get('lectern_housekeeping_rows_removed_total{kind="limits"}') >= 7
      && now.get('lectern_mails_total{outcome="sent"}') >= 1 && now;
  }, 'a sweep and a mail', { everyMs: 200 });

  assert.equal(series.get('lectern_sign_ins_total{outcome="ok"}'), 1);
  assert.equal(series.get('lectern_sign_ins_total{outcome="failed"}'), 2);
  assert.ok(series.get('lectern_housekeeping_runs_total') >= 1);
  assert.ok(Math.abs(series.get('lectern_housekeeping_last_run_timestamp_seconds')
    - Date.now() / 1000) < 60);
  assert.ok(series.get('lectern_database_connections') >= 1);
  assert.ok(series.get('lectern_jobs_total{class="short"}') >= 4);
  assert.ok(series.get('lectern_jobs_total{class="long"}') >= 2);
  for (const name of ['parent', 'worker 1', 'worker 2']) {
    const bytes = series.get(`lectern_process_resident_memory_bytes{process="${name}"}`);
    assert.ok(bytes > 1e6 && bytes < 1e9, `${name}: ${bytes}`);
  }
  assert.ok([...series.keys()].some((key) =>
    /^lectern_build_info\{version="[0-9.]+",schema="[0-9]+"\}$/.test(key)));
});

test('refused and unknown requests count as well', async () => {
  const missing = 'class="4xx"';
  await exchange(lectern.url, 'GET', '/nothing-here');
  await exchange(lectern.url, 'GET', '/%00', { headers: { 'transfer-encoding': 'x' } })
    .catch(() => {});
  await until(async () => [...await figures()].some(([key, value]) =>
    key.startsWith('lectern_requests_total{route="edge"') && value > 0),
  'the refusal of the edge');
  assert.ok([...(await figures()).keys()].some((key) => key.includes(missing)));
});

test('gauges fall again: connections that have gone are not counted', async () => {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 40 });
  await Promise.all(Array.from({ length: 40 }, () =>
    exchange(lectern.url, 'GET', '/health', { agent })));
  const open = () => figures().then((series) => series.get('lectern_connections'));
  await until(async () => await open() >= 30, 'connections to be told');
  agent.destroy();
  await until(async () => await open() < 10, 'connections to be gone');
});

test('a lost worker takes nothing away and is told', async () => {
  const own = await startLectern();
  const [, ...workers] = processTree(own.pid).filter((pid) =>
    !readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('extractor'));
  await Promise.all(Array.from({ length: 30 }, () => exchange(own.url, 'GET', '/health')));
  const count = async () => {
    const series = await figures(own);
    return [series.get('lectern_worker_restarts_total'), series.get(healthy)];
  };
  await until(async () => (await count())[1] >= 30, 'all requests counted');
  const [, before] = await count();

  process.kill(workers[0], 'SIGKILL');
  await until(async () => {
    try {
      const [restarts, now] = await count();
      assert.ok(now >= before, `${now} of ${before}`);
      return restarts === 1;
    } catch (error) {
      if (error.code === 'ECONNRESET' || error.code === 'ECONNREFUSED') return false;
      throw error;
    }
  }, 'the restart to be told', { seconds: 30 });
  await own.stop();
});

describe('who may ask', () => {
  for (const [name, value] of [['x-forwarded-for', '203.0.113.9'],
    ['x-forwarded-for', '127.0.0.1'], ['x-forwarded-proto', 'https'],
    ['forwarded', 'for=127.0.0.1'], ['x-real-ip', '127.0.0.1'], ['via', '1.1 proxy']]) {
    test(`without METRICS_TOKEN: nobody behind a proxy (${name}: ${value})`, async () => {
      const reply = await get(lectern, { headers: { [name]: value } });
      assert.equal(reply.status, 404);
      assert.equal(reply.json.code, 'NOT_FOUND');
      assert.ok(!reply.text.includes('lectern_'));
    });
  }

  test('with it: the bearer of the token, and still this machine', async (t) => {
    const guarded = await startLectern({ env: { METRICS_TOKEN: token, TRUSTED_HOPS: '1' } });
    t.after(() => guarded.stop());
    const afar = (authorization) => get(guarded, { headers: {
      'x-forwarded-for': '127.0.0.1', ...authorization && { authorization } } });

    assert.equal((await get(guarded)).status, 200);
    assert.equal((await afar(`Bearer ${token}`)).status, 200);
    assert.equal((await afar(`bearer ${token}`)).status, 200);
    for (const wrong of [undefined, 'Bearer', 'Bearer x', `Bearer ${token}x`,
      `Bearer ${token.slice(0, -1)}`, `Basic ${token}`, token]) {
      const reply = await afar(wrong);
      assert.equal(reply.status, 401, wrong);
      assert.equal(reply.headers['www-authenticate'], 'Bearer');
    }
  });

  test('nothing but GET and HEAD', async () => {
    assert.equal((await exchange(lectern.url, 'POST', '/metrics')).status, 405);
    assert.equal((await exchange(lectern.url, 'HEAD', '/metrics')).status, 200);
  });
});
