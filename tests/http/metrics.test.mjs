// GET /metrics: the text holds to Prometheus' format, the counters are those
// of all workers, and nobody reads them from afar.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { startLectern } from '../lib/lectern.mjs';
import { processTree, root } from '../lib/process.mjs';
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

const healthy = 'lectern_requests_total{route="GET /health",status="200"}';

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
    'requests_total', 'request_duration_seconds', 'build_info', 'errors_total', 'sessions',
    'documents_waiting', 'documents_oldest_seconds', 'mails_oldest_seconds',
    'database_wait_seconds', 'database_statement_seconds', 'job_wait_seconds',
    'job_run_seconds', 'upstream_seconds', 'upstream_requests_total', 'model_errors_total',
    'process_cpu_seconds_total', 'process_open_fds', 'process_max_fds', 'workers',
    'start_time_seconds', 'database_connections_max']) {
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

  const labels = [...series.keys()].flatMap((key) =>
    key.startsWith(`${name}_count`) ? [key.slice(name.length + '_count'.length + 1, -1)] : []);
  let sum = 0;

  assert.ok(labels.includes('route="GET /health",kind="whole"'));
  for (const each of labels) {
    const buckets = [...series].filter(([key]) => key.startsWith(`${name}_bucket{${each},`));
    const bounds = buckets.map(([key]) =>
      Number(/le="(.*)"/.exec(key)[1].replace('+Inf', 'Infinity')));
    const counts = buckets.map(([, value]) => value);

    assert.equal(bounds.at(-1), Infinity);
    assert.deepEqual(bounds, [...bounds].sort((a, b) => a - b));
    assert.deepEqual(counts, [...counts].sort((a, b) => a - b));
    assert.equal(counts.at(-1), series.get(`${name}_count{${each}}`));
    sum += counts.at(-1);
  }
  const total = [...series].filter(([key]) => key.startsWith('lectern_requests_total'))
    .reduce((sum, [, value]) => sum + value, 0);
  assert.equal(total, sum);
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

test('sessions, hashing, statements, errors and descriptors are told', async () => {
  const json = { name: 'Bea', email: 'bea@example.com', password };
  assert.equal((await exchange(lectern.url, 'POST', '/api/auth/sign-up/email',
    { json })).status, 200);
  await exchange(lectern.url, 'POST', '/api/auth/sign-up/email', { json: { ...json, email: 'x' } });
  const series = await until(async () => {
    const now = await figures();
    return now.get('lectern_sessions') >= 1 && now;
  }, 'the database to be asked', { seconds: 40, everyMs: 250 });

  assert.equal(series.get('lectern_sessions'), Number(await lectern.postgres.psql(
    lectern.database, 'select count(*) from sessions where expires_at > now()')));
  assert.ok(Math.abs(series.get('lectern_database_figures_timestamp_seconds')
    - Date.now() / 1000) < 60);
  assert.ok(series.get('lectern_job_run_seconds_count{class="short"}') >= 1);
  assert.ok(series.get('lectern_job_run_seconds_sum{class="short"}') > 0);
  assert.ok(series.get('lectern_job_wait_seconds_count{class="short"}') >= 1);
  const statements = series.get('lectern_database_statements_total');
  assert.ok(series.get('lectern_database_statement_seconds_count{line="connections"}') <= statements);
  assert.ok(series.get('lectern_database_wait_seconds_count{line="connections"}') >= 1);
  assert.ok(series.get('lectern_errors_total{code="VALIDATION_ERROR"}') >= 1);
  assert.ok(series.get('lectern_process_cpu_seconds_total') > 0);
  const open = series.get('lectern_process_open_fds');
  assert.ok(open > 10 && open < 1000, `${open}`);
  assert.ok(series.get('lectern_process_max_fds') >= 1024);
});

test('a limit that was hit is told by its code', async (t) => {
  const strict = await startLectern({ env: { RATE_LIMIT: 'on' } });
  t.after(() => strict.stop());
  let reply;
  for (let n = 0; n < 25 && reply?.status !== 429; n++) {
    reply = await exchange(strict.url, 'POST', '/api/auth/sign-in/email',
      { json: { email: `n${n}@example.com`, password } });
  }
  assert.equal(reply.status, 429);
  const series = await figures(strict);
  assert.ok(series.get('lectern_errors_total{code="HTTP_429"}') >= 1);
  assert.ok(series.get(
    'lectern_requests_total{route="POST /api/auth/sign-in/email",status="429"}') >= 1);
});

test('refused and unknown requests count as well', async () => {
  const missing = 'status="404"';
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

test('the dashboard and the alerts name figures that there are', async () => {
  const { families } = await figures();
  const dashboard = JSON.parse(readFileSync(path.join(root, 'conf/grafana.json'), 'utf8'));
  const alerts = readFileSync(path.join(root, 'conf/alerts.yml'), 'utf8');
  const rules = [...alerts.matchAll(/^ +- alert: (\w+)\n +expr: (.*)$/gm)];
  const panels = dashboard.panels.filter(({ type }) => type !== 'row');
  const queries = panels.flatMap(({ title, targets }) =>
    targets.map(({ expr }) => [title, expr]));

  assert.ok(rules.length >= 10 && queries.length >= 20, `${rules.length} ${queries.length}`);
  assert.equal(rules.length, alerts.match(/- alert:/g).length, 'one line each');
  assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
  for (const [where, expr] of [...queries, ...rules.map(([, name, text]) => [name, text])]) {
    const names = expr.match(/lectern_[a-z_]+/g);

    assert.ok(names, `${where}: ${expr}`);
    for (const name of names) {
      const type = families.get(name) ??
        (families.get(name.replace(/_(bucket|sum|count)$/, '')) === 'histogram' && 'part');
      assert.ok(type, `${where}: there is no ${name}`);
      // A counter is worth nothing by itself, nor a histogram without its parts.
      assert.notEqual(type, 'histogram', `${where}: ${name}`);
      if (type === 'counter' || type === 'part') {
        assert.match(expr, new RegExp(`(rate|increase|topk|changes)\\([^)]*${name}`), where);
      }
    }
    const [opened, closed] = ['(', ')'].map((mark) => expr.split(mark).length);
    assert.equal(opened, closed, `${where}: ${expr}`);
  }
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
