/** `mcp-verdict verify --as`: a target in the part of one client, or of all that are known. */
import type { CaseFile } from '../case/case-file.js';
import { checks } from '../checks/index.js';
import type { Client } from '../clients/client.js';
import { CLIENTS, clientOf } from '../clients/index.js';
import { investigate, type TargetSpec } from '../probe/investigate.js';
import { type Part, partOf, surroundingsOf } from '../probe/play.js';
import { asKey, asSeenBy } from '../probe/same-launch.js';
import { realWorld, type World } from '../probe/world.js';
import { renderMatrix, renderMatrixJson, renderMatrixMarkdown } from '../render/matrix.js';
import { judge } from '../verdict/judge.js';
import { type Matrix, matrixOf, type PlayedCase } from '../verdict/matrix.js';
import { EXIT, UsageError } from './exit.js';
import type { ReportOptions } from './options.js';
import { progress } from './progress.js';
import { projectOf } from './project.js';
import { colorful, DEFAULT_WIDTH, loadCauses, save } from './report.js';

/** Launches at once, without --jobs: two servers of one kind may get in each other's way more than two clients do. */
const JOBS = 2;
const MAX_JOBS = 16;

interface PlayOptions {
  /** The folder that is open in the client. */
  project?: string;
  inheritEnv?: boolean;
  /** The name of the server in a configuration, where it has one. */
  server?: string;
}

/** @throws UsageError when the client is not to decide what the server gets, or the folder is none. */
function openFolder({ project, inheritEnv }: PlayOptions): string | undefined {
  if (inheritEnv)
    throw new UsageError(
      '--inherit-env and --as contradict each other: the client decides what the server gets. Leave out one.',
    );
  return projectOf(project);
}

/** A client with or without a version, as it was written: `cursor`, `cursor@0.48.8`. @throws UsageError */
function named(text: string): { client: Client; version?: string } {
  const cut = text.indexOf('@', 1);
  const [id, version] = cut < 0 ? [text, undefined] : [text.slice(0, cut), text.slice(cut + 1)];
  const client = clientOf(id);
  if (!client)
    throw new UsageError(
      `--as is "${text}", and no client is known by that name. Known are: all, ${CLIENTS.map((one) => one.id).join(', ')}.`,
    );
  if (version !== undefined && !/^v?\d[\w.+-]{0,40}$/.test(version))
    throw new UsageError(
      `--as names the version "${version}" of ${client.name}; write it as the client shows it, for example ${client.id}@1.2.3.`,
    );
  return { client, ...(version !== undefined && { version }) };
}

/** The part of the client that `text` names. @throws UsageError */
export async function asClient(text: string, options: PlayOptions): Promise<Part> {
  const { client, version } = named(text);
  return partOf(client, realWorld(), { version, server: options.server, project: openFolder(options) });
}

interface MatrixOptions extends ReportOptions, PlayOptions {
  /** The part of the client in whose configuration the entry stands. */
  own?: Part;
  timeoutMs?: number;
  quick?: boolean;
  publicOnly?: boolean;
  jobs?: string;
  auth?: string;
  full?: boolean;
  complaint?: string;
  watch?: string;
}

/** @throws UsageError for options that belong to one client. */
function jobsOf(options: MatrixOptions): number {
  const one = (
    [
      ['--save-case', options.saveCase],
      ['--auth', options.auth],
      ['--complaint', options.complaint],
      ['--watch', options.watch],
      ['--full', options.full],
      ['--format agent', options.format === 'agent' || undefined],
    ] as const
  ).find(([, value]) => value !== undefined);
  if (one)
    throw new UsageError(
      `${one[0]} belongs to one client; --as all writes a table of all. Name a client, or leave it out.`,
    );
  const jobs = Number(options.jobs ?? JOBS);
  if (!Number.isInteger(jobs) || jobs < 1 || jobs > MAX_JOBS)
    throw new UsageError(
      `--jobs is "${options.jobs}"; write a whole number from 1 to ${MAX_JOBS}, for example --jobs ${JOBS}.`,
    );
  return jobs;
}

/** `count` at once, in order. */
async function inLanes<T>(items: T[], count: number, each: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const lane = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) await each(next);
  };
  await Promise.all(Array.from({ length: Math.min(count, queue.length) }, lane));
}

/** The target in the part of each client. Launches that are one and the same are made once. */
async function playAll(
  spec: TargetSpec,
  parts: Part[],
  options: MatrixOptions,
  world: World,
  jobs: number,
): Promise<PlayedCase[]> {
  const { timeoutMs, publicOnly } = options;
  // The series of experiments on a URL is about the server, and the same for all.
  const quick = spec.kind === 'http' || options.quick;
  const launches = new Map<string, Part[]>();
  for (const part of parts) {
    const key = asKey(part, spec, world);
    launches.set(key, [...(launches.get(key) ?? []), part]);
  }
  const shown = progress(options.quiet ?? false);
  let done = 0;
  const files = new Map<Part, { file: CaseFile; run: number }>();
  const groups = [...launches.values()].map((members, i) => ({ members, run: i + 1 }));
  const step = () => shown.step(`${done} of ${groups.length} launches made, for ${parts.length} clients`);
  step();
  await inLanes(groups, jobs, async ({ members, run }) => {
    const [first] = members;
    if (!first) return;
    const file = await investigate(spec, { as: first, timeoutMs, publicOnly, quick, world });
    for (const part of members)
      files.set(part, { file: part === first ? file : asSeenBy(file, part, spec, world), run });
    done++;
    step();
  }).finally(shown.done);
  const causes = await loadCauses();
  return parts.flatMap((part) => {
    const made = files.get(part);
    if (!made) return [];
    const { launch, http } = part.client;
    const guessed = {
      environment: launch.environment === null,
      folder: !part.cwdKnown,
      transports: http.order === null,
    };
    return [{ ...made, guessed, verdict: judge(made.file, causes, checks) }];
  });
}

function render(matrix: Matrix, options: MatrixOptions): string {
  if (options.format === 'json') return renderMatrixJson(matrix);
  if (options.format === 'markdown') return renderMatrixMarkdown(matrix);
  return renderMatrix(matrix, { color: colorful(options), width: process.stdout.columns ?? DEFAULT_WIDTH });
}

/** A client in which it fails decides; where nothing could be said of any, nothing was. */
function exitCodeOf({ rows }: Matrix): number {
  if (rows.some(({ outcome }) => outcome === 'fails')) return EXIT.wrong;
  return rows.every(({ outcome }) => outcome === 'not-known') ? EXIT.inconclusive : EXIT.healthy;
}

/** The compatibility matrix. Returns the exit code. */
export async function verifyAsAll(spec: TargetSpec, options: MatrixOptions): Promise<number> {
  const jobs = jobsOf(options);
  if (spec.kind === 'entry')
    throw new UsageError(
      'This entry names no command and no address that could be started. See what is wrong with it: mcp-verdict verify <client>:<server>',
    );
  const project = openFolder(options);
  const world = realWorld();
  const surroundings = surroundingsOf(world);
  const { server, own } = options;
  const parts = await Promise.all(
    CLIENTS.map((client) => (own?.client === client ? own : partOf(client, world, { server, project, surroundings }))),
  );
  const matrix = matrixOf(await playAll(spec, parts, options, world, jobs));
  if (!matrix) return EXIT.inconclusive;
  const text = render(matrix, options);
  if (options.output) save(options.output, text);
  else process.stdout.write(text);
  return exitCodeOf(matrix);
}
