// Fields that nobody asked for: every operation of /openapi.json that takes
// JSON gets, beside a good body, the names of what only the server decides:
// ids, owners, roles, dates, hashes. Nothing of it is stored anywhere.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { signedUp } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { Letters } from '../lib/letters.mjs';
import { addressOf, goodBody, idsOf, operations, rowsOf, worldOf }
  from '../lib/operations.mjs';

const marker = 'feedfacefeedfacefeedfacefeedface';	// has the form of an id
const year = '1999-12-31';

let lectern, victim, rowsBefore, tables;
let people = 0;

const sql = (text) => lectern.postgres.psql(lectern.database, text);

before(async () => {
  lectern = await startLectern({ env: { MAIL_URL: new Letters().url } });
  victim = await signedUp(lectern.url);
  await worldOf(victim);
  rowsBefore = await rowsOf(lectern, victim.user.id);
  tables = (await sql(`select table_name from information_schema.tables
    where table_schema = 'public' and table_type = 'BASE TABLE'`)).split('\n');
});
after(async () => {
  assert.equal(lectern.restarts(), 0, lectern.tail());
  await lectern.stop();
});

function extras() {
  const owner = victim.user.id;
  const date = `${year}T23:59:59.000Z`;

  return { id: marker, _id: marker, userId: owner, user_id: owner, ownerId: owner, owner,
    accountId: owner, user: { id: owner, role: 'admin' }, role: 'admin', roles: ['admin'],
    isAdmin: true, is_admin: true, admin: true, emailVerified: true, email_verified: true,
    createdAt: date, created_at: date, updatedAt: date, updated_at: date, deletedAt: date,
    expires_at: date, banned: false, disabled_at: date, disabledAt: date, quota: 987654321987,
    tokens: 987654321987, size: 987654321987, chunks: 987654321987, password_hash: marker,
    passwordHash: marker, hash: marker, prefix: marker, key: `lk_${marker}`, sha256: marker,
    sessionToken: marker, session_token: marker, ipAddress: marker, userAgent: marker,
    twoFactorEnabled: true, two_factor_at: date, externalId: marker, external_id: marker,
    citations: [{ n: 1, quote: marker }], error: marker, is_remembered: false,
    ['__proto__']: { role: 'admin' }, constructor: { prototype: { isAdmin: true } } };
}

// What cannot succeed here: there is no second factor, no letter's token, and
// these offer nothing at all.
const inVain = /two-factor\/(disable|get-totp-uri|generate|send-otp|verify)|\/reset-password$|\/update-session$/;

describe('fields that nobody asked for have no effect in', () => {
  for (const operation of operations().filter(({ takesJson }) => takesJson)) {
    test(operation.name, async () => {
      const isAdminsOwn = operation.route.startsWith('/api/admin/');
      const client = await signedUp(lectern.url);
      const world = await worldOf(client);
      const target = isAdminsOwn ? await signedUp(lectern.url) : client;
      const address = `fields-${++people}@example.com`;
      const unasked = Object.fromEntries(Object.entries(extras())
        .filter(([name]) => !operation.inJson.includes(name)));

      if (isAdminsOwn) {
        await sql(`update users set role = 'admin' where id = '${client.user.id}'`);
      }
      const good = goodBody(operation, { password: client.password,
        currentPassword: client.password, newEmail: address, name: 'Bob',
        email: /sign-in|send-verification/.test(operation.route) ? client.email : address });
      const reply = await client.request(operation.method,
        addressOf(operation, idsOf(operation, { ...world, userId: target.user.id })),
        { json: { ...unasked, ...good }, headers: { accept: 'application/json' } });

      assert.ok(inVain.test(operation.route) ? reply.status < 500 : reply.status < 300,
        `${reply.status} ${reply.text}`);
      assert.doesNotMatch(reply.text, new RegExp(`${marker}|${year}|987654321`));
      assert.doesNotMatch(reply.text, new RegExp(victim.user.id));
      for (const table of tables) {
        assert.equal(await sql(`select count(*) from "${table}" x
          where x::text ~ '${marker}|${year}|987654321'`), '0', table);
      }
      assert.equal(await rowsOf(lectern, victim.user.id), rowsBefore, 'the rows of somebody else');
      if (isAdminsOwn) {
        await sql(`update users set role = 'user' where id = '${client.user.id}'`);
        // The administrator vouches for it.
        await sql(`update users set email_verified = false where email = '${address}'`);
      }
      assert.equal(await sql(`select count(*) from users where role <> 'user'
        or email_verified or disabled_at is not null or two_factor_at is not null`), '0');
      const { user } = (await client.get('/api/auth/get-session')).json ?? {};
      assert.deepEqual([user?.role, user?.emailVerified ?? false], [undefined, false]);
    });
  }
});
