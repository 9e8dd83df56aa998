// Pictures of every page and state, on a phone and on a desk, light and dark,
// to be looked at:
//
//   make screenshots [FOLDER=build/screenshots]
//
// The phone's light pictures are taken in German too, whose words are longer.

import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';

import { startModel } from './doubles/model.mjs';
import { add, askWhole, question, reader } from './lib/asking.mjs';
import { DESK, PHONE, startBrowser } from './lib/browser.mjs';
import { startLectern } from './lib/lectern.mjs';
import { administration, anybody, signedIn, visit } from './lib/places.mjs';
import { startPrivatePostgres } from './lib/postgres.mjs';

const folder = path.resolve(process.argv[2] ?? 'build/screenshots');

const ANSWER = `The warranty of the Zephyr lasts **thirty months** [1]. Keep the receipt [1].

## What to do

1. Look for the receipt
2. Call the shop within *thirty months* [1]
   - with the number below the kettle

| Part | Months | Remark |
|:-----|-------:|:-------|
| Kettle | 30 | with receipt |
| Lid | 30 | opens with the grey button |

\`\`\`sh
lectern ask --document kettle "How long?"
\`\`\`

> Descale the Zephyr with citric acid every six weeks.
`;

const LOOKS = [
  { viewport: PHONE, colorScheme: 'light', locale: 'en' },
  { viewport: PHONE, colorScheme: 'light', locale: 'de' },
  { viewport: PHONE, colorScheme: 'dark', locale: 'en' },
  { viewport: DESK, colorScheme: 'light', locale: 'en' },
  { viewport: DESK, colorScheme: 'dark', locale: 'en' },
];

/** Somebody with a shelf, and conversations of several days. */
async function furnish(lectern, model) {
  const anna = await reader(lectern);
  const questions = ['How is the Zephyr descaled?', 'What is the amber light?', question];
  let conversationId;

  await add(anna, { title: 'Rules of the reading room, as amended in the autumn of 1987',
    text: '# Slips\n\nA volume may remain on the desk for seven days.\n' });
  await anna.post('/api/documents?filename=scan.pdf', 'no PDF at all',
    { headers: { 'content-type': 'application/pdf' } });
  for (const words of questions) {
    model.script(ANSWER.match(/[\s\S]{1,12}/gu));
    ({ conversationId } = (await askWhole(anna, words)).json);
  }
  await lectern.run('user', 'admin', anna.email);
  const { documents } = (await anna.get('/api/documents?q=kettle')).json;
  return { anna, conversationId, documentId: documents[0].id };
}

async function take(lectern, browser, { anna, ...ids }, look) {
  const { viewport, colorScheme, locale } = look;
  const { page, context, close } = await browser.person({ ...look, reducedMotion: 'reduce' });

  for (const places of [anybody, [...administration, ...signedIn(ids)]]) {
    for (const place of places) {
      const name = place[0].replace(/[^a-z]+/g, '-');
      await visit(page, place);
      await page.screenshot({
        path: path.join(folder, `${name}.${viewport.width}.${colorScheme}.${locale}.png`) });
    }
    await context.addCookies([...anna.cookies].map(([name, value]) =>
      ({ name, value, url: lectern.url })));
  }
  await close();
}

const postgres = await startPrivatePostgres();
const model = await startModel();
const lectern = await startLectern({ postgres, env: { LLM_URL: model.url, LLM_MODEL: 'double' } });
const browser = await startBrowser(lectern.url);

try {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const scene = await furnish(lectern, model);
  for (const look of LOOKS) await take(lectern, browser, scene, look);
  console.log(`The pictures are in ${folder}.`);
} finally {
  await browser.stop();
  await lectern.stop();
  await model.stop();
  await postgres.stop();
}
