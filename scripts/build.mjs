/**
 * Builds dist: the command line and the library, each as a bundle with lazily loaded chunks, and the type declarations. They
 * share no chunk: what two entries share is cut into small files, and every file costs the command line time at its start.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));

rmSync(`${root}dist`, { recursive: true, force: true });
const common = {
  absWorkingDir: root,
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  minify: true,
  legalComments: 'none',
  metafile: true,
  define: { __VERSION__: JSON.stringify(version) },
  // Bundled CommonJS packages require Node's own modules.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  logLevel: 'warning',
};
const built = [
  await build({ ...common, entryPoints: { cli: 'src/cli/main.ts' }, chunkNames: 'cli/[name]-[hash]' }),
  await build({ ...common, entryPoints: { index: 'src/index.ts' }, chunkNames: 'library/[name]-[hash]' }),
];

// What is bundled keeps its licence.
const packages = new Set(
  built
    .flatMap(({ metafile }) => Object.keys(metafile.inputs))
    .flatMap((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []),
);
const notices = [...packages].sort().map((name) => {
  const folder = `${root}node_modules/${name}`;
  const { version: own, license } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  return `${name} ${own} (${license})\n\n${file ? readFileSync(`${folder}/${file}`, 'utf8').trim() : ''}\n`;
});
writeFileSync(`${root}dist/THIRD-PARTY-LICENSES.txt`, notices.join(`\n${'-'.repeat(79)}\n\n`));

// Declarations are for users of the library; without TypeScript (a production install from git) the bundles still work.
const tsc = `${root}node_modules/typescript/bin/tsc`;
if (existsSync(tsc)) execFileSync(process.execPath, [tsc, '-p', `${root}tsconfig.types.json`], { stdio: 'inherit' });
