// The texts of the pages: what the server refuses with is told in the page's
// language, the languages say the same, and nothing is there that nobody says.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

import { root } from '../lib/process.mjs';

// Told to programs alone: no page of ours causes them.
const PROGRAMS = ['VALIDATION_ERROR', 'CREDENTIALS_IN_URL', 'EMAIL_IN_USE', 'OTP_NOT_CONFIGURED',
  'TWO_FACTOR_REQUIRED', 'API_KEY_NOT_ALLOWED', 'METHOD_NOT_ALLOWED_DEFER_SESSION_REQUIRED',
  'INVALID_CALLBACK_URL', 'INVALID_ERROR_CALLBACK_URL', 'INVALID_NEW_USER_CALLBACK_URL',
  'INVALID_REDIRECT_URL', 'HEADER_TOO_LARGE', 'URI_TOO_LONG', 'NOT_IMPLEMENTED', 'EXPECTATION_FAILED',
  'HTTP_VERSION_NOT_SUPPORTED'];
// Said by the pages themselves.
const OWN = ['TOO_MANY_REQUESTS', 'UNAVAILABLE'];

const table = readFileSync(path.join(root, 'src/error.h'), 'utf8');
const codes = [...new Set([...table.matchAll(/^\tX\(\w+, \d+,\s*\\?\s*"([A-Z_]+)"/gm)].map(([, code]) => code))];
const folder = path.join(root, 'assets/texts');

for (const file of readdirSync(folder)) {
  const texts = JSON.parse(readFileSync(path.join(folder, file), 'utf8'));

  test(`every error that a page can meet has its words in ${file}`, () => {
    const wanted = [...codes.filter((code) => !PROGRAMS.includes(code)), ...OWN];

    assert.ok(codes.length > 60, 'the table was read');
    assert.deepEqual(wanted.filter((code) => !texts[`error.${code}`]), []);
  });

  test(`${file} tells of no error that there is not`, () => {
    const told = Object.keys(texts).filter((key) => /^error\.[A-Z]/.test(key)).map((key) => key.slice(6));

    assert.deepEqual(told.filter((code) => !codes.includes(code) && !OWN.includes(code)), []);
  });
}

test('the languages have the same texts, with the same fields in them', () => {
  const [first, ...others] = readdirSync(folder).map((file) =>
    Object.entries(JSON.parse(readFileSync(path.join(folder, file), 'utf8')))
      .map(([key, text]) => `${key} ${(text.match(/\{\w+\}/g) ?? []).sort().join(' ')}`).sort());

  for (const other of others)
    assert.deepEqual(other, first);
});

test('no text is left that nobody says', () => {
  const assets = path.join(root, 'assets');
  const read = (ending) => readdirSync(assets).filter((name) => name.endsWith(ending))
    .map((name) => readFileSync(path.join(assets, name), 'utf8')).join('\n');
  const pages = read('.html');
  const scripts = read('.js');
  // A key that is put together stands there as its beginning: `admin.event.${name}`.
  const beginnings = [...scripts.matchAll(/['`]([a-zA-Z.]+)(?:\$\{|'(?=;| \+|\)))/g)]
    .map(([, beginning]) => beginning).filter((beginning) => beginning.includes('.'));
  const isSaid = (key) => {
    const base = key.replace(/\.(one|other)$/, '');

    return pages.includes(`{{${key}}}`) || new RegExp(`['"\`]${base.replaceAll('.', '\\.')}['"\`]`).test(scripts)
      || beginnings.some((beginning) => key.startsWith(beginning));
  };

  assert.deepEqual(Object.keys(JSON.parse(readFileSync(path.join(folder, 'en.json'), 'utf8')))
    .filter((key) => !isSaid(key)), []);
});
