// No answer tells by its time who has an account, or of what kind its hash is.
//
// The cases take turns, in another order each round, so that whatever else the
// machine does falls on all of them alike; their medians are compared. Bounds
// are wide: a missing hash would halve the time, or worse.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import http from 'node:http';
import { after, before, test } from 'node:test';

import { hashPassword } from 'better-auth/crypto';

import { signedUp } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { Letters } from '../lib/letters.mjs';
import { exchange } from '../lib/wire.mjs';

let lectern, agent;

before(async () => {
  agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  lectern = await startLectern({ env: { MAIL_URL: new Letters().url } });
  for (const name of ['ours', 'bcrypt', 'slower', 'scrypt']) {
    await signedUp(lectern.url, { email: `${name}@example.com` });
  }
});
after(async () => {
  agent.destroy();
  assert.equal(lectern.restarts(), 0, lectern.tail());
  await lectern.stop();
});

async function milliseconds(path, json, status) {
  const began = performance.now();
  const reply = await exchange(lectern.url, 'POST', `/api/auth/${path}`,
    { json, agent });

  assert.equal(reply.status, status, reply.text);
  return performance.now() - began;
}

const median = (values) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** The median of each case, in milliseconds. */
async function medians(names, rounds, measure) {
  const seen = names.map(() => []);

  for (const name of names) await measure(name);
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < names.length; i++) {
      const place = (i + round) % names.length;
      seen[place].push(await measure(names[place]));
    }
  }
  return Object.fromEntries(names.map((name, i) => [name, median(seen[i])]));
}

function areAlike(times, slackMs) {
  const values = Object.values(times);
  const told = Object.entries(times)
    .map(([name, ms]) => `${name} ${ms.toFixed(1)} ms`).join(', ');

  assert.ok(Math.max(...values) <= Math.min(...values) * 1.35 + slackMs, told);
}

const signIn = (name) => milliseconds('sign-in/email',
  { email: `${name}@example.com`, password: 'not the password' }, 401);

async function setHash(name, hash) {
  await lectern.postgres.psql(lectern.database, `update users
    set password_hash = '${hash}' where email = '${name}@example.com'`);
}

const bcrypt = (rounds) => execFileSync('/usr/bin/python3', ['-c', `import sys
from passlib.hash import bcrypt
sys.stdout.write(bcrypt.using(rounds=${rounds}).hash("correct horse 1"))`],
{ encoding: 'utf8' });

test('sign-in fails as slowly for an unknown address as for a known one',
  async () => {
    areAlike(await medians(['ours', 'nobody'], 15, signIn), 2);
  });

test('with bcrypt and scrypt present all failures take alike, and longer',
  async () => {
    const before = await medians(['nobody'], 9, signIn);

    await setHash('bcrypt', bcrypt(8));
    await setHash('slower', bcrypt(10));
    await setHash('scrypt', await hashPassword('correct horse 1'));
    const times = await medians(['ours', 'bcrypt', 'slower', 'scrypt', 'nobody'],
      11, signIn);
    areAlike(times, 2);
    assert.ok(times.nobody > before.nobody * 1.5,
      `${times.nobody} ms, and ${before.nobody} ms without`);
  });

test('asking for a reset takes as long for an unknown address', async () => {
  areAlike(await medians(['ours', 'bcrypt', 'scrypt', 'nobody'], 80,
    (name) => milliseconds('request-password-reset',
      { email: `${name}@example.com` }, 200)), 1);
});

test('asking for a verification mail takes as long for an unknown address',
  async () => {
    areAlike(await medians(['ours', 'scrypt', 'nobody'], 80,
      (name) => milliseconds('send-verification-email',
        { email: `${name}@example.com` }, 200)), 1);
  });
