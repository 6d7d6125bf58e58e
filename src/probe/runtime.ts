/** Which runtime would run the server, and its version. Asked only after a failure: it costs a process of its own. */
import type { Evidence } from '../case/evidence.js';
import { type Entry, lookUp } from './command.js';
import type { World } from './world.js';

const LIMIT_MS = 3_000;

/** The runtime behind a command, and the option that makes it name its version. */
const RUNTIMES: { command: RegExp; name: string; program: string | null; option: string }[] = [
  { command: /^(?:node|nodejs)$/, name: 'node', program: null, option: '--version' },
  { command: /^(?:npx|npm|pnpm|pnpx|yarn)$/, name: 'node', program: 'node', option: '--version' },
  { command: /^(?:python|py)[\d.]*$/, name: 'python', program: null, option: '--version' },
  { command: /^(?:uvx?|pipx)$/, name: 'uv', program: null, option: '--version' },
  { command: /^java$/, name: 'java', program: null, option: '-version' },
  { command: /^(?:deno|bun|ruby|php|dotnet)$/, name: '', program: null, option: '--version' },
];

/** Name and version of the runtime; undefined when the command is none, or does not say within 3 seconds. */
export async function runtimeOf(
  entry: Entry,
  env: Record<string, string>,
  world: World,
): Promise<Evidence['launch']['runtime']> {
  const base = (entry.command.split(/[/\\]/).at(-1) ?? '').replace(/\.(?:exe|cmd)$/i, '');
  const known = RUNTIMES.find(({ command }) => command.test(base));
  if (!known) return undefined;
  const program = known.program ?? entry.command;
  const found = lookUp(program, env, entry.cwd ?? world.cwd, world).found;
  if (!found) return undefined;
  if (known.name === 'node' && world.realpath(found) === world.realpath(world.node.path))
    return { name: 'node', version: world.node.version };
  const text = await new Promise<string>((resolve) => {
    try {
      const child = world.spawn(found, [known.option], { env });
      let said = '';
      const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
      const add = (chunk: Buffer) => {
        if (said.length < 1_000) said += chunk.toString('utf8');
      };
      child.stdout?.on('data', add);
      child.stderr?.on('data', add);
      child.stdin?.on('error', () => {});
      child.stdin?.end();
      child.once('error', () => resolve(''));
      child.once('close', () => {
        clearTimeout(timer);
        resolve(said);
      });
    } catch {
      resolve('');
    }
  });
  const version = /\d+(?:\.\d+)+/.exec(text)?.[0];
  return version ? { name: known.name || base, version } : undefined;
}
