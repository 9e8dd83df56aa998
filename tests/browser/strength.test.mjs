// What the page says of a password is honest: what is guessed early is called
// weak however many signs are in it, and words found by dice are not.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { judge } from '../../assets/strength.js';

const level = (password, about) => judge(password, about).level;

test('the most used passwords are weak, however they are dressed', () => {
  for (const password of ['password', 'Password1!', 'P@ssw0rd2024', 'qwertzuiop', '12345678',
    'abcdefgh', 'aaaaaaaaaaaa', 'Sommer2024!', 'letmein1', '1q2w3e4r', 'iloveyou', 'abcabcabc'])
    assert.equal(level(password), 1, password);
});

test('what is made of the person is weak', () => {
  const about = ['Ann Lindqvist', 'ann@example.com'];

  assert.equal(level('lindqvist1987', about), 1);
  assert.deepEqual(judge('AnnLindqvist', about), { level: 1, advice: 'own' });
  assert.ok(level('lindqvist1987') >= level('lindqvist1987', about));
});

test('longer is stronger, and words found by dice are strong', () => {
  assert.equal(level('trichter'), 1);
  assert.equal(level('trichter-moor'), 3);
  assert.equal(level('trichter moor kabel pfanne'), 4);
  assert.equal(level('correct horse battery staple'), 4);
  assert.equal(level('v8#Lq2!xTz9w'), 4);
  assert.deepEqual(judge(''), { level: 0, advice: '' });
});

test('what is weak or fair comes with a piece of advice, what is good with none', () => {
  assert.equal(judge('Password1').advice, 'common');
  assert.equal(judge('hgfdsa98765').advice, 'run');
  assert.equal(judge('trichter').advice, 'short');
  assert.equal(judge('correct horse battery staple').advice, '');
});

test('a very long one is judged at once', () => {
  const began = performance.now();

  judge('x7'.repeat(64));
  assert.ok(performance.now() - began < 50);
});
