/** What a client wrote into its own log when it last ran a server: found, read from its end, and cut to that run. */

import { commandIn } from '../case/client-log.js';
import type { Evidence } from '../case/evidence.js';
import { isNamed, lastRun, tells } from '../case/log-runs.js';
import { plain } from '../case/plain.js';
import { redactor, secretArgs } from '../case/redact.js';
import { unwrapped } from '../case/unwrap.js';
import type { Client, ClientLog } from '../clients/client.js';
import { locate, type Side, shownPath, sidesOf } from './places.js';
import type { Tail } from './read-tail.js';
import type { World } from './world.js';

/** Bytes read from the end of one file. Some clients write every message into their log, and never start a new one. */
const MAX_BYTES = 2 * 1024 * 1024;
/** Files of which the time is asked, and files that are read until one tells of the server. */
const MAX_FILES = 2_000;
const MAX_READ = 12;
const FIRST_LINES = 60;
const LAST_LINES = 240;
const MAX_LINE = 600;
export interface ClientLogOptions {
  /** When the file with the entry was written last, milliseconds since 1970. */
  configChangedMs?: number;
  /** The folder that is open: of the logs of several projects its own count. */
  project?: string;
}

interface Found {
  path: string;
  side: Side;
  of: ClientLog['of'];
  mtimeMs: number;
  /** It lies in a folder named after the project. */
  own: boolean;
}

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');

/** A server's name as a file name holds it: what is no letter and no digit may have been replaced by one character. */
const nameInFile = (server: string): string =>
  [...server].map((char) => (/[A-Za-z0-9]/.test(char) ? char : '[^/A-Za-z0-9]')).join('');

const patternOf = (text: string, server: string): string =>
  text
    .split(/(<name>|\*)/)
    .map((piece) => (piece === '<name>' ? nameInFile(server) : piece === '*' ? '[^/]*' : escaped(piece)))
    .join('');

/**
 * Whether a path that was found by its pattern is that of this server. A client starts a new file when one is full, and numbers or
 * renames the old one: x1.log, x.log.1, x.log.old.
 */
function fits(pattern: string, server: string): (path: string) => boolean {
  const parts = pattern.split('/');
  const named = parts.findIndex((part) => part.includes('<name>'));
  const file = parts.pop() ?? '';
  const above = named < 0 ? [] : parts.slice(named).map((part) => patternOf(part, server));
  const [, stem = file, ext = ''] = /^(.*?)(\.\w{2,5})$/.exec(file) ?? [];
  const last = `${patternOf(stem, server)}(?:\\.?\\d{1,2})?${escaped(ext)}(?:\\.old|\\.\\d{1,2})?`;
  const whole = new RegExp(`(?:^|/)${[...above, last].join('/')}$`, 'i');
  return (path) => whole.test(path);
}

/** The pattern by which files are listed: any name in place of the server's, and what a full file may have been renamed to. */
const listed = (path: string): string =>
  path
    .replace(/\$(?<name>[A-Z_]+)(?=\/)/g, '%$<name>%')
    .replaceAll('<name>', '*')
    .replace(/(?<stem>[^/*])(?<ext>\.\w{2,5})$/, '$<stem>*$<ext>*')
    .replace(/\*(?<ext>\.\w{2,5})$/, '*$<ext>*')
    .replaceAll('**', '*');

/** The folder of a project as clients name one after it. */
const slug = (project: string): string => project.replace(/[^A-Za-z0-9]/g, '-');

function filesOf(client: Client, server: string, world: World, project: string): Found[] {
  const name = slug(project);
  // What moves a client's folder moves its log in it; one that puts a single file elsewhere than in the home folder does not.
  const movedBy = [...client.places, ...(client.approval?.answers ?? [])]
    .flatMap((place) => place.movedBy ?? [])
    .filter(({ replaces }) => replaces !== '~');
  return sidesOf(world).flatMap((side) =>
    client.logs
      .filter(({ os }) => os.includes(side.os))
      .flatMap(({ path, of }) => {
        const isOne = fits(path, server);
        // Stamps sort by time: the latest are looked at where there are too many.
        const paths = locate({ path: listed(path), movedBy }, side, project, world, MAX_FILES)
          .map((found) => found.path)
          .filter(isOne)
          .sort()
          .reverse()
          .slice(0, MAX_FILES);
        return paths.flatMap((one): Found[] => {
          const at = world.tail(one, 0);
          return at ? [{ path: one, side, of, mtimeMs: at.mtimeMs, own: one.split('/').includes(name) }] : [];
        });
      }),
  );
}

/** The text of the end of a log; null when it is none. The first line is left out where it was cut. */
function textOf({ bytes, start, cut }: Tail): string | null {
  const zeros = (odd: 0 | 1): number => {
    let count = 0;
    for (let i = odd; i < Math.min(bytes.length, 4_000); i += 2) count += bytes[i] === 0 ? 1 : 0;
    return count;
  };
  const half = Math.min(bytes.length, 4_000) / 2;
  const marked =
    start[0] === 0xff && start[1] === 0xfe ? 'utf-16le' : start[0] === 0xfe && start[1] === 0xff ? 'utf-16be' : null;
  const guessed = zeros(1) > half * 0.6 ? 'utf-16le' : zeros(0) > half * 0.6 ? 'utf-16be' : null;
  const encoding = marked ?? guessed ?? 'utf-8';
  if (encoding === 'utf-8' && zeros(0) + zeros(1) > half * 0.02) return null;
  const text = new TextDecoder(encoding).decode(bytes);
  return cut > 0 ? text.slice(text.indexOf('\n') + 1) : text;
}

/** Times as clients stamp their lines: ISO 8601, or without a zone, in that of the machine. */
const STAMP =
  /^\W{0,2}(?:[A-Z]{4,5} +)?(?<date>\d{4}-\d\d-\d\d)[T ](?<time>\d\d:\d\d:\d\d)(?<rest>[.,]\d{1,9})? ?(?<zone>Z|[+-]\d\d:?\d\d)?/;

/** The latest time in the lines, ISO 8601. */
function lastTime(lines: string[]): string | undefined {
  for (const line of lines.toReversed()) {
    const { date, time, zone = '' } = STAMP.exec(line)?.groups ?? {};
    const at = new Date(`${date}T${time}${zone}`);
    if (date !== undefined && !Number.isNaN(at.getTime())) return at.toISOString();
  }
  return undefined;
}

/** The run of the server in one file; null when the file tells nothing of it. */
function runIn(text: string, { of }: Found, server: string): ReturnType<typeof lastRun> | null {
  const lines = unwrapped(text.split(/\r\n|\n|\r/).map(plain)).map((line) => line.slice(0, MAX_LINE));
  const run = lastRun(lines, server);
  const about = run.servers.some((name) => isNamed(name, server));
  // A log that names servers, and not this one, is another's: the file name was alike.
  if (!about && (of === 'all-servers' || run.servers.length > 0)) return null;
  return tells(run.lines) ? run : null;
}

const iso = (ms: number): string => new Date(ms).toISOString();

/** Where to look in words, for a person: of a family of files its pattern. */
const places = (client: Client, server: string, world: World): string[] => {
  const own = sidesOf(world)[0];
  return client.logs.flatMap(({ os, path }) =>
    own && os.includes(own.os) ? [shownPath(path.replaceAll('<name>', server), own)] : [],
  );
};

function nothing(client: Client, server: string, world: World, unread: number): { why: string } {
  const panel = client.logPanel ? ` It shows its log in ${client.logPanel}.` : '';
  const looked = places(client, server, world);
  if (looked.length === 0) return { why: `no log file of ${client.name} is known on this system.${panel}` };
  const shown = looked.slice(0, 3).join(', ') + (looked.length > 3 ? ` and ${looked.length - 3} more` : '');
  return {
    why: unread
      ? `${unread === 1 ? 'the log' : `${unread} logs`} of ${client.name} (${shown}) could be read, and tell${unread === 1 ? 's' : ''} nothing of a run of ${server}.${panel}`
      : `${client.name} has left no log of ${server} (${shown}).${panel}`,
  };
}

/**
 * The last run of a server in the log of its client. Of several files the newest that tells of the server counts. Never throws for
 * what the files hold; where there is nothing to read, says why, as a piece of a sentence.
 */
export async function readClientLog(
  client: Client,
  server: string,
  world: World,
  { configChangedMs, project = world.cwd }: ClientLogOptions = {},
): Promise<Evidence['clientLog'] | { why: string }> {
  const found = filesOf(client, server, world, project);
  // A log of this project says more than a newer one of another, and that of one server more than one of all.
  const rank = (file: Found) => (file.own ? 0 : 2) + (file.of === 'one-server' ? 0 : 1);
  const files = found.sort((a, b) => rank(a) - rank(b) || b.mtimeMs - a.mtimeMs).slice(0, MAX_READ);
  for (const file of files) {
    const tail = world.tail(file.path, MAX_BYTES);
    const text = tail && textOf(tail);
    const run = text ? runIn(text, file, server) : null;
    if (!tail || !run) continue;
    const { lines } = run;
    const cut = lines.length > FIRST_LINES + LAST_LINES;
    const kept = cut ? [...lines.slice(0, FIRST_LINES), ...lines.slice(-LAST_LINES)] : lines;
    // Arguments stand in a log as they were given.
    const redact = redactor(secretArgs(commandIn(lines.join('\n'))?.args ?? []));
    return {
      client: client.id,
      clientName: client.name,
      file: shownPath(file.path, file.side),
      changedAt: iso(tail.mtimeMs),
      ranAt: lastTime(lines),
      ...(configChangedMs !== undefined && { configChangedAt: iso(configChangedMs) }),
      server,
      run: run.run,
      runs: run.runs,
      guessed: run.guessed,
      lines: kept.map(redact),
      omitted: lines.length - kept.length,
    };
  }
  return nothing(client, server, world, files.length);
}
