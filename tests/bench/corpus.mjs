// Collections of any size whose words are spread as in real text, for measuring.
//
//   node tests/bench/corpus.mjs 100000 >corpus.jsonl
//
// Word frequencies follow Zipf and Mandelbrot (rank + 2.7) ** -1.07 over a
// vocabulary that grows with the collection (Heaps, exponent 0.55), with the
// English function words on top. Each passage keeps to a topic: a third of
// its words come from a few hundred that belong together, and words come
// again within a passage, so that frequencies inside it are as uneven as in
// text. The same numbers give the same collection.

import { pathToFileURL } from 'node:url';

const stops = `the of and to in a is that for it as was with be by on not he his
but at are this have from or had an they which one you were her all she there
would their we him been has when who will more no if out so said what up its
about into than them can only other some could these two may then do first any
my now such like our over me even most made after also did many before must
through back where much your way well down should because each just those`
  .split(/\s+/);
const syllables = `ba be bi bo bu ca ce ci co cu da de di do du fa fe fi fo fu
ga ge gi go gu ka ke ki ko ku la le li lo lu ma me mi mo mu na ne ni no nu pa
pe pi po pu ra re ri ro ru sa se si so su ta te ti to tu va ve vi vo vu za ze`
  .split(/\s+/);

/** Numbers in [0, 1), the same for the same seed (xorshift32). */
export function randomness(seed) {
  let state = (seed * 2654435761 + 88675123) >>> 0 || 1;

  return () => {
    state ^= state << 13; state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5; state >>>= 0;
    return state / 4294967296;
  };
}

export class Corpus {
  constructor(size, seed = 1) {
    this.size = size;
    this.seed = seed;
    this.vocabulary = Math.round(60 * size ** 0.55 + 4000);
    this.topics = Math.max(20, Math.round(size / 400));
    const weights = Array.from({ length: this.vocabulary },
      (_, rank) => (rank + 2.7) ** -1.07);
    this.cumulative = new Float64Array(this.vocabulary);
    let sum = 0;
    for (let i = 0; i < weights.length; i++) this.cumulative[i] = sum += weights[i];
    this.total = sum;
  }

  word(rank) {
    let word = '';

    if (rank < stops.length) return stops[rank];
    for (let n = rank + 97; n > 0; n = Math.floor(n / syllables.length)) {
      word += syllables[n % syllables.length];
    }
    return `${word}${'nrstlm'[rank % 6]}`;
  }

  rank(random) {
    const wanted = random() * this.total;
    let low = 0, high = this.vocabulary - 1;

    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.cumulative[middle] < wanted) low = middle + 1; else high = middle;
    }
    return low;
  }

  /** The n-th passage: {_id, title, text}, about 130 words. */
  passage(n) {
    const random = randomness(this.seed * 1000003 + n);
    const topic = randomness(Math.floor(random() * this.topics) + 7);
    const its = Array.from({ length: 250 }, () => this.rank(topic) *
      (topic() < 0.5 ? 1 : 3) % this.vocabulary);
    const said = [];
    const pick = () => {
      const chance = random();
      if (chance < 0.12 && said.length > 5) {
        return said[Math.floor(random() * said.length)];
      }
      return chance < 0.42 ? its[Math.floor(random() ** 2 * its.length)]
        : this.rank(random);
    };
    const sentences = [];
    const length = 70 + Math.floor(random() * 120);

    while (said.length < length) {
      const words = [];
      for (let i = 8 + Math.floor(random() * 16); i > 0; i--) {
        const rank = pick();
        said.push(rank);
        words.push(this.word(rank));
      }
      words[0] = words[0][0].toUpperCase() + words[0].slice(1);
      sentences.push(`${words.join(' ')}.`);
    }
    return { _id: `p${n}`, title: `${this.word(its[0])} ${this.word(its[1])}`,
      text: sentences.join(' ') };
  }

  /** A question of 8 to 20 words: most from one passage, some from anywhere. */
  question(n) {
    const random = randomness(this.seed * 7919 + n + 31);
    const words = this.passage(Math.floor(random() * this.size)).text
      .toLowerCase().replaceAll('.', '').split(' ');
    const count = 8 + Math.floor(random() * 13);

    return `${Array.from({ length: count }, () => random() < 0.7
      ? words[Math.floor(random() * words.length)]
      : this.word(this.rank(random))).join(' ')}?`;
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const corpus = new Corpus(Number(process.argv[2] ?? 1000));
  let lines = [];

  for (let n = 0; n < corpus.size; n++) {
    lines.push(JSON.stringify(corpus.passage(n)));
    if (lines.length === 1000 || n + 1 === corpus.size) {
      if (!process.stdout.write(`${lines.join('\n')}\n`)) {
        await new Promise((resolve) => { process.stdout.once('drain', resolve); });
      }
      lines = [];
    }
  }
}
