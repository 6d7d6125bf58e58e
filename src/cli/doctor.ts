/** `mcp-verdict doctor`: every server of every client on this machine, judged from its file and, with consent, from a start of its own. */
import { cpus } from 'node:os';
import { redactDeep, redactor } from '../case/redact.js';
import { type FoundFile, findConfigs } from '../probe/configs.js';
import { clientNamed, declaredOf, NoSuchEntry } from '../probe/declared.js';
import { surroundingsOf } from '../probe/play.js';
import { realWorld, type World } from '../probe/world.js';
import { renderDoctor, renderDoctorJson } from '../render/doctor.js';
import { renderDoctorHtml } from '../render/doctor-html.js';
import { renderDoctorMarkdown } from '../render/doctor-markdown.js';
import { renderTerminal } from '../render/terminal.js';
import { TOOL } from '../tool.js';
import {
  DOCTOR_FORMAT,
  type DoctorFile,
  type DoctorReport,
  type DoctorServer,
  inWords,
  rowOf,
  summaryOf,
} from '../verdict/doctor.js';
import { openConsents } from './consents.js';
import { decide } from './doctor-consent.js';
import { type Candidate, candidateOf, entriesOf, faultsFor, ofPresentClients } from './doctor-entries.js';
import { doctorProgress } from './doctor-progress.js';
import { judgeEntry, type Outcome, tryAll } from './doctor-run.js';
import { EXIT, exitCodeOf, type FailOn, UsageError } from './exit.js';
import { projectOf } from './project.js';
import { colorful, save } from './report.js';
import { millisecondsOf } from './verify.js';

export interface DoctorOptions {
  client?: string[];
  server?: string[];
  static?: boolean;
  yes?: boolean;
  askAgain?: boolean;
  project?: string;
  jobs?: string;
  timeout?: string;
  quick?: boolean;
  details?: boolean;
  format: string;
  output?: string;
  failOn: FailOn;
  quiet?: boolean;
  color: boolean;
}

const MAX_JOBS = 64;
/** Starting a program takes a processor; waiting for it takes none. */
const JOBS_PER_CPU = 4;
const MIN_JOBS = 4;
/** The longest report of one server that is kept for --details, characters. */
const MAX_DETAILS = 20_000;

function jobsOf(text: string | undefined): number {
  if (text === undefined) return Math.max(MIN_JOBS, Math.min(MAX_JOBS, JOBS_PER_CPU * cpus().length));
  const jobs = Number(text);
  if (!Number.isInteger(jobs) || jobs < 1 || jobs > MAX_JOBS)
    throw new UsageError(`--jobs is "${text}"; write a whole number from 1 to ${MAX_JOBS}, for example --jobs 8.`);
  return jobs;
}

function filesOf(world: World, { client, project }: DoctorOptions): FoundFile[] {
  try {
    const clients = client?.map(clientNamed);
    const files = findConfigs(world, { ...(clients && { clients }), ...(project !== undefined && { project }) });
    return ofPresentClients(files, clients !== undefined);
  } catch (error) {
    if (error instanceof NoSuchEntry) throw new UsageError(error.message);
    throw error;
  }
}

/** Where a row stands, as every format tells it. */
const placeOf = ({ client, place, shown, throughWsl }: FoundFile) => ({
  ...{ client: client.id, clientName: client.name, scope: place.scope, file: shown },
  ...(throughWsl && { onWindows: true as const }),
});

const LOST: Record<FoundFile['state'], DoctorFile['status']> = {
  ...{ read: 'healthy', absent: 'healthy' },
  ...{ unreadable: 'broken', 'not-a-file': 'broken', binary: 'broken', loop: 'broken' },
  // That is a limit of ours, and none of the client.
  'too-large': 'inconclusive',
};

/** Files that are there and give no entry, with something wrong in them. */
async function badFiles(files: readonly FoundFile[], world: World): Promise<DoctorFile[]> {
  const byPath = new Map<string, FoundFile[]>();
  for (const file of files) {
    const key = `${file.client.id}\n${file.path}`;
    byPath.set(key, [...(byPath.get(key) ?? []), file]);
  }
  const bad: DoctorFile[] = [];
  for (const same of byPath.values()) {
    const [first] = same;
    for (const one of same)
      if (one.more !== undefined)
        bad.push({
          ...{ root: null, faults: [], ...placeOf(one), state: one.state, status: 'inconclusive' },
          cause: `it holds ${one.more} servers more than the ${one.entries.length} that are looked at`,
        });
    if (!first || first.state === 'absent' || same.some(({ entries }) => entries.length > 0)) continue;
    const lost = { root: null, faults: [], ...placeOf(first), state: first.state };
    if (first.state !== 'read') bad.push({ ...lost, status: LOST[first.state], cause: first.why ?? first.state });
    const found = same.find(({ faults }) => faults.some(({ level }) => level === 'fatal' || level === 'broken'));
    const declared = found && declaredOf(found, '', null);
    if (!found || !declared) continue;
    const { verdict } = await judgeEntry({ declared }, world);
    const { status, cause, root } = rowOf(verdict, {});
    if (status !== 'healthy' && status !== 'off')
      bad.push({ ...lost, ...placeOf(found), status, cause, root, faults: faultsFor(found, null) });
  }
  return bad;
}

/** @throws UsageError when a name that was asked for is nowhere. */
function chosen<T extends { entry: { name: string } }>(all: readonly T[], names: readonly string[] | undefined): T[] {
  if (!names) return [...all];
  const missing = names.find((name) => !all.some(({ entry }) => entry.name === name));
  if (missing !== undefined) {
    const known = [...new Set(all.map(({ entry }) => entry.name))].slice(0, 20);
    throw new UsageError(
      `No server is called "${missing}".${known.length ? ` There are: ${known.join(', ')}.` : ' None is configured.'}`,
    );
  }
  return all.filter(({ entry }) => names.includes(entry.name));
}

/** Why an entry is not tried whatever the user says; undefined when it may be. */
function barred({ found, launch, off }: Candidate, { verdict: { status, root } }: Outcome): string | undefined {
  if (off !== undefined) return off;
  if (found.throughWsl) return 'runs on Windows: run mcp-verdict doctor there';
  if (found.notRead) return `${found.client.name} does not read this file`;
  if (status === 'broken' && root?.certainty === 'certain') return 'the entry is broken as it stands';
  return launch === null ? 'the entry gives nothing to start' : undefined;
}

function serverRow(
  { found, entry, line, column, spec, label, off }: Candidate,
  number: number,
  { verdict, file }: Outcome,
  tried: { notTried?: string; sameAs?: number },
): DoctorServer {
  const { handshake, catalog } = file.evidence;
  const opened = handshake?.status === 'seen' ? handshake.value[handshake.value.used ?? 'initialize'] : undefined;
  const tools =
    catalog?.status === 'seen' ? catalog.value.lists.find(({ method }) => method === 'tools/list') : undefined;
  const answeredMs = opened?.status === 'answered' ? opened.ms : undefined;
  const count = tools?.outcome === 'listed' ? tools.count : undefined;
  return {
    ...{ number, ...placeOf(found), server: entry.name, line, column },
    transport: spec.kind === 'entry' ? 'unknown' : spec.kind,
    target: label,
    ...rowOf(verdict, { tools: count, answeredMs, notTried: tried.notTried }),
    ...(off !== undefined && { status: 'off' as const, cause: off }),
    faults: faultsFor(found, entry.name),
    tried: tried.notTried === undefined,
    ...(tried.sameAs !== undefined && { sameAs: tried.sameAs }),
    ...(answeredMs !== undefined && { answeredMs }),
    ...(count !== undefined && { tools: count }),
  };
}

/** Every text of a row that could repeat what stands in an entry, without its secrets. */
function cleaned<T extends DoctorServer | DoctorFile>(rows: readonly T[], secrets: readonly string[]): T[] {
  const redact = redactor(secrets);
  return rows.map((row) => {
    const { cause, root, faults } = row;
    // A name is no value, unless it has the shape of a token.
    const told = 'number' in row ? { target: row.target, also: row.also, next: row.next } : {};
    const name = 'number' in row ? { server: redactor()(row.server) } : {};
    return { ...row, ...redactDeep({ cause, root, faults, ...told }, redact, () => {}), ...name };
  });
}

function exitOf({ servers, files, readOnly }: DoctorReport, failOn: FailOn): number {
  const codes = [...servers, ...files].map(({ status, root }): number => {
    if (status === 'off') return EXIT.healthy;
    if (status === 'inconclusive' && readOnly) return EXIT.healthy;
    return exitCodeOf({ status, findings: root ? [root] : [] }, failOn);
  });
  if (codes.includes(EXIT.wrong)) return EXIT.wrong;
  return codes.includes(EXIT.inconclusive) ? EXIT.inconclusive : EXIT.healthy;
}

function rendered(report: DoctorReport, options: DoctorOptions, details: ReadonlyMap<number, string>): string {
  if (options.format === 'json') return renderDoctorJson(report);
  if (options.format === 'html') return renderDoctorHtml(report);
  if (options.format === 'markdown') return renderDoctorMarkdown(report);
  return renderDoctor(report, { color: colorful(options), width: process.stdout.columns || 80 }, details);
}

/** Every file that was looked for, once; of those in a project only the ones in its own folder. */
function lookedFor(files: readonly FoundFile[], project: string): DoctorReport['lookedFor'] {
  const names = files.flatMap(({ client, shown: file, project: of, path }) =>
    of === undefined || path.startsWith(`${project.replaceAll('\\', '/')}/`)
      ? [{ client: client.id, clientName: client.name, file }]
      : [],
  );
  return [...new Map(names.map((name) => [`${name.client}\n${name.file}`, name])).values()];
}

/** Where to ask the user; null where nobody sits. */
const terminalOf = () =>
  process.stdin.isTTY && process.stderr.isTTY
    ? {
        input: process.stdin,
        output: process.stderr,
        columns: Math.max(60, Math.min(process.stderr.columns || 80, 120)),
      }
    : null;

/** Returns the exit code. @throws UsageError */
export async function doctor(options: DoctorOptions): Promise<number> {
  const world = realWorld();
  const jobs = jobsOf(options.jobs);
  const timeoutMs = millisecondsOf('--timeout', options.timeout, 20);
  const project = projectOf(options.project) ?? world.cwd;
  const files = filesOf(world, { ...options, project });
  const surroundings = surroundingsOf(world);
  const all = await Promise.all(
    chosen(entriesOf(files), options.server).map((pair) => candidateOf(pair, world, { project, surroundings })),
  );
  const candidates = all.filter((candidate): candidate is Candidate => candidate !== null);
  const number = new Map(candidates.map((candidate, i) => [candidate, i + 1]));
  const numberOf = (candidate: Candidate): number => number.get(candidate) ?? 0;

  // What is wrong in the files comes first: nothing is started for an entry that its client cannot use.
  const servers: DoctorServer[] = [];
  const details = new Map<number, string>();
  const keep = (candidate: Candidate, outcome: Outcome, tried: Parameters<typeof serverRow>[3]) => {
    const n = numberOf(candidate);
    const row = serverRow(candidate, n, outcome, tried);
    servers[n - 1] = row;
    if (!options.details || options.format !== 'terminal' || row.status === 'healthy' || row.status === 'off')
      return row;
    const width = Math.min(process.stdout.columns || 80, 110);
    const text = renderTerminal(outcome.verdict, outcome.file, { color: colorful(options), width });
    details.set(n, redactor(candidate.secrets)(text).slice(0, MAX_DETAILS));
    return row;
  };
  const open: Candidate[] = [];
  for (const candidate of candidates) {
    const outcome = await judgeEntry(candidate, world);
    const why = barred(candidate, outcome);
    keep(candidate, outcome, { notTried: why ?? 'not started' });
    if (why === undefined && !options.static) open.push(candidate);
  }
  const refusals = await decide(open, {
    ...{ yes: options.yes ?? false, again: options.askAgain ?? false },
    ...{ consents: openConsents(), terminal: options.quiet ? null : terminalOf() },
  });
  const allowed = open.filter(({ launch }) => launch && !refusals.has(launch.hash));
  let unasked = 0;
  for (const candidate of open) {
    const refusal = refusals.get(candidate.launch?.hash ?? '');
    const row = servers[numberOf(candidate) - 1];
    if (!refusal || row?.status !== 'inconclusive') continue;
    row.cause = row.root ? `${refusal.why}; ${inWords(row.root)}` : refusal.why;
    if (refusal.unasked) unasked++;
  }
  const shown = doctorProgress(options.quiet ?? false);
  const place = new Map(allowed.map((candidate, i) => [candidate, i]));
  shown.begin(
    allowed.map(({ found, entry }) => ({
      ...{ client: found.client.id, clientName: found.client.name, server: entry.name },
    })),
  );
  await tryAll(allowed, {
    ...{ jobs, world, investigate: { timeoutMs, quick: options.quick } },
    onStart: (of) => {
      for (const candidate of of) shown.started(place.get(candidate) ?? -1);
    },
    onDone(candidate, outcome, sameAs) {
      const row = keep(candidate, outcome, sameAs ? { sameAs: numberOf(sameAs) } : {});
      shown.done(place.get(candidate) ?? -1, row.status, redactor(candidate.secrets)(row.cause));
    },
  }).finally(shown.end);

  const secrets = candidates.flatMap((candidate) => candidate.secrets);
  const bad = cleaned(options.server ? [] : await badFiles(files, world), secrets);
  const there = new Set(files.filter(({ state }) => state !== 'absent').map(({ path }) => path));
  const nothing = candidates.length === 0 && bad.length === 0;
  const report: DoctorReport = {
    format: DOCTOR_FORMAT,
    tool: TOOL,
    ...(world.platform === 'win32' && { windows: true as const }),
    readOnly: options.static ?? false,
    servers: cleaned(servers, secrets),
    files: bad,
    lookedFor: nothing ? lookedFor(files, project) : [],
    notes: files.flatMap(({ state, why, shown: file }) => (state === 'read' && why ? [{ file, says: why }] : [])),
    summary: summaryOf(servers, bad, there.size, unasked),
  };
  const text = rendered(report, options, details);
  if (options.output) save(options.output, text);
  else process.stdout.write(text);
  return exitOf(report, options.failOn);
}
