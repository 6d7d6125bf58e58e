/** Runs our client through every client scenario of the official conformance suite, and writes down what came of it. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { conformanceSuite } from '../../scripts/conformance-suite.mjs';

const LIMIT_MS = 120_000;
const MAX_OUTPUT = 64 * 1024 * 1024;
const EXTENSIONS_IN = '2026-07-28';
const REVISIONS = ['2025-03-26', '2025-06-18', '2025-11-25', '2026-07-28'] as const;
/** Revisions for which the suite freezes what is required. */
const SETS = ['2025-11-25', '2026-07-28'];

/** Scenarios of features that our client does not have and does not declare: they would pass or fail for nothing. */
const NOT_OURS: [names: RegExp, why: string][] = [
  [
    /^auth\/enterprise-managed-authorization$/,
    'extension io.modelcontextprotocol/enterprise-managed-authorization, which our client does not have: it signs in for one person',
  ],
  [
    /^auth\/wif-/,
    'extension io.modelcontextprotocol/auth/wif, which our client does not have: it has no identity as a workload',
  ],
  [
    /^sep-2640-/,
    'extension io.modelcontextprotocol/skills, which our client does not declare: a verifier loads no skills',
  ],
];

interface Scenario {
  name: string;
  revision: string;
  /** What the suite says of it: `required`, or why it is not. */
  kind: string;
}

export interface Row extends Scenario {
  passed: number;
  failed: number;
  /** What broke a SHOULD: the suite fails a scenario for it as well. */
  warnings: number;
  verdict: string;
  /** What the client said, for whoever looks into a failure. */
  said: string;
}

interface Check {
  id: string;
  status: string;
  errorMessage?: string;
  description: string;
}

interface Ran {
  code: number;
  out: string;
  err: string;
}

/** Run the suite. What it exits with is part of the answer. */
function run(args: string[], cwd: string): Promise<Ran> {
  const { node, suite } = conformanceSuite();
  // The suite starts once for every scenario: what was compiled is kept from start to start.
  const options = { cwd, maxBuffer: MAX_OUTPUT, env: { ...process.env, NODE_COMPILE_CACHE: join(cwd, 'compiled') } };
  return new Promise((resolve) => {
    execFile(node, [suite, ...args], options, (error, out, err) => {
      const code = error ? (typeof error.code === 'number' ? error.code : 1) : 0;
      resolve({ code, out, err });
    });
  });
}

/** Names that the suite lists, each with what stands in brackets behind it. */
async function listed(folder: string): Promise<[name: string, tags: string[]][]> {
  const { out } = await run(['list', '--client'], folder);
  return [...out.matchAll(/^\s+- (\S+)(?: \[([^\]]*)\])?/gm)].map(([, name = '', tags = '']) => [
    name,
    tags.split(','),
  ]);
}

/** What the suite's requirements of a revision say of each client scenario: `required`, or the reason why it does not count. */
function requirements(revision: string): Map<string, string> {
  if (!SETS.includes(revision)) return new Map();
  const text = readFileSync(join(dirname(conformanceSuite().suite), `../requirements/${revision}.yaml`), 'utf8');
  const client = /^client:\n((?: {2}- .*\n)+)/m.exec(text)?.[1] ?? '';
  const notScored = text.matchAll(/- scenario: (\S+)\n\s+leg: client\n\s+reason: (\S+)/g);
  return new Map([
    ...[...client.matchAll(/- (\S+)/g)].map(([, name = '']): [string, string] => [name, 'required']),
    ...[...notScored].map(([, name = '', why = '']): [string, string] => [name, why.replaceAll('-', ' ')]),
  ]);
}

async function scenarios(folder: string): Promise<Scenario[]> {
  const all = await listed(folder);
  const of = (tag: string) => all.filter(([, tags]) => tags.includes(tag)).map(([name]) => name);
  return [
    ...REVISIONS.flatMap((revision) => {
      const said = requirements(revision);
      return of(revision).map((name) => ({ name, revision, kind: said.get(name) ?? 'no requirements kept' }));
    }),
    ...of('extension').map((name) => ({ name, revision: EXTENSIONS_IN, kind: 'extension' })),
  ];
}

const whyNotOurs = (name: string): string | undefined => NOT_OURS.find(([names]) => names.test(name))?.[1];

async function play({ name, revision, kind }: Scenario, command: string, folder: string): Promise<Row> {
  const results = mkdtempSync(join(folder, 'results-'));
  const version = ['--spec-version', revision, ...(kind === 'extension' ? ['--force'] : [])];
  const args = [
    'client',
    '--command',
    command,
    '--scenario',
    name,
    ...version,
    '--timeout',
    String(LIMIT_MS),
    '-o',
    results,
  ];
  const { code, err } = await run(args, folder);
  const files = readdirSync(results, { recursive: true, encoding: 'utf8' });
  const file = files.find((path) => path.endsWith('checks.json'));
  const checks: Check[] = file ? JSON.parse(readFileSync(join(results, file), 'utf8')) : [];
  const of = (status: string) => checks.filter((check) => check.status === status);
  const [failed, warnings] = [of('FAILURE'), of('WARNING')];
  const broken = [...new Set([...failed, ...warnings].map(({ id }) => id))];
  const verdict = code === 0 ? 'passed' : `failed: ${broken.join(', ') || 'the client did not come to its end'}`;
  const counts = { passed: of('SUCCESS').length, failed: failed.length, warnings: warnings.length };
  return { name, revision, kind, ...counts, verdict, said: code === 0 ? '' : err };
}

/** The client in one file: a start of the compiler for every scenario would take longer than the scenario. */
async function bundle(folder: string): Promise<string> {
  const outfile = join(folder, 'client.mjs');
  await build({
    entryPoints: [fileURLToPath(new URL('client.ts', import.meta.url))],
    outfile,
    ...{ bundle: true, platform: 'node', format: 'esm', target: 'node20.19', logLevel: 'warning' },
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  });
  return `"${process.execPath}" "${outfile}"`;
}

/** Every scenario in every revision it belongs to; `named` takes those whose name holds it. */
export async function runAll(named = ''): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'mcp-verdict-conformance-'));
  try {
    const command = await bundle(folder);
    const waiting = (await scenarios(folder)).filter(({ name }) => name.includes(named));
    const rows = new Map<Scenario, Row>();
    const queue = [...waiting];
    const worker = async () => {
      for (let next = queue.shift(); next; next = queue.shift()) {
        const why = whyNotOurs(next.name);
        const none = { passed: 0, failed: 0, warnings: 0, said: '' };
        rows.set(
          next,
          why === undefined
            ? await play(next, command, folder)
            : { ...next, ...none, verdict: `not applicable: ${why}` },
        );
      }
    };
    await Promise.all(Array.from({ length: Math.min(4, availableParallelism()) }, worker));
    return waiting.flatMap((scenario) => rows.get(scenario) ?? []);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const version = (): string =>
  JSON.parse(readFileSync(join(dirname(conformanceSuite().suite), '../package.json'), 'utf8')).version;

/** docs/conformance.md. */
export function page(rows: Row[]): string {
  const sums = SETS.map((set) => {
    const of = rows.filter(({ revision, kind }) => revision === set && kind === 'required');
    return `- ${set}: ${of.filter(({ verdict }) => verdict === 'passed').length} of ${of.length} required scenarios passed`;
  });
  const cells = ({ name, revision, kind, passed, failed, warnings, verdict }: Row) =>
    [
      `\`${name}\``,
      revision,
      kind,
      ...(verdict.startsWith('not') ? ['', '', ''] : [passed, failed, warnings]),
      verdict,
    ].join(' | ');
  return `# Conformance

What the client scenarios of the official MCP conformance suite
([@modelcontextprotocol/conformance](https://github.com/modelcontextprotocol/conformance) ${version()}) say about the client in
mcp-verdict: the wire, the handshake and the sign-in with which it talks to a server. The suite plays a server and judges what
arrives there. It knows Streamable HTTP only.

${sums.join('\n')}

The suite keeps a set of requirements for these two revisions; what it added later, and extensions, do not count for a revision. A
warning is a SHOULD that was not followed; the suite lets a scenario fail for it. Checks that do not apply to what a client sends are
not counted. Written by \`npm run conformance\`; \`npm test\` runs every scenario again and fails when this table is not what it
sees. What the suite asks a person (a form, a page to sign in) is answered by
[test/conformance/client.ts](../test/conformance/client.ts).

| scenario | revision | status in the suite | passed | failed | warnings | verdict |
| --- | --- | --- | --: | --: | --: | --- |
${rows.map((row) => `| ${cells(row)} |`).join('\n')}
`;
}
