/*
 * How hard a password is to guess, said honestly and never in the way: what
 * the server takes, the page takes.
 *
 * A guesser tries common passwords first, then names, years, runs of keys and
 * repetitions, and only then everything. So the password is cut into such
 * pieces from left to right, each is charged by what it costs to guess (bits,
 * in the manner of Wheeler's zxcvbn, USENIX Security 2016), and the rest by
 * character. Four letters or more in a row count 3 bits each: they are mostly
 * words.
 * Deliberately missing: a dictionary. It would weigh more than the page.
 */

/* The stems of the passwords found most often in published collections. */
const COMMON = `password passwort passwd qwerty qwertz azerty letmein welcome willkommen admin login
  monkey dragon master shadow sunshine princess football baseball soccer hockey superman batman
  iloveyou ichliebedich trustno starwars whatever freedom secret geheim hallo hello summer sommer
  winter spring herbst autumn ninja mustang access michael jordan daniel jessica jennifer ashley
  charlie thomas andrea andreas stefan schatz michelle nicole computer internet samsung google
  pokemon cheese pepper ginger killer hunter ranger buster cookie banana chocolate flower lovely
  matrix killer maggie donald default changeme test guest root user abc qazwsx zaqwsx asdf yxcv
  zxcv arsenal liverpool chelsea berlin lectern`.split(/\s+/);
const ROWS = ['abcdefghijklmnopqrstuvwxyz', '01234567890', 'qwertzuiop', 'qwertyuiop', 'asdfghjkl',
  'yxcvbnm', 'zxcvbnm', '1qaz2wsx3edc', '1q2w3e4r5t6z',
  '1q2w3e4r5t6y', 'azertyuiop'];
const LEET = { 0: 'o', 1: 'i', 3: 'e', 4: 'a', 5: 's', 7: 't', '@': 'a', $: 's', '!': 'i' };

const BITS = { word: 9, own: 5, year: 7, run: 6, repeated: 2, letter: 3, alone: 4.7, capital: 2,
  digit: 3.3, other: 5 };
/* Below these many bits: weak, fair, good; strong from the last on. */
const LEVELS = [28, 40, 55];

function plain(text) {
  return text.toLowerCase().replace(/[013457@$!]/g, (sign) => LEET[sign]);
}

/* How long a run along a row of keys, either way, starts there; 0 for none. */
function runAt(text, at) {
  for (const row of [...ROWS, ...ROWS.map((keys) => [...keys].reverse().join(''))]) {
    const from = row.indexOf(text.slice(at, at + 3));
    if (from < 0 || at + 3 > text.length)
      continue;
    let length = 3;
    while (at + length < text.length && text[at + length] === row[from + length])
      length++;
    return length;
  }
  return 0;
}

/* Whether the letter there is one of four or more in a row. */
function isInWord(password, at) {
  const before = /\p{L}*$/u.exec(password.slice(0, at))[0].length;
  const after = /^\p{L}*/u.exec(password.slice(at))[0].length;
  return before + after >= 4;
}

/* [length, bits, what it is] of the piece that starts there. */
function pieceAt(password, at, own) {
  const lower = password.toLowerCase();
  const read = plain(password);
  const longest = (words) => words.filter((word) => read.startsWith(plain(word), at))
    .reduce((best, word) => Math.max(best, word.length), 0);
  const mine = longest(own);
  if (mine > 0)
    return [mine, BITS.own, 'own'];
  const common = longest(COMMON);
  if (common > 0)
    return [common, BITS.word, 'common'];
  const repeated = /^(.)\1\1+/u.exec(password.slice(at));
  if (repeated)
    return [repeated[0].length, BITS.other + BITS.repeated, 'repeated'];
  const year = /^(19|20)\d\d/.exec(password.slice(at));
  if (year)
    return [4, BITS.year, 'year'];
  const run = runAt(lower, at);
  if (run > 0)
    return [run, BITS.run, 'run'];
  const sign = password[at];
  if (!/\p{L}/u.test(sign))
    return [1, /\d/.test(sign) ? BITS.digit : BITS.other, ''];
  const isCapital = /\p{Lu}/u.test(sign);
  const letter = isInWord(password, at) ? BITS.letter : BITS.alone;
  return [1, letter + (isCapital && at > 0 ? BITS.capital : 0), ''];
}

/*
 * {level, advice}: 1 weak, 2 fair, 3 good, 4 strong (0 for nothing typed);
 * `advice` names what a guesser would try first: "own", "common", "repeated",
 * "year", "run", "short", or nothing. `about` are texts of the person, such
 * as the name and the address.
 */
export function judge(password, about = []) {
  if (password === '')
    return { level: 0, advice: '' };
  const own = about.flatMap((text) => text.split(/[^\p{L}\p{N}]+/u))
    .filter((word) => word.length > 2).map((word) => word.toLowerCase());
  const found = [];
  let bits = 0;
  for (let at = 0; at < password.length;) {
    const [length, cost, what] = pieceAt(password, at, own);
    bits += cost;
    at += length;
    if (what)
      found.push(what);
  }
  /* The same thing twice is hardly harder than once */
  if (/^(.{3,})\1+$/u.test(password)) {
    bits /= 2;
    found.push('repeated');
  }
  const level = 1 + LEVELS.filter((limit) => bits >= limit).length;
  const advice = found.find((what) => what === 'own') ?? found[0] ?? 'short';
  return { level, advice: level > 2 ? '' : advice };
}
