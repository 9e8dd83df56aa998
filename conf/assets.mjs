// Makes the folder of assets that conf/build.sh has kodev compile in:
//
//   node conf/assets.mjs FOLDER
//
//   *.js *.mjs *.css   without what only readers need, by esbuild; each file by
//                      itself, so that names and imports stay as they are
//   *.html *.svg       without indentation
//   vendor/            the same, below the notice that a file opens with
//   other folders      links to the sources
//
// A file is written only when it differs, so that kodev makes no more than it
// must; one that has no source any more goes. `kodev run` in the checkout does
// without this step and serves the sources as they are.

import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync }
  from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { transformSync } from 'esbuild';

const SOURCE = fileURLToPath(new URL('../assets', import.meta.url));
const NOTICE = /^\s*\/\*[\s\S]*?\*\/\n?/;

function script(loader) {
  return (text, file) => {
    const { code } = transformSync(text, { loader, minify: true, charset: 'utf8',
      target: ['es2022', 'chrome111', 'firefox113', 'safari16.4'], legalComments: 'none',
      sourcefile: file });
    const isTaken = path.basename(path.dirname(file)) === 'vendor';
    return (isTaken ? NOTICE.exec(text)?.[0] ?? '' : '') + code;
  };
}

function markup(text) {
  return text.replace(/^[ \t]+/gm, '');
}

const MAKERS = {
  '.css': script('css'), '.js': script('js'), '.mjs': script('js'), '.html': markup, '.svg': markup,
};

function fill(folder, from) {
  const names = readdirSync(from);

  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder).filter((present) => !names.includes(present)))
    rmSync(path.join(folder, name), { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const file = path.join(from, entry.name);
    const target = path.join(folder, entry.name);

    if (entry.name === 'vendor') {
      fill(target, file);
    } else if (!entry.isFile()) {
      if (!existsSync(target)) symlinkSync(file, target);
    } else {
      const source = readFileSync(file, 'utf8');
      const made = MAKERS[path.extname(entry.name)]?.(source, file) ?? source;
      if (!existsSync(target) || readFileSync(target, 'utf8') !== made) writeFileSync(target, made);
    }
  }
}

fill(process.argv[2], SOURCE);
