// axe-core in the page as it is now.
//
//   assert.deepEqual(await violations(page), []);

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Each one as a sentence with the elements that it is about; [] is good. */
export async function violations(page) {
  await page.evaluate(source);
  return page.evaluate(async () => {
    const { violations: found } = await window.axe.run(document, {
      resultTypes: ['violations'],
      // Off by default, and a rule of WCAG 2.2 AA.
      rules: { 'target-size': { enabled: true } },
    });

    return found.map(({ id, help, nodes }) =>
      `${id}: ${help}: ${nodes.map(({ target, any, all }) =>
        `${target.join(' ')} (${[...any, ...all].map(({ message }) => message).join('; ')})`).join(' | ')}`);
  });
}
