/**
 * How long to wait for a server that says nothing. A silent and idle process is given up after a few seconds; one that
 * works (its tree uses CPU, or it writes) is waited for up to the limit; a launcher that downloads counts as working.
 */

/** Programs that fetch or build the server before they start it, and how they end up: with the server as a child, or elsewhere. */
export const LAUNCHERS: Record<string, 'child' | 'elsewhere'> = {
  npx: 'child',
  npm: 'child',
  pnpm: 'child',
  pnpx: 'child',
  yarn: 'child',
  bunx: 'child',
  bun: 'child',
  deno: 'child',
  uvx: 'child',
  uv: 'child',
  pipx: 'child',
  poetry: 'child',
  dnx: 'child',
  dotnet: 'child',
  go: 'child',
  cargo: 'child',
  mvn: 'child',
  gradle: 'child',
  docker: 'elsewhere',
  podman: 'elsewhere',
  nerdctl: 'elsewhere',
  ssh: 'elsewhere',
};

/** The name of a program, without its folder and the extension that Windows gives it. */
export const nameOf = (command: string): string =>
  (command.split(/[/\\]/).at(-1) ?? '').replace(/\.(?:cmd|exe|bat)$/i, '');

export interface Patience {
  /** Silence without any CPU use after which we stop waiting, milliseconds. */
  idleMs: number;
  /** The same, while a launcher has not started the server yet. */
  launcherIdleMs: number;
  /** In no case longer than this. */
  limitMs: number;
}

/** `timeoutMs` is what the user asked for: then we wait just that long, whatever the process does. */
export function patienceFor(command: string, timeoutMs: number | undefined): Patience {
  if (timeoutMs !== undefined) return { idleMs: timeoutMs, launcherIdleMs: timeoutMs, limitMs: timeoutMs };
  return LAUNCHERS[nameOf(command)]
    ? { idleMs: 5_000, launcherIdleMs: 20_000, limitMs: 120_000 }
    : { idleMs: 5_000, launcherIdleMs: 5_000, limitMs: 60_000 };
}

/** True while the launcher is still alone: the server it is to start is not there yet. */
export function launcherAlone(command: string, treeSize: number): boolean {
  const kind = LAUNCHERS[nameOf(command)];
  return kind === 'elsewhere' || (kind === 'child' && treeSize < 2);
}
