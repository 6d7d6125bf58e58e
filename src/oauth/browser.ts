/**
 * Opens an address in the person's browser. The address was named by a stranger, the authorization server: it is opened only when it is
 * plainly a web address, in a form in which no shell on the way could read anything into it, and it is never given to a shell.
 */
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { release } from 'node:os';
import { basename, delimiter, isAbsolute, join } from 'node:path';
import { isLoopbackHost } from './safe.js';

/** `refused`: nobody should open it, so it is not shown either. `failed`: a person can open it by hand. */
export type Opened = 'opened' | { refused: string } | { failed: string };

const MAX_LENGTH = 8_000;
/** A program that hands the address on ends within this, and says whether it could. One that is the browser goes on. */
const HANDS_ON_MS = 2_000;

/** A started program: the exit code it has, or will have. */
interface Started {
  exitCode: number | null;
  once(event: 'exit', listener: (code: number | null) => void): unknown;
}

/** What of the machine decides how an address is opened, and the opening itself. */
export interface Desktop {
  platform: NodeJS.Platform;
  env: Record<string, string | undefined>;
  container: boolean;
  wsl: boolean;
  /** The path of a program that can be started. */
  find(program: string): string | undefined;
  /** `program`: a path, instead of what the system takes for web addresses. */
  start(url: string, program?: string): Promise<Started>;
}

const runs = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
};

export function thisDesktop(env: Desktop['env'] = process.env): Desktop {
  const { platform } = process;
  const container = platform === 'linux' && ['/.dockerenv', '/run/.containerenv'].some((path) => existsSync(path));
  return {
    platform,
    env,
    container,
    wsl: platform === 'linux' && !container && /microsoft/i.test(release()),
    find(program) {
      if (isAbsolute(program)) return runs(program) ? program : undefined;
      if (program.includes('/')) return undefined;
      // A relative folder in the PATH would start what lies in the working directory, which may be a stranger's.
      const folders = (env.PATH ?? '').split(delimiter).filter(isAbsolute);
      return folders.map((folder) => join(folder, program)).find(runs);
    },
    async start(url, program) {
      const { default: open } = await import('open');
      return open(url, program === undefined ? {} : { app: { name: program } });
    },
  };
}

/** Percent-encoded, so that neither sh nor cmd nor PowerShell sees more than a word. A server decodes it to what it was. */
const inert = (text: string): string =>
  text
    .replace(/%(?![0-9A-Fa-f]{2})/g, '%25')
    .replace(
      /[^A-Za-z0-9\-._~:/?#@&=+,;%]/g,
      (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
    );

/** The address as it is given away, or why it is not. No reason repeats it: it holds the state of the sign-in. */
export function openable(text: string): { url: string } | Exclude<Opened, 'opened'> {
  if (text.length > MAX_LENGTH) return { refused: `it is longer than ${MAX_LENGTH} characters` };
  // The URL parser drops line breaks and tabs and reads \ as /: what is opened would not be what was written.
  if (/[\p{C}\p{Z}\\]/u.test(text)) return { refused: 'it holds spaces, control characters or backslashes' };
  if (!URL.canParse(text)) return { refused: 'it is no absolute URL' };
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    return { refused: `it begins with ${url.protocol.slice(0, 30)}, and only https: and http: are opened` };
  if (url.username !== '' || url.password !== '') return { refused: 'it holds a user name or a password' };
  if (!/^(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])$/.test(url.hostname))
    return { refused: 'its host holds characters that no host name has' };
  if (url.protocol === 'http:' && !isLoopbackHost(url.hostname))
    return { failed: 'it begins with http:, so everyone on the way can read the sign-in' };
  const given = `${url.protocol}//${url.host}${inert(url.pathname + url.search + url.hash)}`;
  return given.length > MAX_LENGTH ? { refused: `it is longer than ${MAX_LENGTH} characters` } : { url: given };
}

/** The program that the person wants for web addresses: a name or a path. What would need a shell is left to xdg-open. */
function chosen({ env, find }: Desktop): string | undefined {
  const program = env.BROWSER ?? '';
  return /^[\w./+][\w./+-]*$/.test(program) ? find(program) : undefined;
}

const isSet = (value: string | undefined): boolean => value !== undefined && !/^(?:|0|false)$/i.test(value);

/** Whose hands the address goes into, or why there are none. */
function opener(desktop: Desktop): { program?: string } | { failed: string } {
  const { platform, env, container, wsl, find } = desktop;
  const ssh = isSet(env.SSH_CONNECTION) || isSet(env.SSH_CLIENT) || isSet(env.SSH_TTY);
  if (isSet(env.CI)) return { failed: 'CI is set: nobody sits in front of a browser' };
  if (/^none$/i.test(env.BROWSER ?? '')) return { failed: 'BROWSER is none' };
  // A browser would open in front of somebody else.
  const far = { failed: 'this is an SSH session, and the browser is on your own machine' };
  if (platform === 'darwin' || platform === 'win32') return ssh ? far : {};
  const program = chosen(desktop);
  if (program) return { program };
  if (wsl && !ssh) return {};
  if (!env.DISPLAY && !env.WAYLAND_DISPLAY) {
    if (ssh) return far;
    if (container) return { failed: 'this is a container without a display' };
    return { failed: 'there is no display: neither DISPLAY nor WAYLAND_DISPLAY is set' };
  }
  const xdgOpen = find('xdg-open');
  return xdgOpen ? { program: xdgOpen } : { failed: 'xdg-open is not in the PATH' };
}

/** The exit code of a program that ends at once; null while it runs on. */
function ended(child: Started): Promise<number | null> {
  if (child.exitCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(null), HANDS_ON_MS);
    child.once('exit', (code) => {
      clearTimeout(timer);
      // Ended by a signal: it did not hand on anything.
      resolve(code ?? -1);
    });
  });
}

/** Open it. Never throws. */
export async function openBrowser(text: string, desktop: Desktop = thisDesktop()): Promise<Opened> {
  const address = openable(text);
  if (!('url' in address)) return address;
  const by = opener(desktop);
  if ('failed' in by) return by;
  const { program } = by;
  const name = program === undefined ? 'the system' : basename(program);
  try {
    const code = await ended(await desktop.start(address.url, program));
    if (code === null || code === 0) return 'opened';
    return { failed: `${name} could not open it (${code < 0 ? 'ended by a signal' : `exit code ${code}`})` };
  } catch (error) {
    return { failed: `${name} could not be started (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})` };
  }
}
