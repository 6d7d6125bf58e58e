/** The walls of the house: which floor may import which. The table is the architecture; see ARCHITECTURE.md. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const SRC = fileURLToPath(new URL('../../src', import.meta.url));

/** Each folder, and what it may import beside itself. `tool` is the name and version of the tool. */
const MAY_IMPORT: Record<string, string[]> = {
  case: [],
  clients: [],
  config: ['case', 'clients'],
  causes: ['case', 'clients', 'config'],
  checks: ['case', 'clients'],
  wire: ['case'],
  oauth: ['case', 'wire'],
  verdict: ['case', 'clients', 'config', 'causes', 'checks'],
  render: ['case', 'clients', 'config', 'verdict'],
  probe: ['case', 'clients', 'config', 'wire', 'oauth', 'tool'],
  cli: ['case', 'clients', 'config', 'causes', 'checks', 'verdict', 'render', 'probe', 'oauth', 'tool'],
};

/** Folders that run in a browser and give the same answer twice: no Node.js, no clock, no chance, no environment. */
const PURE = ['case', 'clients', 'config', 'causes', 'checks', 'verdict', 'render'];

/** Packages that a pure folder may use. */
const PURE_PACKAGES = ['zod', 'picocolors', 'yaml', 'toml-eslint-parser', 'diff'];

const sources = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => path.endsWith('.ts') && path.includes('/'));

const importsOf = (path: string): string[] =>
  [...readFileSync(`${SRC}/${path}`, 'utf8').matchAll(/(?:from|import\()\s*'([^']+)'/g)].map((match) => match[1] ?? '');

it('the table knows every folder', () => {
  const folders = new Set(sources.map((path) => path.split('/')[0]));
  for (const folder of folders) expect(Object.keys(MAY_IMPORT)).toContain(folder);
});

it('no folder lies deeper than one level', () => {
  for (const path of sources) expect(path.split('/'), path).toHaveLength(2);
});

describe.each(sources)('%s', (path) => {
  const folder = path.split('/')[0] ?? '';

  it('imports only what lies below it', () => {
    for (const specifier of importsOf(path).filter((s) => s.startsWith('../'))) {
      const wanted = specifier.split('/')[1]?.replace(/\.js$/, '') ?? '';
      expect(
        MAY_IMPORT[folder],
        `src/${path} imports ${specifier}. Probes look, causes and checks think, renderers speak; a case file passes from the first to the second, a verdict from the second to the third, and nothing else crosses.`,
      ).toContain(wanted);
    }
  });

  // Folders that touch the world are not asked to be pure.
  if (PURE.includes(folder))
    it('is pure', () => {
      for (const specifier of importsOf(path).filter((s) => !s.startsWith('.')))
        expect(PURE_PACKAGES, `src/${path} imports ${specifier}; this folder runs in a browser`).toContain(specifier);
      const code = readFileSync(`${SRC}/${path}`, 'utf8')
        .replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
        // Code that a fix tells the reader to paste is no code of ours; what is filled into it is.
        .replace(/"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g, '')
        .replace(/`(?:[^`\\\n]|\\.)*`/g, (text) => text.match(/\$\{[^}\n]*\}/g)?.join(' ') ?? '');
      expect(code, `src/${path} must give the same answer twice`).not.toMatch(
        /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bprocess\.env\b|\bperformance\.now\b/,
      );
    });
});
