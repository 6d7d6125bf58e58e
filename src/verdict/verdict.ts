/**
 * The verdict: what the evidence means. It cites the case file by JSON pointer and can be made again from it at any time.
 */

import type { Certainty, Culprit, Facts, FixStep, Severity } from '../causes/cause.js';
import type { CheckLevel, CheckOutcome } from '../checks/check.js';

export const VERDICT_FORMAT = 'mcp-verdict.verdict/1';

export type Status = 'healthy' | 'degraded' | 'broken' | 'inconclusive';

/** A place in the case file, and the text that stands there (at most 300 characters). */
export interface Citation {
  at: string;
  quote: string;
}

export interface Finding {
  /** Id of the cause. */
  id: string;
  /** `root`: explains the failure. `contributing`: a fault of its own. `consequence`: follows from another finding. */
  role: 'root' | 'contributing' | 'consequence';
  certainty: Certainty;
  severity: Severity;
  culprit: Culprit;
  title: string;
  says: string;
  cites: Citation[];
  facts: Facts;
  fix: FixStep[];
  /** Page about the cause, relative to the repository. */
  docs: string;
}

/** One step of the walk through the decision tree. */
export interface PathStep {
  question: string;
  answer: string;
  /** `good` goes on, `bad` ends the walk, `unknown` could not be answered from the evidence. */
  result: 'good' | 'bad' | 'unknown';
  cites: Citation[];
}

/** One step of the authorization of a server, as a client of OAuth takes it. */
export interface AuthorizationStep {
  step: string;
  title: string;
  /** What was asked: "GET /.well-known/oauth-protected-resource/mcp". */
  request?: string;
  /** What came back: "200 JSON". */
  answer?: string;
  /** `weak`: strict clients stop here. `not-reached`: an earlier step failed. `not-done`: nobody asked for it, or it was not needed. */
  outcome: 'ok' | 'failed' | 'weak' | 'not-reached' | 'not-done';
  says: string;
  /** Who must act, when something is wrong: an id, and the same in words. */
  party?: string;
  acts?: string;
  cites: Citation[];
}

export interface CheckResult {
  id: string;
  title: string;
  level: CheckLevel;
  outcome: CheckOutcome;
  says: string;
  cites: Citation[];
  section: string;
}

/** What the client's own log says of the last time that it ran the server. It never changes what was seen live. */
export interface PastRun {
  /** Client id and name. */
  client: string;
  clientName: string;
  server: string;
  /** With `~` for the home folder. */
  file: string;
  /** Which run of the file, from 1; 0 of 0 when none is marked. */
  run: number;
  runs: number;
  /** When it was, ISO 8601: its last line, or the last change of the file where lines have no time. */
  at: string;
  /** The time between the run and the case, in words ("2 days"); empty where the clock says otherwise. */
  ago: string;
  /** It tells of the entry as it is now: neither older than the configuration file nor than 30 days. */
  fresh: boolean;
  /** Why it is not fresh. `changed`: the file with the entry was written after it. */
  stale: 'changed' | 'old' | null;
  /** `answered`: the log shows an answer and no failure. */
  outcome: 'failed' | 'answered' | 'unclear';
  /** The root cause of that run, by the same causes; cites lead into the log. Null when none recognises itself. */
  finding: Finding | null;
  /** Beside the live root: `same` cause, `other` cause; null where one of them found nothing. */
  besideLive: 'same' | 'other' | null;
  /** Which lines belong to this server is told by their order alone: they may be another's. */
  guessed: boolean;
  /** What to read in it, at most 3 lines. */
  lines: Citation[];
}

export interface Verdict {
  format: typeof VERDICT_FORMAT;
  tool: { name: string; version: string };
  /** Id of the case file. */
  case: string;
  status: Status;
  root: Finding | null;
  /** Best first; `root` is the first when there is one. */
  findings: Finding[];
  path: PathStep[];
  /** The steps of its authorization; empty where no credentials were asked for. */
  authorization: AuthorizationStep[];
  /** Who ended the connection first, read off the timeline. */
  closedBy: 'server' | 'client' | 'edge' | 'nobody' | 'unknown';
  process: {
    exitCode: number | null;
    signal: string | null;
    lifetimeMs: number;
    meaning: string;
    /** When it ended, by the messages around it, for example "50 ms after it answered initialize". */
    moment?: string;
    stderrTail: string[];
  } | null;
  /** Causes that could not be judged, because the evidence they need is missing. */
  unanswered: { cause: string; missing: string[]; because: string }[];
  /** Where to look next, when the evidence does not decide. Empty otherwise. */
  next: FixStep[];
  /** Absent where no log of the client was read. */
  pastRun?: PastRun;
  checks: CheckResult[];
  grades: Record<string, never>;
}
