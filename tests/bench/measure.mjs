// How the benchmark measures and prints: wrk for throughput, requests at a
// fixed pace for waiting times, figures of several rounds as a table.

import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';

import { giveToOwner, temporaryFolder, treeCpu } from '../lib/process.mjs';

const run = promisify(execFile);

/**
 * wrk with one thread: {rate, p50, p99}, times in milliseconds, and with `pid`
 * {cpu}: microseconds of that process tree per request. What is no success has
 * not been measured: it throws.
 */
export async function wrk(url, connections, duration, { headers = [], script, pid } = {}) {
  const before = pid === undefined ? 0 : treeCpu(pid);
  const { stdout } = await run('wrk', ['-t1', `-c${connections}`, `-d${duration}s`,
    '--latency', '--timeout', '10s', ...headers.flatMap((line) => ['-H', line]),
    ...script ? ['-s', script] : [], url]);
  const milliseconds = (percent) => {
    const [, value, unit] = new RegExp(`^ +${percent}% +([\\d.]+)(us|ms|s)`, 'm')
      .exec(stdout);
    return value * { us: 0.001, ms: 1, s: 1000 }[unit];
  };
  const failure = /Non-2xx.*|Socket errors.*/.exec(stdout);

  const rate = Number(/Requests\/sec: +([\d.]+)/.exec(stdout)[1]);

  if (failure || rate === 0) {
    throw new Error(`wrk on ${url}: ${failure?.[0] ?? 'no answer in time'}`);
  }
  return { rate, p50: milliseconds(50), p99: milliseconds(99),
    cpu: pid === undefined ? undefined : (treeCpu(pid) - before) / (rate * duration) };
}

/**
 * GET at 200 a second, whatever the answers take: {p50, p99} in milliseconds.
 * On a full machine they hold what this process waits for a processor, too.
 */
export async function paced(url, duration) {
  const agent = new http.Agent({ keepAlive: true });
  const times = [];
  const pending = [];
  const began = performance.now();

  for (let n = 0; performance.now() - began < duration * 1000; n++) {
    const due = began + n * 5;
    if (due > performance.now()) await pause(due - performance.now());
    pending.push(new Promise((resolve, reject) => {
      const sent = performance.now();
      http.get(url, { agent }, (response) => {
        response.resume().on('end', () => {
          times.push(performance.now() - sent);
          resolve();
        });
      }).on('error', reject);
    }));
  }
  await Promise.all(pending);
  agent.destroy();
  times.sort((a, b) => a - b);
  return { p50: quantile(times, 0.5), p99: quantile(times, 0.99) };
}

/** A script for wrk that posts the same body again and again. */
export function postScript(type, body) {
  const script = path.join(temporaryFolder(), 'post.lua');

  writeFileSync(script, `
    wrk.method = "POST"
    wrk.headers["content-type"] = "${type}"
    wrk.body = [[${body}]]`);
  giveToOwner(script);
  return script;
}

/** The cookies of a Client as the header's value. */
export const cookieOf = (client) =>
  [...client.cookies].map((pair) => pair.join('=')).join('; ');

/**
 * What the rounds brought: figures by name, in the rounds' order, and the cells
 * that tables are made of (min - median - max of the rounds, unless they say
 * otherwise).
 */
export class Figures {
  #results = new Map();

  keep(name, figures) {
    this.#results.set(name, [...this.#results.get(name) ?? [], figures]);
  }

  all(name, field) { return this.#results.get(name).map((figures) => figures[field]); }

  cell(name, field, digits = 2) { return spread(this.all(name, field), digits); }

  /** The median of the rounds, where the spread would make a table too wide. */
  median(name, field, digits = 2) {
    return quantile(this.all(name, field).sort((a, b) => a - b), 0.5).toFixed(digits);
  }

  /** One against another, round by round; more is better unless `isLess`. */
  ratio(name, other, field = 'rate', isLess = false) {
    const theirs = this.all(other, field);

    return spread(this.all(name, field).map((ours, round) =>
      isLess ? theirs[round] / ours : ours / theirs[round]), 2);
  }
}

export function quantile(sorted, q) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? NaN;
}

export function spread(values, digits) {
  const sorted = [...values].sort((a, b) => a - b);

  return [sorted[0], quantile(sorted, 0.5), sorted.at(-1)]
    .map((value) => value.toFixed(digits)).join(' - ');
}

export function print(rows) {
  const widths = rows[0].map((_, column) =>
    Math.max(...rows.map((row) => row[column].length)));

  for (const row of rows) {
    console.log(row.map((cell, column) => cell.padEnd(widths[column])).join('  ')
      .trimEnd());
  }
}
