/**
 * What the client's own log says of its last run, judged by the same causes as a pasted log. Pure. It stands beside what was seen live
 * and never changes it: the run is over, and what failed in it may have been mended since.
 */
import { asSeen } from '../case/attempts.js';
import type { CaseFile } from '../case/case-file.js';
import type { Evidence } from '../case/evidence.js';
import { isAnswered, isFailure } from '../case/log-runs.js';
import { pointer } from '../case/pointer.js';
import { evidenceOf, type Symptoms, symptomsOf } from '../case/symptoms.js';
import { AREAS } from '../causes/areas.js';
import type { Cause } from '../causes/cause.js';
import { judge } from './judge.js';
import type { Citation, Finding, PastRun } from './verdict.js';

const DAY_MS = 24 * 60 * 60 * 1_000;
/** Older than this, a log tells of a server and a client that have probably changed. */
const OLD_MS = 30 * DAY_MS;
/** A file is written a moment before or after the client starts. */
const SAME_MS = 2_000;
const MAX_LINES = 3;

/** How long ago, in words; empty when the later time is the earlier one. */
export function ago(fromMs: number, toMs: number): string {
  const ms = toMs - fromMs;
  const units: [number, string][] = [
    [365 * DAY_MS, 'year'],
    [30 * DAY_MS, 'month'],
    [DAY_MS, 'day'],
    [DAY_MS / 24, 'hour'],
    [60_000, 'minute'],
  ];
  if (!(ms >= 0)) return '';
  const [size, unit] = units.find(([size]) => ms >= size) ?? [0, ''];
  if (size === 0) return 'less than a minute';
  const count = Math.floor(ms / size);
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

/** The log as a report of its own, with what is known of the entry as long as the entry is the same. */
function reportOf(file: CaseFile, log: Evidence['clientLog'], isSame: boolean): CaseFile {
  const { command, args, url, transport } = file.target;
  const read = symptomsOf(log.lines.join('\n'), log.server);
  const symptoms: Symptoms = {
    ...read,
    client: log.client,
    ...(file.host.os !== 'other' && { os: file.host.os }),
    ...(isSame && transport === 'stdio' && { transport: 'stdio' }),
    ...(isSame && transport === 'http' && url !== undefined && { transport: 'streamable-http', url }),
  };
  const told = evidenceOf(symptoms);
  // The command stands in the entry where the log does not repeat it.
  const evidence =
    told.launch || !isSame || command === undefined ? told : evidenceOf({ ...symptoms, entry: { command, args } });
  return {
    ...file,
    tookMs: 0,
    origin: 'reported',
    complaint: undefined,
    target: { transport: isSame ? transport : 'unknown', label: log.server, ...(isSame && { command, args, url }) },
    evidence: asSeen(evidence),
    timeline: [],
    timelineOmitted: 0,
    redactions: [],
  };
}

/** Causes of the areas up to the life of the process keep a server from answering. */
const ofStart = (id: string): boolean =>
  AREAS.findIndex((area) => id.startsWith(`${area}-`)) <= AREAS.indexOf('process');

const at = (index: number): string => pointer('evidence', 'clientLog', 'value', 'lines', index);

/** The line of the log that a quotation stands in; -1 when it is put together of several. */
function lineOf(quote: string, lines: string[]): number {
  const text = quote.trim().slice(0, 200);
  if (text.length < 3) return -1;
  const exact = lines.findLastIndex((line) => line.includes(text));
  if (exact >= 0) return exact;
  // The exit of a process is quoted as what was read off the words.
  const code = /"code":(?<code>\d+)/.exec(text)?.groups?.code;
  return code === undefined
    ? -1
    : lines.findLastIndex((line) => /exit|code|ended|status/i.test(line) && new RegExp(`\\b${code}\\b`).test(line));
}

const cited = (lines: string[], indexes: number[]): Citation[] =>
  [...new Set(indexes)]
    .filter((index) => index >= 0)
    .slice(0, MAX_LINES)
    .map((index) => ({ at: at(index), quote: (lines[index] ?? '').slice(0, 300) }));

/**
 * What the log of the client says of its last run; undefined when none was read. `live` is the root of what was seen now, which the
 * two are compared by.
 */
export function pastRun(file: CaseFile, causes: readonly Cause[], live: Finding | null): PastRun | undefined {
  if (file.evidence.clientLog?.status !== 'seen') return undefined;
  const log = file.evidence.clientLog.value;
  const { lines } = log;
  const ranAt = log.ranAt ?? log.changedAt;
  const [ran, taken, changed] = [ranAt, file.takenAt, log.configChangedAt ?? ''].map((time) => Date.parse(time)) as [
    number,
    number,
    number,
  ];
  const stale = changed - ran > SAME_MS ? 'changed' : taken - ran > OLD_MS ? 'old' : null;
  const { root } = judge(reportOf(file, log, stale !== 'changed'), causes, []);
  // An answer is no failure, whatever else a server says that only looks like one: it had started, and was not lost afterwards.
  const answered = isAnswered(lines);
  const found = root && !(answered && (root.certainty === 'possible' || ofStart(root.id))) ? root : null;
  const places = found?.cites.map(({ quote }) => lineOf(quote, lines)) ?? [];
  const telling = lines.flatMap((line, i) => (isFailure(line) ? [i] : []));
  const shown = cited(lines, places.some((index) => index >= 0) ? places : answered ? [] : telling.slice(-MAX_LINES));
  // Whose words they were is not sure: then nothing that they say is.
  const certainty = found?.certainty === 'certain' && log.guessed ? 'likely' : found?.certainty;
  const finding = found && certainty ? { ...found, certainty, cites: shown } : null;
  return {
    client: log.client,
    clientName: log.clientName,
    server: log.server,
    file: log.file,
    run: log.run,
    runs: log.runs,
    at: ranAt,
    ago: ago(ran, taken),
    fresh: stale === null,
    stale,
    outcome: finding ? 'failed' : answered ? 'answered' : 'unclear',
    finding,
    besideLive: finding && live ? (finding.id === live.id ? 'same' : 'other') : null,
    guessed: log.guessed,
    lines: shown,
  };
}
