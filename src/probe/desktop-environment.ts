/**
 * The environment of a program that the desktop started: from the Dock, a launcher or the Start menu, with no shell in between. It is
 * what a server of such a program begins with, and poorer than that of a terminal: what a profile sets for interactive shells (nvm,
 * Homebrew, exported keys) is not in it.
 */
import { ask } from './ask.js';
import { loginEnvironment } from './login-shell.js';
import type { World } from './world.js';

type Variables = Record<string, string>;

/** What the desktop gives, and how we know: a sentence for what had to be assumed. */
export interface Desktop {
  env: Variables;
  assumed?: string;
}

const LIMIT_MS = 2_000;

/** launchd: `man launchctl`; the same list stands in <paths.h> as _PATH_STDPATH. */
const LAUNCHD_PATH = '/usr/bin:/bin:/usr/sbin:/sbin';
/** What a system that says nothing else gives at a login: ENV_PATH of login.defs. */
const LOGIN_PATH = '/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games';

/** What launchd sets for every program of a user's session, beside the PATH. */
const OF_LAUNCHD = [
  'HOME',
  'LOGNAME',
  'USER',
  'SHELL',
  'TMPDIR',
  'SSH_AUTH_SOCK',
  'XPC_FLAGS',
  '__CF_USER_TEXT_ENCODING',
];
/** Who the user is, as every login knows. */
const OF_LOGIN = [
  'HOME',
  'LOGNAME',
  'USER',
  'SHELL',
  'LANG',
  'TMPDIR',
  'DISPLAY',
  'WAYLAND_DISPLAY',
  'XDG_RUNTIME_DIR',
];

const some = (env: World['env'], names: readonly string[]): Variables =>
  Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));

const defined = (env: World['env']): Variables => some(env, Object.keys(env));

/** A value as `systemctl show-environment` quotes it: `$'...'` with the escapes of C where something needs them. */
function unquoted(text: string): string {
  const inner = /^\$'([\s\S]*)'$/.exec(text)?.[1];
  if (inner === undefined) return text;
  const escapes: Record<string, string> = { n: '\n', t: '\t', r: '\r' };
  return inner.replace(/\\(?:x([0-9a-fA-F]{2})|([\s\S]))/g, (_, hex: string | undefined, letter: string) =>
    hex ? String.fromCharCode(Number.parseInt(hex, 16)) : (escapes[letter] ?? letter),
  );
}

/** The variables in what `systemctl --user show-environment` writes. */
export function shownEnvironment(text: string): Variables {
  const pairs = text.split('\n').flatMap((line): [string, string][] => {
    const cut = line.indexOf('=');
    return cut > 0 ? [[line.slice(0, cut), unquoted(line.slice(cut + 1))]] : [];
  });
  return Object.fromEntries(pairs);
}

async function onLinux(world: World): Promise<Desktop> {
  const given = {
    PATH: world.env.PATH ?? LOGIN_PATH,
    ...some(world.env, ['HOME', 'XDG_RUNTIME_DIR', 'DBUS_SESSION_BUS_ADDRESS']),
  };
  const question = ['--user', 'show-environment'];
  const manager = await ask('systemctl', question, { env: given, limitMs: LIMIT_MS }, world);
  const shown = manager?.code === 0 ? shownEnvironment(manager.stdout) : {};
  if (shown.PATH) return { env: { ...some(world.env, OF_LOGIN), ...shown } };
  // A display manager reads the profile once, in a shell that is no interactive one: .bashrc and .zshrc are left out.
  const login = await loginEnvironment(world, 'session');
  const who = some(world.env, OF_LOGIN);
  if (login?.PATH)
    return {
      env: { ...who, ...login },
      assumed:
        'The PATH of the desktop is that of a login shell without a terminal: no session manager could be asked.',
    };
  return {
    env: { ...who, PATH: LOGIN_PATH },
    assumed: `The PATH of the desktop is taken to be ${LOGIN_PATH}: neither a session manager nor a login shell said another.`,
  };
}

async function onMac(world: World): Promise<Desktop> {
  // Empty unless somebody set it for the whole session.
  const set = await ask(
    '/bin/launchctl',
    ['getenv', 'PATH'],
    { env: { PATH: LAUNCHD_PATH }, limitMs: LIMIT_MS },
    world,
  );
  const path = set?.code === 0 ? set.stdout.trim() : '';
  return { env: { ...some(world.env, OF_LAUNCHD), PATH: path || LAUNCHD_PATH } };
}

const MACHINE = 'HKLM\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Environment';
const USER = 'HKCU\\Environment';

/** The value in what `reg query KEY /v Path` writes, with the variables in it filled in. */
export function registryPath(text: string, env: World['env']): string | null {
  const value = /^\s+Path\s+REG_(?:EXPAND_)?SZ\s+(.*?)\s*$/im.exec(text)?.[1];
  if (value === undefined) return null;
  return value.replace(/%([^%;]+)%/g, (whole, name: string) => {
    const own = Object.keys(env).find((key) => key.toUpperCase() === name.toUpperCase());
    return (own && env[own]) ?? whole;
  });
}

async function onWindows(world: World): Promise<Desktop> {
  // Explorer hands on what the registry holds; a terminal may have more.
  const own = defined(world.env);
  const question = (key: string) => ask('reg', ['query', key, '/v', 'Path'], { env: own, limitMs: LIMIT_MS }, world);
  const answers = await Promise.all([question(MACHINE), question(USER)]);
  const paths = answers.flatMap((answer) => (answer?.code === 0 ? (registryPath(answer.stdout, world.env) ?? []) : []));
  const rest = Object.entries(own).filter(([name]) => name.toUpperCase() !== 'PATH');
  const name = Object.keys(own).find((key) => key.toUpperCase() === 'PATH') ?? 'Path';
  if (paths.length > 0) return { env: { ...Object.fromEntries(rest), [name]: paths.join(';') } };
  return {
    env: own,
    assumed: 'The PATH of the desktop is taken to be that of this terminal: the registry could not be read.',
  };
}

/** What a program gets that the desktop starts on this machine. */
export function desktopEnvironment(world: World): Promise<Desktop> {
  if (world.platform === 'win32') return onWindows(world);
  return world.platform === 'darwin' ? onMac(world) : onLinux(world);
}
