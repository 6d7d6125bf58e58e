/** The program to start and how it ended, as an entry of a config and the words of clients tell it. */
import { endedIn } from './client-log.js';
import type { Evidence } from './evidence.js';
import { isPlaceholder, redactArgs } from './redact.js';
import type { Symptoms } from './symptoms.js';

/** Exit status and failure to spawn, as a client or a launcher words them. */
export function processOf(symptoms: Symptoms): Evidence['process'] | undefined {
  const text = [symptoms.clientError, symptoms.stderr, symptoms.serverLog].filter(Boolean).join('\n');
  const spawn =
    /\bspawn\s(?<path>[^\n]+?)\s(?<code>E[A-Z0-9]{3,}|enoent|eacces|einval)\b|\bspawn (?<bare>E[A-Z0-9]{3,})\b/.exec(
      text,
    )?.groups;
  const told = symptoms.exitCode === undefined && symptoms.signal === undefined ? endedIn(text) : undefined;
  const code = symptoms.exitCode ?? told?.code ?? undefined;
  const signal = symptoms.signal ?? told?.signal ?? undefined;
  if (!spawn && code === undefined && signal === undefined) return undefined;
  const errno = (spawn?.code ?? spawn?.bare)?.toUpperCase();
  return {
    pid: null,
    spawnError: errno
      ? { code: errno, message: `spawn ${spawn?.path ?? ''} ${errno}`.replace('  ', ' '), path: spawn?.path }
      : undefined,
    exit:
      errno || (code === undefined && signal === undefined)
        ? undefined
        : { code: signal ? null : (code ?? null), signal: signal ?? null, atMs: 0, by: 'itself' },
    lifetimeMs: 0,
    pending: [],
  };
}

const strings = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((v): v is string => typeof v === 'string') : [];

/** Keys under which clients keep their servers, and keys by which the entry of one server is known. */
const SERVERS = /^(?:mcp_?servers|servers|mcp|context_servers|extensions)$/i;
const OF_ONE = ['command', 'url', 'serverUrl', 'httpUrl', 'uri'];

/** The entry of the one server in what was pasted, which may be the whole file or the entry with its name. */
export function serverIn(entry: Record<string, unknown> | undefined, depth = 0): Record<string, unknown> | undefined {
  if (!entry || depth > 3 || OF_ONE.some((key) => typeof entry[key] === 'string' || Array.isArray(entry[key])))
    return entry;
  const inner = Object.entries(entry).filter(
    (pair): pair is [string, Record<string, unknown>] =>
      typeof pair[1] === 'object' && pair[1] !== null && !Array.isArray(pair[1]),
  );
  const named = inner.filter(([key]) => SERVERS.test(key) || key === 'transport');
  const [only, another] = named.length > 0 ? named : inner.length === Object.keys(entry).length ? inner : [];
  if (!only || another) return entry;
  const found = serverIn(only[1], depth + 1);
  return found && OF_ONE.some((key) => found[key] !== undefined) ? found : entry;
}

/** The address in an entry, under the names that clients have for it. */
export function urlIn(entry: Record<string, unknown> | undefined): string | undefined {
  const value = entry?.url ?? entry?.serverUrl ?? entry?.httpUrl ?? entry?.uri;
  return typeof value === 'string' ? value : undefined;
}

export function launchOf(entry: Record<string, unknown> | undefined): Evidence['launch'] | undefined {
  // opencode writes command and arguments as one array.
  const words = Array.isArray(entry?.command) ? strings(entry.command) : null;
  const command = words ? words[0] : entry?.command;
  if (typeof command !== 'string') return undefined;
  const env = entry?.env ?? entry?.environment ?? {};
  return {
    command,
    args: words ? words.slice(1) : strings(entry?.args),
    cwd: typeof entry?.cwd === 'string' ? entry.cwd : undefined,
    env: Object.entries(env as Record<string, unknown>).map(([name, value]) => ({
      name,
      state: value === '' || value === null ? 'empty' : 'set',
    })),
    paths: [],
  };
}

/** A port or an address to listen on, which is no secret and may be the fault. */
const isListening = (name: string, value: string): boolean =>
  /(?:^|_)(?:PORT|HOST|HOSTNAME|BIND|LISTEN|ADDR(?:ESS)?)$/i.test(name) &&
  /^(?:\d{1,5}|localhost|(?:\d{1,3}\.){3}\d{1,3}(?::\d{1,5})?|\[?::1?\]?)$/.test(value);

/**
 * An entry with the values of its variables and headers left out. A placeholder is kept: it is a name, and a fault of its own.
 * Compose files write variables as a list of `NAME=value`.
 */
function withoutValues(entry: Record<string, unknown>): Record<string, unknown> {
  const named = (values: unknown) =>
    Object.fromEntries(
      (Array.isArray(values)
        ? values.map((line) => String(line).split(/=(.*)/s).slice(0, 2) as [string, unknown])
        : Object.entries((values ?? {}) as Record<string, unknown>)
      ).map(([name, value]) => [
        name,
        isPlaceholder(String(value)) || isListening(name, String(value)) ? value : '<set>',
      ]),
    );
  return Object.fromEntries(
    Object.entries(entry).map(([key, value]) => [
      key,
      ['env', 'environment', 'envs', 'headers'].includes(key)
        ? named(value)
        : typeof value === 'object' && value !== null && !Array.isArray(value)
          ? withoutValues(value as Record<string, unknown>)
          : Array.isArray(value)
            ? redactArgs(value.map(String), (word) => word)
            : value,
    ]),
  );
}

/** A known key with a value of another kind than most clients take: it is kept as it stands, since that may be the fault. */
const isOdd = ({ command, args, env }: Record<string, unknown>): boolean =>
  (command !== undefined && typeof command !== 'string') ||
  (args !== undefined && !Array.isArray(args)) ||
  (env !== undefined && (typeof env !== 'object' || env === null || Array.isArray(env)));

const KNOWN_KEYS = new Set(['command', 'args', 'env', 'cwd']);

/** The entry as JSON text, when it says more than `launch` can hold. */
export function entryText(entry: Record<string, unknown> | undefined): string | undefined {
  if (!entry) return undefined;
  const more =
    entry.command === undefined ||
    Object.keys(entry).some((key) => !KNOWN_KEYS.has(key)) ||
    isOdd(entry) ||
    // A variable whose value is still a placeholder shows only here: `launch` has no values.
    Object.values(entry.env ?? {}).some((value) => isPlaceholder(String(value)));
  return more ? JSON.stringify(withoutValues(entry)).slice(0, 4_000) : undefined;
}
