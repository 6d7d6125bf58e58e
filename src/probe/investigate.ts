/** From a target to a case file. This is the only way a live case comes into being. */
import { readFileSync } from 'node:fs';
import type { CaseFile } from '../case/case-file.js';
import type { Evidence } from '../case/evidence.js';
import {
  decoded,
  isSecretParameter,
  redactArgs,
  redactor,
  SECRET_NAME,
  secretArgs,
  secretUrl,
  secretValues,
} from '../case/redact.js';
import { shellLine } from '../case/shell-word.js';
import { CaseDraft } from '../case/write.js';
import { TOOL } from '../tool.js';
import { Turns } from '../wire/turns.js';
import type { AuthOptions } from './authorization.js';
import { type Entry, lookAtCommand } from './command.js';
import { serverEnvironment } from './environment.js';
import type { PartLaunch } from './part-launch.js';
import type { PartUrl, remoteOptionsIn } from './part-url.js';
import type { Part } from './play.js';
import { observeProcess, type ProcessOptions } from './process.js';
import { realWorld, type World } from './world.js';

/** For investigations that run at the same time: no host is asked more than four things at once. */
export { Turns };

/** What to investigate: a command to start, or a URL. */
export type TargetSpec =
  /** An entry that gives nothing to start or to ask: only what stands in the file is judged. */
  | { kind: 'entry' }
  | ({ kind: 'stdio' } & Entry)
  | {
      kind: 'http';
      url: string;
      headers: Record<string, string>;
      transport?: 'streamable-http' | 'sse';
      /** Parameters of the query that hold a secret whatever their names say. */
      keys?: readonly string[];
    };

export interface InvestigateOptions {
  /** How long one answer is waited for, milliseconds. Without it: 5 s of silence, longer while the server works. */
  timeoutMs?: number;
  /** Take as little time as possible: one start, no long wait for a slow shutdown. */
  quick?: boolean;
  /** Look at everything, even when that means to start a sound server several times. */
  full?: boolean;
  /** Of a URL: watch an event stream that nobody uses for so long, milliseconds. */
  watchMs?: number;
  /** Of a URL: connect to public addresses only, also behind redirects. */
  publicOnly?: boolean;
  /** Start and ask the target in the part of a client (probe/play.ts). */
  as?: Part;
  /** Give the server the whole environment of the shell, which no MCP client does. */
  inheritEnv?: boolean;
  /** Of a URL: how to be let in, beside headers of one's own. */
  auth?: AuthOptions;
  /** The message that brought the user here. */
  complaint?: string;
  /** Where the target is declared, and what was found there. */
  declared?: { in: NonNullable<CaseFile['target']['declaredIn']>; config: Evidence['config'] };
  /** What the client's own log holds of the last run, or why that is not known. */
  clientLog?: Evidence['clientLog'] | { why: string };
  /** Turns to ask a host, shared by investigations that run at the same time. */
  turns?: Turns;
  signal?: AbortSignal;
  /** Called once, as soon as it shows that the target does not work. */
  onTrouble?(): void;
  /** Called with one short line for every step. */
  onProgress?(text: string): void;
  world?: World;
}

/** SDK clients give a server 2 s to end after the end of stdin. */
const GRACE_MS = 2_000;
const QUICK_GRACE_MS = 300;
const HTTP_TIMEOUT_MS = 5_000;
const CONNECT_TIMEOUT_MS = 5_000;
/** A shorter value would be found in everything. */
const SHORTEST_SECRET = 4;

function hostOf(world: World): CaseFile['host'] {
  const os = { linux: 'linux', darwin: 'macos', win32: 'windows' }[world.platform as string] as
    | CaseFile['host']['os']
    | undefined;
  let wsl = false;
  if (world.platform === 'linux') {
    try {
      wsl = /microsoft/i.test(readFileSync('/proc/sys/kernel/osrelease', 'latin1'));
    } catch {
      // No /proc: certainly no WSL.
    }
  }
  return { os: os ?? 'other', arch: world.arch, ...(wsl && { wsl }), node: world.node.version };
}

/** What a URL with a user name and password in it means (RFC 7617): most HTTP libraries send it, fetch refuses such a URL. */
function basicOf(url: string): Record<string, string> {
  const { username, password } = new URL(url);
  if (username === '') return {};
  const text = [username, password].map(decoded).join(':');
  return { authorization: `Basic ${Buffer.from(text).toString('base64')}` };
}

/** Values that must never appear anywhere: those of the entry, and those of the shell behind a telling name. */
function secretsOf(spec: TargetSpec, world: World): string[] {
  const shell = secretValues(
    Object.fromEntries(
      Object.entries(world.env).filter(([name, value]) => SECRET_NAME.test(name) && (value?.length ?? 0) >= 6),
    ),
  );
  if (spec.kind === 'entry') return shell;
  if (spec.kind === 'http') {
    const ofHeaders = secretValues({ ...basicOf(spec.url), ...spec.headers }).flatMap((value) => [
      value,
      value.replace(/^\S+\s+/, ''),
    ]);
    // Of a cookie the value is the secret, whatever its name.
    const ofCookies = (spec.headers.cookie ?? '').split(';').map((pair) => pair.slice(pair.indexOf('=') + 1).trim());
    // What a Basic header says in base64, a server may say in plain.
    const ofBasic = ofHeaders
      .flatMap((value) => /^Basic (.+)$/i.exec(value)?.[1] ?? [])
      .map((text) => Buffer.from(text, 'base64').toString('utf8'));
    return [
      ...shell,
      ...ofHeaders,
      ...ofCookies,
      ...ofBasic,
      ...ofBasic.map((pair) => pair.slice(pair.indexOf(':') + 1)),
      ...secretUrl(spec.url),
      ...(spec.keys ?? []).flatMap((name) => new URL(spec.url).searchParams.getAll(name)),
    ];
  }
  return [...shell, ...secretValues(spec.env), ...secretArgs(spec.args)];
}

/** How the target is called: a declared one by its client and name, which is shorter than its command and tells no secret. */
function targetOf(
  spec: TargetSpec,
  { declared }: InvestigateOptions,
  redact: (text: string) => string,
  windows: boolean,
): CaseFile['target'] {
  if (spec.kind === 'entry')
    return {
      transport: 'unknown',
      label: declared ? `${declared.config.client}:${declared.config.server}` : 'an entry',
    };
  if (spec.kind === 'http') return { transport: 'http', label: spec.url.slice(0, 500), url: spec.url };
  return {
    transport: 'stdio',
    label: shellLine([spec.command, ...redactArgs(spec.args, redact)], windows).slice(0, 500),
    command: spec.command,
    args: spec.args,
    cwd: spec.cwd,
  };
}

/** Node's crypto takes some milliseconds to load, and is needed for the seal only. */
const crypto = () => process.getBuiltinModule('node:crypto');

/** Investigate a target. Never throws for what the target does; partial evidence is noted as such. */
export async function investigate(spec: TargetSpec, options: InvestigateOptions = {}): Promise<CaseFile> {
  const world = options.world ?? realWorld();
  const progress = options.onProgress ?? (() => {});
  const played = options.as && (await playedBy(options.as, spec, world));
  const secrets = [...secretsOf(spec, world), ...(played?.secrets ?? [])];
  // Secrets come up on the way (tokens, codes): the redactor is made anew when there are more.
  let made = { of: -1, redact: (text: string) => text };
  const redact = (text: string) => {
    if (made.of !== secrets.length) made = { of: secrets.length, redact: redactor(secrets) };
    return made.redact(text);
  };
  const draft = new CaseDraft({
    origin: 'live',
    takenAt: world.date(),
    tool: TOOL,
    host: hostOf(world),
    target: {
      ...targetOf(spec, options, redact, world.platform === 'win32'),
      ...(options.declared && { declaredIn: options.declared.in }),
    },
    complaint: options.complaint,
    redact,
    now: world.now,
    sha256: (text) => crypto().createHash('sha256').update(text).digest('hex'),
  });
  const { declared, clientLog } = options;
  if (declared) draft.seen('config', declared.config);
  if (clientLog && 'why' in clientLog) draft.skipped('clientLog', clientLog.why);
  else if (clientLog) draft.seen('clientLog', clientLog);
  const looking =
    spec.kind === 'stdio'
      ? investigateCommand(draft, spec, options, { world, progress, played })
      : spec.kind === 'http'
        ? investigateUrl(draft, spec, options, { world, progress, secrets, played })
        : Promise.resolve();
  if (options.complaint !== undefined) draft.seen('complaint', await complaintOf(options.complaint));
  // By now the server is starting: the best time to load what comes later.
  crypto();
  await looking.catch((error: unknown) => {
    // A defect of ours: its message may hold what was looked at.
    if (error instanceof Error) error.message = redact(error.message);
    throw error;
  });
  return draft.seal();
}

/** A target in the part of a client: how it is started and opened, what is asked at the end, and how that is noted. */
interface Played {
  launch?: PartLaunch;
  url?: PartUrl;
  remote?: ReturnType<typeof remoteOptionsIn>;
  options?: Pick<ProcessOptions, 'entry' | 'env' | 'clientInfo' | 'opening' | 'idleMs'>;
  beforeEnd?: ProcessOptions['beforeEnd'];
  note(draft: CaseDraft): void;
  secrets: string[];
}

interface Surroundings {
  world: World;
  progress(text: string): void;
  played: Played | undefined;
}

/** Of all that a part brings along, what may be a secret: what stands behind a telling name, and what was filled in for one. */
async function playedBy(part: Part, spec: TargetSpec, world: World): Promise<Played | undefined> {
  if (spec.kind === 'entry') return undefined;
  const probes: Evidence['client']['probes'] = [];
  if (spec.kind === 'http') {
    const { noteUrlPart, remoteOptionsIn, urlPart } = await import('./part-url.js');
    const url = urlPart(part, spec);
    return {
      url,
      remote: remoteOptionsIn(part, url, probes, world),
      note: (draft) => noteUrlPart(draft, part, url, spec.transport, probes, world),
      secrets: [...url.secrets, ...secretsOf(url.spec, world)],
    };
  }
  const [{ launchIn }, { notePart, processOptionsIn }] = await Promise.all([
    import('./part-launch.js'),
    import('./as-client.js'),
  ]);
  const launch = launchIn(part, spec, world);
  const { beforeEnd, ...options } = processOptionsIn(part, launch, probes, world);
  return {
    launch,
    options,
    beforeEnd,
    note: (draft) => notePart(draft, part, launch, probes, world),
    secrets: [...launch.secrets, ...secretsOf({ kind: 'stdio', ...launch.entry }, { ...world, env: launch.env })],
  };
}

/** What a client said, read as a pasted log is. */
async function complaintOf(text: string): Promise<Evidence['complaint']> {
  const { evidenceOf, symptomsOf } = await import('../case/symptoms.js');
  const { reported, stderr } = evidenceOf(symptomsOf(text));
  const lines = [...(reported?.clientError ?? []), ...(stderr?.lines.map((line) => line.text) ?? [])];
  return { ...(reported?.client !== undefined && { client: reported.client }), lines };
}

async function investigateUrl(
  draft: CaseDraft,
  given: Extract<TargetSpec, { kind: 'http' }>,
  options: InvestigateOptions,
  { world, progress, secrets, played }: Surroundings & { secrets: string[] },
): Promise<void> {
  const { url, headers, transport, keys = [] } = played?.url?.spec ?? given;
  if (played?.url?.ways.order.length === 0) {
    for (const kind of ['http', 'handshake', 'catalog'] as const)
      draft.skipped(kind, 'the client takes no such address');
    played.note(draft);
    return;
  }
  const { observeRemote } = await import('./http.js');
  const { searchParams } = new URL(url);
  const withheld = secrets.filter((value) => value.length >= SHORTEST_SECRET);
  await observeRemote(draft, {
    url,
    headers: { ...basicOf(url), ...headers },
    transport: transport ?? 'streamable-http',
    userAgent: `${TOOL.name}/${TOOL.version}`,
    urlHasCredentials: keys.length > 0 || [...searchParams.keys()].some(isSecretParameter),
    keys,
    clientInfo: { name: TOOL.name, version: TOOL.version },
    ...played?.remote,
    timeoutMs: options.timeoutMs ?? HTTP_TIMEOUT_MS,
    connectTimeoutMs: Math.min(options.timeoutMs ?? CONNECT_TIMEOUT_MS, CONNECT_TIMEOUT_MS),
    world,
    depth: options.quick ? 'quick' : options.full ? 'full' : 'default',
    watchMs: options.watchMs,
    publicOnly: options.publicOnly,
    secrets: withheld,
    learn(secret) {
      secrets.push(secret);
      if (secret.length >= SHORTEST_SECRET) withheld.push(secret);
    },
    auth: options.auth,
    turns: options.turns,
    signal: options.signal,
    onTrouble: options.onTrouble,
    progress,
  });
  played?.note(draft);
}

async function investigateCommand(
  draft: CaseDraft,
  given: Entry,
  options: InvestigateOptions,
  { world, progress, played }: Surroundings,
): Promise<void> {
  const entry = played?.launch?.entry ?? given;
  const env =
    played?.launch?.env ?? serverEnvironment(world.env, entry.env, world.platform, options.inheritEnv ?? false);
  const launch = lookAtCommand(entry, env, world);
  draft.seen('launch', launch);
  const common = {
    entry,
    env,
    clientInfo: { name: TOOL.name, version: TOOL.version },
    ...played?.options,
    timeoutMs: options.timeoutMs,
    graceMs: options.quick ? QUICK_GRACE_MS : GRACE_MS,
    signal: options.signal,
    progress,
  };
  await observeProcess(draft, { ...common, beforeEnd: played?.beforeEnd }, world);
  played?.note(draft);
  const failed = draft.get('process')?.exit?.by === 'itself' || draft.get('handshake')?.used === undefined;
  if (failed) options.onTrouble?.();
  if (failed || options.full) {
    const [{ lookCloser }, { compareWorlds }] = await Promise.all([import('./closer-look.js'), import('./worlds.js')]);
    const { quick, full } = options;
    const login = await lookCloser(draft, launch, { entry, env, quick, full }, world);
    await compareWorlds(draft, { ...common, login, observe: observeProcess, quick, full }, world);
  }
  if (!failed && options.full && draft.get('handshake')?.discover.status === 'not-asked') {
    // Openly, and only when asked for: the era of a stdio server is fixed by the first message it gets.
    progress('starting the server a second time, to ask for the stateless era');
    draft.timeline.add('note', 'second start of the server, opened with server/discover (--full)');
    const second = new CaseDraft({ ...draft.start, now: world.now });
    await observeProcess(second, { ...common, modern: true }, world);
    const handshake = draft.get('handshake');
    const discover = second.get('handshake')?.discover;
    if (handshake && discover) draft.seen('handshake', { ...handshake, discover });
  }
  if (!options.quick && !options.signal?.aborted) await startOnceMore(draft, common, world);
}

/** Openly, and only when the first start left a question: a slow one, or lines on stdout of which nobody knows who wrote them. */
async function startOnceMore(draft: CaseDraft, options: ProcessOptions, world: World): Promise<void> {
  const { command } = options.entry;
  if (draft.get('handshake')?.used === undefined || (draft.get('handshake')?.initialize.ms ?? 0) > 1_000) {
    const { startAgain, worthAgain } = await import('./again.js');
    const why = worthAgain(draft, command);
    if (why) await startAgain(draft, why, options, world);
  }
  if (draft.get('stdout')?.strayCount) {
    const { askWhoWrote, worthAsking } = await import('./who-wrote.js');
    if (worthAsking(draft, command)) await askWhoWrote(draft, options, world);
  }
}
