// The letters of MAIL_URL=dir:, read as they arrive.
//
//   const letters = new Letters();
//   ... startLectern({ env: { MAIL_URL: letters.url } }) ...
//   const { subject, text, url } = await letters.to('ann@example.com');

import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

import { temporaryFolder } from './process.mjs';
import { until } from './wait.mjs';

export class Letters {
  folder = temporaryFolder();

  get url() { return `dir:${this.folder}`; }

  /** All letters that are there now, each with its file's `id`. */
  all() {
    return readdirSync(this.folder).filter((file) => file.endsWith('.json'))
      .map((file) => ({ id: path.basename(file, '.json'),
        ...JSON.parse(readFileSync(path.join(this.folder, file), 'utf8')) }));
  }

  /**
   * Waits until somebody has `count` letters (whose subject fits `about`) and
   * resolves with the one that is there, or the one that is not `not`.
   */
  async to(address, { count = 1, about = /./, not } = {}) {
    const found = await until(() => {
      const mine = this.all().filter((letter) =>
        letter.to === address && about.test(letter.subject));
      return mine.length >= count && mine;
    }, `${count} letters to ${address}`);

    return found.find(({ id }) => id !== not?.id);
  }
}
