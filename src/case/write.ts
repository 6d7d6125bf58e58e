/** A case file in the making: attempts are noted as they end, and at the end everything is redacted and sealed. */
import type { Attempt, CaseFile, Target } from './case-file.js';
import type { Evidence, EvidenceKind } from './evidence.js';
import { CASE_FORMAT } from './format.js';
import { type Redactor, redactArgs, redactDeep } from './redact.js';
import { redactHeaders, redactRequestHeaders } from './redact-headers.js';
import { Timeline } from './timeline.js';

export interface CaseStart {
  origin: CaseFile['origin'];
  takenAt: string;
  tool: CaseFile['tool'];
  host: CaseFile['host'];
  target: Target;
  complaint?: string;
  redact: Redactor;
  /** Milliseconds on a monotonic clock. */
  now: () => number;
  /** Hexadecimal SHA-256 of a text. */
  sha256: (text: string) => string;
}

export class CaseDraft {
  readonly start: CaseStart;
  readonly #evidence: Partial<Record<EvidenceKind, Attempt<unknown>>> = {};
  readonly #from: number;
  readonly timeline: Timeline;

  constructor(start: CaseStart) {
    this.start = start;
    this.#from = start.now();
    this.timeline = new Timeline(() => start.now() - this.#from);
  }

  /** Milliseconds since the start of the case. */
  now(): number {
    return this.timeline.now();
  }

  seen<K extends EvidenceKind>(kind: K, value: Evidence[K], ms = 0): void {
    this.#evidence[kind] = { status: 'seen', ms: round(ms), value };
  }

  failed(kind: EvidenceKind, error: unknown, ms = 0): void {
    this.#evidence[kind] = {
      status: 'failed',
      ms: round(ms),
      error: error instanceof Error ? error.message : String(error),
    };
  }

  skipped(kind: EvidenceKind, why: string): void {
    this.#evidence[kind] ??= { status: 'skipped', why };
  }

  /** The value noted so far. */
  get<K extends EvidenceKind>(kind: K): Evidence[K] | undefined {
    const attempt = this.#evidence[kind];
    return attempt?.status === 'seen' ? (attempt.value as Evidence[K]) : undefined;
  }

  /** Redact everything and close the file. */
  seal(): CaseFile {
    const { redact, now, sha256, origin, takenAt, tool, host, complaint } = this.start;
    const target = withSafeArgs(this.start.target, redact);
    const launch = this.#evidence.launch;
    if (launch?.status === 'seen') launch.value = withSafeArgs(launch.value as Evidence['launch'], redact);
    const http = this.#evidence.http;
    if (http?.status === 'seen') http.value = withSafeHeaders(http.value as Evidence['http'], redact);
    const redactions: CaseFile['redactions'] = [];
    const draft = {
      takenAt,
      tookMs: round(now() - this.#from),
      origin,
      tool,
      host,
      target,
      ...(complaint !== undefined && { complaint: complaint.slice(0, 20_000) }),
      evidence: roundTimes(this.#evidence) as CaseFile['evidence'],
      ...this.timeline.events(),
    };
    const clean = redactDeep(draft, redact, (at) => {
      if (redactions.length < 500) redactions.push({ at, why: 'it looked like a credential' });
    });
    const rest = { ...clean, redactions };
    return { format: CASE_FORMAT, id: sha256(JSON.stringify(rest)).slice(0, 16), ...rest };
  }
}

const round = (ms: number): number => Math.round(ms * 10) / 10;

/** Times to a tenth of a millisecond: what lies below is noise, and it would fill the file. */
function roundTimes(value: unknown): unknown {
  if (typeof value === 'number') return Number.isInteger(value) ? value : round(value);
  if (Array.isArray(value)) return value.map(roundTimes);
  if (value !== null && typeof value === 'object')
    return Object.fromEntries(
      Object.entries(value)
        .filter(([, v]) => v !== undefined)
        .map(([k, v]) => [k, roundTimes(v)]),
    );
  return value;
}

function withSafeArgs<T extends { args?: string[] }>(holder: T, redact: Redactor): T {
  return holder.args ? { ...holder, args: redactArgs(holder.args, redact) } : holder;
}

const withSafeHeaders = ({ exchanges, omitted }: Evidence['http'], redact: Redactor): Evidence['http'] => ({
  exchanges: exchanges.map(({ headers, requestHeaders, ...rest }) => ({
    ...rest,
    ...(headers && { headers: redactHeaders(headers, redact) }),
    ...(requestHeaders && { requestHeaders: redactRequestHeaders(requestHeaders, redact) }),
  })),
  omitted,
});

/** The text of a case file. */
export const writeCase = (file: CaseFile): string => `${JSON.stringify(file, null, 2)}\n`;
