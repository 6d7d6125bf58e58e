/**
 * The environment of the user's login shell, asked of the shell itself. When mcp-verdict was started by the window system or
 * by an agent, its own environment is as poor as a client's, and what "my terminal" has stands only in the profile.
 */
import { ask } from './ask.js';
import type { World } from './world.js';

const LIMIT_MS = 3_000;

/** Profiles greet, warn and print colours: what counts stands between two marks. */
const BEGIN = '<<mcp-verdict-environment:';
const END = ':mcp-verdict-environment>>';

/** Run by our own Node.js, since `env -0` is not on every system. No quote of the shell's kind stands in it. */
const SCRIPT = `process.stdout.write("${BEGIN}" + JSON.stringify(process.env) + "${END}")`;

/** Variables of the asking itself. */
const OURS = /^(?:MCP_VERDICT_RUN|_|SHLVL|PWD|OLDPWD)$/;

export function environmentIn(text: string): Record<string, string> | null {
  const from = text.lastIndexOf(BEGIN);
  const to = text.indexOf(END, from);
  if (from === -1 || to === -1) return null;
  try {
    const variables = JSON.parse(text.slice(from + BEGIN.length, to)) as Record<string, string>;
    return Object.fromEntries(Object.entries(variables).filter(([name]) => !OURS.test(name)));
  } catch {
    return null;
  }
}

/**
 * The variables that a login shell sets; null when there is none to ask, or it says nothing in time. `terminal`: as in a terminal that
 * was opened just now. `session`: without a terminal, as at the login to a desktop: what stands in the file for interactive shells alone
 * is left out.
 */
export async function loginEnvironment(
  world: World,
  kind: 'terminal' | 'session' = 'terminal',
): Promise<Record<string, string> | null> {
  const shell = world.env.SHELL;
  if (world.platform === 'win32' || !shell || !shell.startsWith('/')) return null;
  const name = shell.split('/').at(-1) ?? '';
  if (/^(?:false|nologin|true)$/.test(name)) return null;
  // csh takes -l only by itself.
  const interactive = /^t?csh$/.test(name) ? ['-ic'] : ['-ilc'];
  const flags = kind === 'terminal' ? interactive : /^t?csh$/.test(name) ? ['-c'] : ['-lc'];
  const command = `'${world.node.path}' -e '${SCRIPT}'`;
  // Like a terminal that was opened just now: who the user is, and nothing that we were given.
  const env = Object.fromEntries(
    ['HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'TMPDIR', 'TERM', 'XDG_RUNTIME_DIR', 'SSH_AUTH_SOCK'].flatMap(
      (key) => {
        const value = world.env[key];
        return value === undefined ? [] : [[key, value]];
      },
    ),
  );
  const answer = await ask(
    shell,
    [...flags, command],
    {
      env: { TERM: 'dumb', PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin', ...env },
      cwd: world.home,
      limitMs: LIMIT_MS,
    },
    world,
  );
  return answer && environmentIn(answer.stdout);
}
