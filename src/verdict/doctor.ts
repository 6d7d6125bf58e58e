/** What `doctor` found: every server of every client as one row, every file that could not be read as another. */
import type { FixStep } from '../causes/cause.js';
import type { Finding, Status, Verdict } from './verdict.js';

export const DOCTOR_FORMAT = 'mcp-verdict.doctor/1';

/** `off`: its client does not start it, because the user wants it so, or has not said yes yet. */
export type RowStatus = Status | 'off';

/** What a rule found in the file, for people. */
export interface DoctorFault {
  rule: string;
  level: 'fatal' | 'broken' | 'risky' | 'advice' | 'info';
  /** Root cause of which it is an instance. */
  cause: string;
  /** From 1. */
  line: number;
  column: number;
  says: string;
  /** `mcp-verdict fix` can mend it. */
  fixable: boolean;
}

/** Where a row stands. */
interface Declared {
  /** Client id. */
  client: string;
  clientName: string;
  scope: string;
  /** With `~` for the home folder. */
  file: string;
  /** Of a client on Windows, seen from inside WSL. */
  onWindows?: true;
}

export interface DoctorServer extends Declared {
  /** The number in the table, from 1. */
  number: number;
  server: string;
  /** Where its entry begins, from 1. */
  line: number;
  column: number;
  transport: 'stdio' | 'http' | 'unknown';
  /** Command line or URL, free of secrets. */
  target: string;
  status: RowStatus;
  /** The cause in a few words; of a healthy one what it offers. */
  cause: string;
  root: Finding | null;
  /** What else was found: one sentence each. */
  also: string[];
  faults: DoctorFault[];
  /** Where to look next, when nothing is decided. */
  next: FixStep[];
  /** It was started, or asked. */
  tried: boolean;
  /** The number of the row with the same launch, whose start served for this one too. */
  sameAs?: number;
  /** Until it had answered the first request, milliseconds. */
  answeredMs?: number;
  tools?: number;
}

export interface DoctorFile extends Declared {
  /** As the probe says it: `unreadable`, `too-large`, `binary` ...; `read` when its text is what is wrong. */
  state: string;
  status: Exclude<RowStatus, 'off'>;
  cause: string;
  root: Finding | null;
  faults: DoctorFault[];
}

export interface DoctorReport {
  format: typeof DOCTOR_FORMAT;
  tool: { name: string; version: string };
  /** This machine is one with Windows: commands to paste are for PowerShell. */
  windows?: true;
  /** Nothing was started: the files alone were judged. */
  readOnly: boolean;
  servers: DoctorServer[];
  /** Files that hold no server that could be read, and in which something is wrong. */
  files: DoctorFile[];
  /** Files that were looked for: all of them when no server was found, otherwise none. */
  lookedFor: { client: string; clientName: string; file: string }[];
  /** What is worth knowing of a file that was read. */
  notes: { file: string; says: string }[];
  summary: Summary;
}

export interface Summary {
  servers: number;
  clients: number;
  files: number;
  healthy: number;
  degraded: number;
  broken: number;
  inconclusive: number;
  off: number;
  /** Servers that were not tried because nobody has said yes to them. */
  unasked: number;
  /** Files in which something is wrong, beside the servers. */
  badFiles: number;
}

/** The longest cause in a table. */
const MAX_WORDS = 110;

/** Up to the end of the first sentence: a full stop inside a version or a file name ends none. */
const firstSentence = (text: string): string => /^[\s\S]*?[.!?](?=\s|$)/.exec(text)?.[0] ?? text;

/** A sentence in the middle of a line. */
const bare = (text: string): string => text.trim().replace(/[.:]$/, '');

/** What stands before the particulars: a list in brackets, or what follows from it. */
const firstClause = (sentence: string): string =>
  sentence.replace(/ \([^()]*\)/g, '').split(/; | [–—] /)[0] ?? sentence;

/** A finding in a few words: what it says of this very case when that is short, otherwise what it says of all of its kind. */
export function inWords({ says, title }: Pick<Finding, 'says' | 'title'>): string {
  const first = bare(firstSentence(says));
  if (first.length <= MAX_WORDS) return first;
  const clause = bare(firstClause(first));
  return clause.length <= MAX_WORDS ? clause : bare(title);
}

/** What a healthy server offers, and how fast it was. */
export function offers(tools: number | undefined, answeredMs: number | undefined): string {
  const count = tools === undefined ? [] : [tools === 1 ? '1 tool' : `${tools} tools`];
  const time = answeredMs === undefined ? [] : [`${(answeredMs / 1_000).toFixed(1)} s`];
  return [...count, ...time].join(', ');
}

/** Status and cause of a server that was judged. `notTried` says why it was not started, if it was not. */
export function rowOf(
  { status, root, findings, next, unanswered }: Verdict,
  facts: { tools?: number; answeredMs?: number; notTried?: string },
): Pick<DoctorServer, 'status' | 'cause' | 'root' | 'also' | 'next'> {
  const also = findings.slice(1).flatMap(({ role, says }) => (role === 'consequence' ? [] : [says]));
  // A mere possibility is no cause of what was never tried.
  const open = facts.notTried !== undefined && status !== 'broken' && status !== 'degraded';
  if (open) {
    const cause = [facts.notTried ?? '', root ? inWords(root) : 'nothing is wrong in the file'].join('; ');
    return { status: 'inconclusive', cause, root, also, next: [] };
  }
  if (status === 'healthy') {
    const risk = root ? inWords(root) : '';
    const cause = [offers(facts.tools, facts.answeredMs), risk && `but: ${risk}`].filter(Boolean).join('; ');
    return { status, cause, root, also, next: [] };
  }
  if (root) return { status, cause: inWords(root), root, also, next: status === 'inconclusive' ? next : [] };
  const because = unanswered[0]?.because;
  return { status, cause: because ? bare(because) : 'not everything could be looked at', root, also, next };
}

/** The rows counted. `found`: files that were read, or could not be. */
export function summaryOf(
  servers: readonly DoctorServer[],
  files: readonly DoctorFile[],
  found: number,
  unasked: number,
): Summary {
  const count = (status: RowStatus) => servers.filter((server) => server.status === status).length;
  return {
    servers: servers.length,
    clients: new Set([...servers, ...files].map(({ client }) => client)).size,
    files: found,
    healthy: count('healthy'),
    degraded: count('degraded'),
    broken: count('broken'),
    inconclusive: count('inconclusive'),
    off: count('off'),
    unasked,
    badFiles: files.filter(({ status }) => status !== 'healthy').length,
  };
}
