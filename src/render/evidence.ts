/** Where a quoted piece of evidence comes from, in words. */
import type { Attempt, CaseFile } from '../case/case-file.js';
import type { Evidence } from '../case/evidence.js';
import { exitMeaning, exitName } from '../case/exit-status.js';
import { resolve } from '../case/pointer.js';
import { momentOfExit } from '../verdict/moment.js';
import { twoWorlds } from '../verdict/two-worlds.js';
import type { Citation } from '../verdict/verdict.js';
import { authorizationFact } from './authorization.js';
import { duration } from './duration.js';
import { remoteFact } from './remote.js';
import { sourceLines } from './source.js';

/** "40 ms before the end" of a server that ended by itself, else the time since the start; empty when no time is known. */
function when(file: CaseFile, atMs: unknown): string {
  const exit = resolve(file, '/evidence/process/value/exit') as { atMs?: number; by?: string } | undefined;
  // A pasted line has no time.
  if (typeof atMs !== 'number' || atMs <= 0) return '';
  const end = exit?.by === 'itself' ? exit.atMs : undefined;
  if (end !== undefined && atMs <= end) return `, ${duration(end - atMs)} before the end`;
  return `, after ${duration(atMs)}`;
}

type Sample = { atMs: number; rssBytes: number; cpuMs: number; processes: number };

/** "memory 40 MB, at most 900 MB; 12.1 s of CPU time in 14.0 s; 3 processes". */
function growth(samples: Sample[]): string {
  const [first] = samples;
  const last = samples.at(-1);
  if (!first || !last) return '';
  const mb = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;
  const most = Math.max(...samples.map(({ rssBytes }) => rssBytes));
  const processes = Math.max(...samples.map((sample) => sample.processes));
  return `memory ${mb(first.rssBytes)}, at most ${mb(most)}; ${duration(last.cpuMs)} of CPU time in ${duration(last.atMs)}; ${processes} process${processes === 1 ? '' : 'es'}`;
}

/** Facts about the process that are objects, in words. */
function processFact(part: string | undefined, value: Record<string, unknown> | undefined): string | null {
  if (part === 'silence')
    return `silent for ${duration(Number(value?.waitedMs))}, ${value?.busy ? 'while using CPU' : 'and idle'}`;
  if (part === 'listening') {
    const ports = Array.isArray(value) ? value : [value];
    return (ports as { address?: string; port?: number }[])
      .map((place) => `${place?.address}:${place?.port}`)
      .join(', ');
  }
  if (part === 'again')
    return `a second start: ${value?.outcome} after ${duration(Number(value?.ms))} (${String(value?.why)})`;
  if (part === 'leftBehindNames' && Array.isArray(value)) return value.join(', ');
  if (part === 'samples' && Array.isArray(value)) return growth(value as Sample[]);
  if (part === 'pending' && Array.isArray(value)) return `unanswered: ${value.join(', ')}`;
  return null;
}

type StdoutLine = { line?: number; offset?: number; by?: { who: string; name?: string; how: string } };

const writer = ({ who, name, how }: NonNullable<StdoutLine['by']>): string =>
  name && !how.includes(name) ? `the ${who} ${name}` : `the ${who}`;

function launchFact(
  part: string | undefined,
  value: Record<string, unknown> | undefined,
  at: string,
): { label: string; text: string } | null {
  if (part === 'lookup') {
    if (typeof value?.path === 'string')
      return {
        label: value.via === undefined || at.endsWith('/shell') ? 'your shell would start' : 'found elsewhere',
        text: value.via === undefined ? value.path : `${value.path} (${value.via})`,
      };
    const path = Array.isArray(value?.path) ? value.path : [];
    return path.length ? { label: 'PATH of the server', text: path.join(', ') } : null;
  }
  if (part === 'paths' && value)
    return {
      label: `the ${value.where === 'arg' ? 'argument' : String(value.where)}`,
      text: `${value.word} → ${value.resolved} (${value.exists ? 'exists' : 'does not exist'})`,
    };
  if (part === 'requires' && value?.range) return { label: String(value.file), text: `needs ${value.range}` };
  if (part === 'runtime' && typeof value?.version === 'string')
    return { label: 'runtime', text: `${value.name} ${value.version}` };
  if (part === 'file' && value?.path) return { label: 'the file', text: String(value.path) };
  return null;
}

/** The one sentence about the server in the user's own shell; null when there is nothing to say. */
export function twoWorldsSentence({ evidence }: CaseFile): string | null {
  const value = <K extends 'launch' | 'worlds' | 'process' | 'handshake'>(kind: K): Evidence[K] | undefined => {
    const attempt = evidence[kind] as Attempt<Evidence[K]> | undefined;
    return attempt?.status === 'seen' ? attempt.value : undefined;
  };
  const [worlds, launch, process, handshake] = [value('worlds'), value('launch'), value('process'), value('handshake')];
  return twoWorlds({ worlds, launch, process, handshake })?.sentence ?? null;
}

/** One start of two. */
function worldsFact(
  part: string | undefined,
  value: Record<string, unknown> | undefined,
): { label: string; text: string } | null {
  if (part === 'deciding' && Array.isArray(value?.names))
    return {
      label: value.kind === 'path-entry' ? 'only on the PATH of your shell' : 'only in your shell',
      text: `${value.names.join(', ')}${value.provides ? ` (provides ${value.provides})` : ''}`,
    };
  if ((part === 'shell' || part === 'client') && value?.outcome) {
    const outcome =
      value.outcome === 'answered'
        ? `answered after ${duration(Number(value.ms))}`
        : `${value.outcome}${typeof value.said === 'string' ? `: ${value.said}` : ''}`;
    return { label: part === 'shell' ? 'in your own shell' : "in a client's environment", text: outcome };
  }
  return null;
}

const parent = (at: string): string => at.slice(0, at.lastIndexOf('/'));

export interface Described {
  label: string;
  text: string;
  /** Lines of a file, in place of a text. */
  block?(width: number): string[];
}

/** A label and the quoted text of a citation. Objects are put into words instead of being shown as JSON. */
export function describe(file: CaseFile, { at, quote }: Citation): Described {
  const [, , kind, , part] = at.split('/');
  // A path is told with where it leads, also when only its word is cited.
  const place = part === 'paths' ? at.replace(/\/word$/, '') : at;
  const value = resolve(file, place) as Record<string, unknown> | undefined;
  switch (kind) {
    case 'stderr':
      return { label: `stderr${when(file, resolve(file, `${parent(at)}/atMs`))}`, text: quote };
    case 'stdout': {
      if (part === 'endAtMs') return { label: 'stdout', text: `closed by the server after ${duration(Number(value))}` };
      if (part !== 'strays' && part !== 'remarks') return { label: 'stdout', text: quote };
      const line = resolve(file, at.split('/').slice(0, 6).join('/')) as StdoutLine | undefined;
      const by = line?.by ? ` (written by ${writer(line.by)}: ${line.by.how})` : '';
      return { label: `stdout, line ${line?.line}, byte ${line?.offset}`, text: `${quote}${by}` };
    }
    case 'process': {
      if (part === 'exit') {
        const { code = null, signal = null } = (resolve(file, '/evidence/process/value/exit') ?? {}) as {
          code?: number | null;
          signal?: string | null;
        };
        const moment = momentOfExit(file);
        return {
          label: exitName(code, signal),
          text: moment ? `${exitMeaning(code, signal)}, ${moment}` : exitMeaning(code, signal),
        };
      }
      if (part === 'spawnError')
        return {
          label: 'the operating system',
          text: String(resolve(file, '/evidence/process/value/spawnError/message')),
        };
      return { label: `process, ${part ?? 'facts'}`, text: processFact(part, value) ?? quote };
    }
    case 'launch':
      return launchFact(part, value, at) ?? { label: `entry, ${part ?? 'command'}`, text: quote };
    case 'worlds':
      return worldsFact(part, value) ?? { label: `two worlds, ${part}`, text: quote };
    case 'handshake': {
      const era = (resolve(file, `/evidence/handshake/value/${part}`) ?? {}) as {
        status?: string;
        error?: { message?: string; code?: number };
        problems?: string[];
        ms?: number;
      };
      const method = part === 'discover' ? 'server/discover' : 'initialize';
      const text = era.error
        ? `error ${era.error.code}: ${era.error.message}`
        : (era.problems?.join('; ') ?? `${era.status} after ${duration(era.ms ?? 0)}`);
      return { label: method, text };
    }
    case 'catalog': {
      const list = (value ?? {}) as {
        method?: string;
        error?: { code?: number; message?: string };
        outcome?: string;
        problems?: string[];
      };
      if (list.method)
        return {
          label: list.method,
          text: list.error
            ? `error ${list.error.code}: ${list.error.message}`
            : (list.problems?.join('; ') ?? String(list.outcome)),
        };
      return { label: 'catalog', text: quote };
    }
    case 'network':
    case 'http':
    case 'endpoint':
    case 'series':
    case 'stream':
      return remoteFact(file, kind, at, quote);
    case 'config': {
      const fault = resolve(file, at.split('/').slice(0, 7).join('/')) as
        | Evidence['config']['faults'][number]
        | undefined;
      const config = resolve(file, '/evidence/config/value') as Evidence['config'] | undefined;
      if (part !== 'faults' || !fault || !config) return { label: `${config?.file ?? 'config'}, ${part}`, text: quote };
      return {
        label: `${config.file}:${fault.line}:${fault.column}`,
        text: '',
        block: (width) => sourceLines(fault, width),
      };
    }
    case 'client':
      return { label: `as ${resolve(file, '/evidence/client/value/name')}`, text: quote };
    case 'complaint':
      return { label: 'the client said', text: quote };
    case 'authorization':
      return authorizationFact(file, at, quote);
    case 'reported':
      return {
        label: part === 'clientError' ? 'the client said' : part === 'serverLog' ? 'server log' : `reported, ${part}`,
        text: quote,
      };
    default:
      return { label: at, text: quote };
  }
}
