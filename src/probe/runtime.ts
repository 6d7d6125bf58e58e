/** Which runtime would run the server, and its version. Asked only after a failure: it costs a process of its own. */
import type { Evidence } from '../case/evidence.js';
import { ask } from './ask.js';
import type { Entry } from './command.js';
import { pathFor, programName, resolveCommand } from './lookup.js';
import type { World } from './world.js';

type Runtime = NonNullable<Evidence['launch']['runtime']>;

const LIMIT_MS = 3_000;

/** Two words: the version, and the file that really runs, which behind a shim is another one. */
const NODE = ['-p', 'process.version + " " + process.execPath'];
const PYTHON = ['-c', 'import sys; print("%d.%d.%d" % sys.version_info[:3], sys.executable)'];

/** The runtime behind a command, and the question that makes it name its version. */
const RUNTIMES: { command: RegExp; name: string; program: string | null; question: string[] }[] = [
  { command: /^(?:node|nodejs)$/, name: 'node', program: null, question: NODE },
  { command: /^(?:npx|npm|pnpm|pnpx|yarn|tsx|ts-node)$/, name: 'node', program: 'node', question: NODE },
  { command: /^(?:python|py)[\d.]*$/, name: 'python', program: null, question: PYTHON },
  { command: /^(?:uvx?|pipx)$/, name: 'uv', program: null, question: ['--version'] },
  { command: /^java$/, name: 'java', program: null, question: ['-version'] },
  { command: /^(?:deno|bun|ruby|php|dotnet)$/, name: '', program: null, question: ['--version'] },
];

/** The program that runs a server: the command itself, or the interpreter that its first line names. */
function programOf(
  command: string,
  file: Evidence['launch']['file'],
): { known: (typeof RUNTIMES)[number]; program: string } | null {
  for (const program of [command, file?.shebang?.interpreter ?? '']) {
    const known = RUNTIMES.find((runtime) => runtime.command.test(programName(program)));
    if (known) return { known, program: known.program ?? program };
  }
  return null;
}

/** The file that runs the server in an environment: what decides between two of the same name. */
export function runtimeFile(
  entry: Entry,
  file: Evidence['launch']['file'],
  env: Record<string, string>,
  world: World,
): { name: string; path: string } | null {
  const found = programOf(entry.command, file);
  const path = found && resolveCommand(found.program, env, pathFor(world).resolve(world.cwd, entry.cwd ?? '.'), world);
  return found && path ? { name: found.known.name || programName(found.program), path } : null;
}

/** Name, version and file of the runtime; undefined when the command is none, or does not say within 3 seconds. */
export async function runtimeOf(
  entry: Entry,
  file: Evidence['launch']['file'],
  env: Record<string, string>,
  world: World,
): Promise<Runtime | undefined> {
  const found = programOf(entry.command, file);
  const runtime = runtimeFile(entry, file, env, world);
  if (!found || !runtime) return undefined;
  const { name, path } = runtime;
  if (name === 'node' && world.realpath(path) === world.realpath(world.node.path))
    return { name, version: world.node.version, path: world.node.path };
  const answer = await ask(path, found.known.question, { env, cwd: entry.cwd, limitMs: LIMIT_MS }, world);
  const text = `${answer?.stdout ?? ''}\n${answer?.stderr ?? ''}`;
  const version = /\d+(?:\.\d+)+/.exec(text)?.[0];
  if (!version) return undefined;
  const told = /^v?\d+(?:\.\d+)+\S* (?<file>(?:\/|[A-Za-z]:\\).+)$/m.exec(text)?.groups?.file?.trim();
  return { name, version, path: told ?? path };
}
