// An authenticator app: what it shows for the URI of a QR code (RFC 6238).
//
//   code(uri)        now's code
//   code(uri, -1)    that of the half minute before
//   wrongCode(uri)   one that is not right now, nor will be in a minute

import { createHmac } from 'node:crypto';

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

function keyOf(uri) {
  const bits = [...new URL(uri).searchParams.get('secret')]
    .map((letter) => letters.indexOf(letter).toString(2).padStart(5, '0')).join('');

  return Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
}

export function code(uri, shift = 0) {
  const step = Buffer.alloc(8);

  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + shift));
  const digest = createHmac('sha1', keyOf(uri)).update(step).digest();
  const number = digest.readUInt32BE(digest[19] & 15) & 0x7fff_ffff;

  return String(number % 1_000_000).padStart(6, '0');
}

export function wrongCode(uri) {
  const right = [-2, -1, 0, 1, 2, 3].map((shift) => code(uri, shift));

  return ['000000', '111111', '222222', '333333', '444444', '555555', '666666']
    .find((text) => !right.includes(text));
}
