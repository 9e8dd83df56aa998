// node conf/sbom.mjs ROOT: what the image laid out in ROOT consists of, as a
// bill of materials in CycloneDX's form (https://cyclonedx.org, 1.5), printed.
//
//   Debian packages   that its files were copied from, and Kore, whose source
//                     is compiled into the program
//   npm packages      whose scripts are compiled in: `dependencies` of
//                     package-lock.json, but for the compiler

import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, realpathSync } from 'node:fs';

const BUILT_IN = ['kore'];
const COMPILERS = ['esbuild'];
const encode = encodeURIComponent;

// A file of the image stands on this machine under the same name; dpkg may
// know it by the name that it had before /bin and /lib became links.
const files = execFileSync('find', [process.argv[2], '-type', 'f', '-printf', '/%P\\n'],
  { encoding: 'utf8', maxBuffer: 1 << 26 }).trim().split('\n').flatMap((file) => {
  try {
    const real = realpathSync(file);
    return [real, real.replace(/^\/usr/, '')];
  } catch {
    return [];		// ours
  }
});
const owners = spawnSync('dpkg-query', ['--search', ...files],
  { encoding: 'utf8', maxBuffer: 1 << 26 }).stdout.split('\n')
  .filter((line) => line.includes(': /') && !line.startsWith('diversion '))
  .flatMap((line) => line.slice(0, line.indexOf(': /')).split(', '));
const debian = execFileSync('dpkg-query', ['--show', '--showformat=${Package}\t${Version}\t${Architecture}\n',
  ...new Set([...owners, ...BUILT_IN])], { encoding: 'utf8' }).trim().split('\n')
  .map((line) => line.split('\t')).map(([name, version, architecture]) => ({ name, version,
    purl: `pkg:deb/debian/${encode(name)}@${encode(version)}?arch=${architecture}&distro=bookworm` }));

const { packages } = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8'));
const npm = Object.keys(packages[''].dependencies).filter((name) => !COMPILERS.includes(name))
  .map((name) => ({ name, version: packages[`node_modules/${name}`].version }))
  .map(({ name, version }) => ({ name, version, purl: `pkg:npm/${encode(name)}@${version}` }));

console.log(JSON.stringify({
  bomFormat: 'CycloneDX',
  specVersion: '1.5',
  version: 1,
  metadata: { component: { type: 'application', name: 'lectern', 'bom-ref': 'lectern' } },
  components: [...debian, ...npm].map((part) => ({ type: 'library', 'bom-ref': part.purl, ...part })),
}, null, 1));
