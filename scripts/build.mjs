/**
 * Builds dist: the command line, the library, and the type declarations. What every run of the command line needs is one file;
 * what only some need (HTTP, the judgement, the schema library) stands apart in dist/cli and is loaded on demand. Code that both
 * need is in both: cut into shared files it would cost every start a read for each.
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
/**
 * The worked examples of the causes are for tests, documents and users of the library. The command line would read and build them
 * at every start for nothing: they stay out of its bundles.
 */
const withoutExamples = {
  name: 'without examples',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]src[\\/]causes[\\/][a-z0-9-]+\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace(
        /\n {2}examples: \[\n[\s\S]*?\n {2}\],\n(?=\}\);)/,
        '\n  examples: [] as never,\n',
      ),
      loader: 'ts',
    }));
  },
};

/** One file from one entry; what it imports on demand stays outside, is looked for in `folder`, and is told to `later`. */
const single = (entry, outfile, folder, later) =>
  build({
    ...common,
    outdir: undefined,
    outfile,
    splitting: false,
    entryPoints: [entry],
    plugins: [
      withoutExamples,
      {
        name: 'on demand',
        setup({ onResolve, resolve }) {
          onResolve({ filter: /./ }, async ({ path, kind, resolveDir, pluginData }) => {
            if (kind !== 'dynamic-import' || pluginData === 'found') return undefined;
            const { path: found } = await resolve(path, { kind: 'import-statement', resolveDir, pluginData: 'found' });
            const name = path.split('/').at(-1).replace(/\.js$/, '');
            later.set(name, found);
            return { path: `${folder}/${name}.js`, external: true };
          });
        },
      },
    ],
  });

const lazy = new Map();
const built = [
  await single('src/cli/main.ts', 'dist/cli.js', './cli', new Map()),
  await single('src/cli/run.ts', 'dist/cli/run.js', '.', lazy),
  await build({ ...common, outdir: 'dist/cli', entryPoints: Object.fromEntries(lazy), plugins: [withoutExamples] }),
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
