/**
 * "Works in my terminal": the server started once more in the user's own environment, and what makes the difference to that
 * of a client, found by trying. Every start is bounded, ended with all it started, and leaves only names in the case.
 */
import type { Evidence } from '../case/evidence.js';
import { redactor, secretValues } from '../case/redact.js';
import { CaseDraft } from '../case/write.js';
import type { ClientInfo } from '../wire/revisions.js';
import type { Entry } from './command.js';
import type { Opening } from './handshake.js';
import { foldersOf, isDirect, pathFor, pathName, programName, resolveCommand } from './lookup.js';
import { managerOf } from './managers.js';
import { narrow } from './narrow.js';
import type { observeProcess } from './process.js';
import { runtimeFile, runtimeOf } from './runtime.js';
import type { World } from './world.js';

type Worlds = Evidence['worlds'];
type Start = Worlds['client'];
type Deciding = NonNullable<Worlds['deciding']>;
type Variables = Record<string, string>;

/** The whole comparison: so many starts, and so long. */
const MAX_STARTS = 11;
const BUDGET_MS = 20_000;
/** How long the first start in the shell's environment may take, and after a silent client, whose like is waited for in vain. */
const FIRST_MS = 8_000;
const AFTER_SILENCE_MS = 3_000;
const MAX_NAMES = 6;
const MAX_WORDS = 300;
const GRACE_MS = 200;
/** A try is given up when it takes much longer than the start that worked. */
const PATIENCE_FACTOR = 3;
const MIN_TRY_MS = 4_000;
/** The same, where a failure shows in silence alone: each such try is waited for to its end. */
const MIN_SILENT_TRY_MS = 2_000;

/** What makes a server wait in vain where it is missing: a second start of a silent one is worth its time. */
const OF_THE_NETWORK = /^(?:HTTPS?|ALL)_PROXY$/i;

/** Variables that differ in every shell and decide nothing. */
const NOISE = /^(?:_|SHLVL|PWD|OLDPWD|LS_COLORS|PS[1-4]|COLUMNS|LINES|WINDOWID|HIST\w*|MCP_VERDICT_RUN)$/;

export interface WorldsOptions {
  entry: Entry;
  /** The whole environment that the server was given. */
  env: Variables;
  /** The environment of the login shell, when it was asked. */
  login: Variables | null;
  /** How a server is started and watched. */
  observe: typeof observeProcess;
  clientInfo: ClientInfo;
  opening?: Opening;
  timeoutMs?: number;
  quick?: boolean;
  full?: boolean;
  signal?: AbortSignal;
  progress(text: string): void;
}

/** What a draft says of the start it holds. */
function startOf(draft: CaseDraft, gaveUp: boolean): Start {
  const { process, handshake } = { process: draft.get('process'), handshake: draft.get('handshake') };
  const { exit, spawnError, lifetimeMs = 0 } = process ?? {};
  const opened = handshake?.used ? handshake[handshake.used] : undefined;
  const refusal = handshake?.initialize.error ?? handshake?.discover.error;
  const said = spawnError?.message ?? draft.get('stderr')?.lines.findLast(({ text }) => text.trim() !== '')?.text;
  if (spawnError) return { outcome: 'not-started', ms: 0, said };
  if (opened && (gaveUp || exit?.by !== 'itself')) return { outcome: 'answered', ms: opened.ms ?? 0 };
  if (exit?.by === 'itself' && !gaveUp)
    return { outcome: 'ended', ms: lifetimeMs, exitCode: exit.code, signal: exit.signal, said };
  return { outcome: 'unanswered', ms: lifetimeMs, said: refusal?.message ?? said };
}

const wordsOf = (draft: CaseDraft): string =>
  [draft.get('process')?.spawnError?.message, ...(draft.get('stderr')?.lines.map(({ text }) => text) ?? [])].join('\n');

/** The environment that the user's shell gives to the command; the entry adds what the shell does not have. */
const shellWorld = (shell: Record<string, string | undefined>, entry: Variables, world: World): Variables => {
  const own = Object.entries(shell).filter((pair): pair is [string, string] => pair[1] !== undefined);
  const names = new Set(own.map(([name]) => (world.platform === 'win32' ? name.toUpperCase() : name)));
  const added = Object.entries(entry).filter(
    ([name]) => !names.has(world.platform === 'win32' ? name.toUpperCase() : name),
  );
  return Object.fromEntries([...added, ...own].filter(([name]) => !NOISE.test(name)));
};

/** Names whose values differ. Windows does not tell upper from lower case in names. */
function differing(client: Variables, shell: Variables, world: World): string[] {
  const key = (name: string) => (world.platform === 'win32' ? name.toUpperCase() : name);
  const known = new Map(Object.entries(client).map(([name, value]) => [key(name), value]));
  return Object.entries(shell).flatMap(([name, value]) => (known.get(key(name)) === value ? [] : [name]));
}

/** Why a start in another environment would tell nothing; null when it may. */
function pointless(draft: CaseDraft, { entry, env, quick, signal, full }: WorldsOptions, world: World): string | null {
  if (signal?.aborted) return 'the investigation was ended';
  if (quick) return '--quick starts the server only once';
  if (entry.command === '') return 'the entry has no command';
  const { file, lookup } = draft.get('launch') ?? {};
  const { spawnError } = draft.get('process') ?? {};
  const { initialize } = draft.get('handshake') ?? {};
  if (full && draft.get('handshake')?.used && draft.get('process')?.exit?.by !== 'itself') return null;
  if (lookup?.found === null && isDirect(entry.command, world))
    return 'the command is a path, which leads nowhere in any environment';
  if (file?.binary?.problem) return 'the program was built for another machine';
  if (file?.shebang?.crlf) return 'the first line of the script is broken in any environment';
  if (spawnError && spawnError.code !== 'ENOENT')
    return `the operating system refuses to start it (${spawnError.code})`;
  const differs = Object.keys(world.env).some((name) => OF_THE_NETWORK.test(name) && !(name in env));
  if (!full && initialize?.status === 'unanswered' && !differs)
    return 'the server is alive and says nothing: with --full it is started in your own environment, too';
  if (initialize?.status === 'invalid') return 'the server answered, though not as the protocol wants it';
  return null;
}

/** Everything that tries. One object for one comparison: it counts the starts and the time. */
class Trial {
  readonly #draft: CaseDraft;
  readonly #options: WorldsOptions;
  readonly #world: World;
  readonly #until: number;
  starts = 0;
  limitMs: number;
  /** What the last start said: it may name what is missing next. */
  words = '';

  constructor(draft: CaseDraft, options: WorldsOptions, world: World, limitMs: number) {
    this.#draft = draft;
    this.#options = options;
    this.#world = world;
    this.#until = world.now() + BUDGET_MS;
    this.limitMs = limitMs;
  }

  /** Start the server in an environment; null when no more starts are allowed. */
  async start(env: Variables): Promise<Start | null> {
    const { entry, observe, clientInfo, opening, signal, timeoutMs = Number.POSITIVE_INFINITY } = this.#options;
    const left = Math.min(this.#until - this.#world.now(), this.limitMs, timeoutMs);
    if (this.starts >= MAX_STARTS || left < 100 || signal?.aborted) return null;
    this.starts++;
    const draft = new CaseDraft({ ...this.#draft.start, now: this.#world.now });
    const end = new AbortController();
    const stop = () => end.abort();
    const timer = setTimeout(stop, left);
    signal?.addEventListener('abort', stop);
    try {
      await observe(
        draft,
        { entry, env, clientInfo, opening, timeoutMs: left, graceMs: GRACE_MS, signal: end.signal, progress: () => {} },
        this.#world,
      );
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
    }
    this.words = wordsOf(draft);
    return startOf(draft, end.signal.aborted);
  }

  /** Whether the server answers in an environment; null when no more starts are allowed. */
  async answers(env: Variables): Promise<boolean | null> {
    const start = await this.start(env);
    return start && start.outcome === 'answered';
  }
}

/** The client's environment with some variables of the shell's. A name that Windows takes for the same is replaced. */
function withNames(client: Variables, shell: Variables, names: string[]): Variables {
  const replaced = new Set(names.map((name) => name.toUpperCase()));
  const kept = Object.entries(client).filter(([name]) => name in shell || !replaced.has(name.toUpperCase()));
  const taken = names.flatMap((name): [string, string][] => (shell[name] === undefined ? [] : [[name, shell[name]]]));
  return Object.fromEntries([...kept, ...taken]);
}

/** Which variables decide, beside those that `base` already has. */
async function decidingVariables(
  trial: Trial,
  base: Variables,
  shell: Variables,
  names: string[],
  words: string,
): Promise<{ names: string[]; complete: boolean } | null> {
  const works = (chosen: string[]) => trial.answers(withNames(base, shell, chosen));
  // A server that names what it misses saves the search; the next one it misses, it names in the next try.
  const chosen: string[] = [];
  let said = words;
  for (let round = 0; round < 4; round++) {
    const named = names.filter(
      (name) => !chosen.includes(name) && new RegExp(`(?<!\\w)${name.replace(/\W/g, '\\$&')}(?!\\w)`).test(said),
    );
    if (named.length === 0) break;
    chosen.push(...named);
    const answer = await works(chosen);
    if (answer === null) return null;
    if (answer) {
      const { items, complete } = await narrow(chosen, [], works);
      return { names: items, complete };
    }
    said = trial.words;
  }
  const { items, complete } = await narrow(names, [], works);
  return { names: items, complete };
}

/** Which folder of the shell's PATH decides, and what it provides. */
async function decidingFolder(
  trial: Trial,
  client: Variables,
  shell: Variables,
  { entry }: WorldsOptions,
  { file }: Evidence['launch'],
  words: string,
  world: World,
): Promise<Deciding | null> {
  const paths = pathFor(world);
  const cwd = paths.resolve(world.cwd, entry.cwd ?? '.');
  const before = (folders: string[]): Variables => ({
    ...client,
    [pathName(client)]: [...folders, ...foldersOf(client, world)].join(paths.delimiter),
  });
  const shellPath = { ...client, [pathName(client)]: shell[pathName(shell)] ?? '' };
  const runtime = runtimeFile(entry, file, shellPath, world);
  // What may be meant: the command, its runtime, and every word of the failure that is a program in the shell.
  const programs = new Set([
    ...(isDirect(entry.command, world) ? [] : [entry.command]),
    ...(runtime ? [paths.basename(runtime.path)] : []),
    ...(file?.shebang ? [paths.basename(file.shebang.interpreter)] : []),
    ...(words.match(/(?<![\w./\\-])[\w.-]{2,40}/g) ?? []).slice(0, MAX_WORDS),
  ]);
  const choices = [...programs].flatMap((program) => {
    const path = resolveCommand(program, shellPath, cwd, world);
    return path && path !== resolveCommand(program, client, cwd, world) ? [{ program, path }] : [];
  });
  const folders = [...new Set(foldersOf(shell, world))];
  const known = new Set(foldersOf(client, world));
  const fresh = folders.filter((folder) => !known.has(folder));
  const likely = [...new Set(choices.map(({ path }) => paths.dirname(path)))].slice(0, 3);
  const { items } = await narrow([...new Set([...likely, ...(fresh.length ? fresh : folders)])], likely, (some) =>
    trial.answers(before(some)),
  );
  const [folder] = items;
  if (items.length !== 1 || folder === undefined) return null;
  const env = before([folder]);
  const there = await runtimeOf(entry, file, env, world);
  const here = runtimeFile(entry, file, env, world);
  const inside = choices.filter(({ path }) => paths.dirname(path) === folder);
  const provided = [
    ...new Set(
      inside.map(({ program, path }) => {
        const named = there && here && path === here.path ? `${there.name} ${there.version}` : programName(program);
        return named;
      }),
    ),
  ];
  const via = managerOf(inside[0]?.path ?? paths.join(folder, '.'), world);
  return {
    kind: 'path-entry',
    names: [folder],
    ...(provided.length > 0 && { provides: `${provided.join(' and ')}${via ? ` (${via})` : ''}` }),
  };
}

/** What makes the difference between an environment that works and one that does not. */
async function deciding(
  trial: Trial,
  client: Variables,
  shell: Variables,
  draft: CaseDraft,
  options: WorldsOptions,
  world: World,
): Promise<Deciding | undefined> {
  const launch = draft.get('launch');
  const words = wordsOf(draft);
  const names = differing(client, shell, world);
  const path = names.find((name) => name.toUpperCase() === 'PATH');
  const rest = names.filter((name) => name !== path);
  const withPath = path === undefined ? client : { ...client, [pathName(client)]: shell[path] ?? '' };
  if (path !== undefined && launch) {
    const answer = rest.length === 0 ? true : await trial.answers(withPath);
    if (answer === null) return undefined;
    if (answer)
      return (
        (await decidingFolder(trial, client, shell, options, launch, words, world)) ?? {
          kind: 'variable',
          names: ['PATH'],
        }
      );
  }
  // PATH alone does not do. Does it without?
  const needsPath = path !== undefined && !(await trial.answers(withNames(client, shell, rest)));
  const found = await decidingVariables(trial, needsPath ? withPath : client, shell, rest, words);
  if (!found) return undefined;
  const all = [...(needsPath ? ['PATH'] : []), ...found.names];
  // A long list would name nothing.
  if (all.length > MAX_NAMES) return undefined;
  return { kind: all.length === 1 ? 'variable' : 'variables', names: all };
}

/** Start the server in the user's own environment and note `worlds`, or why that was not done. */
export async function compareWorlds(draft: CaseDraft, options: WorldsOptions, world: World): Promise<void> {
  const why = pointless(draft, options, world);
  if (why) return draft.skipped('worlds', why);
  const { entry, env, login, progress } = options;
  const from = draft.now();
  const cwd = pathFor(world).resolve(world.cwd, entry.cwd ?? '.');
  const shells = [world.env, ...(login ? [login] : [])]
    .map((shell) => shellWorld(shell, entry.env, world))
    .filter((shell) => differing(env, shell, world).length > 0);
  if (shells.length === 0)
    return draft.skipped(
      'worlds',
      'the server already had the whole environment of the shell: there is no other to try',
    );
  const usable = shells.filter((shell) => resolveCommand(entry.command, shell, cwd, world) !== null);
  if (usable.length === 0) return draft.skipped('worlds', "the command is not on your shell's PATH either");

  const client: Start = { ...startOf(draft, false), command: draft.get('launch')?.lookup?.found ?? undefined };
  const trial = new Trial(draft, options, world, client.outcome === 'unanswered' ? AFTER_SILENCE_MS : FIRST_MS);
  progress("starting the server in your own shell's environment, to compare");
  draft.timeline.add('note', "the server is started again in the environment of the user's shell, to compare");
  let shell: Start | null = null;
  let used: Variables = {};
  for (const candidate of usable) {
    const start = await trial.start(candidate);
    if (!start) break;
    if (!shell || start.outcome === 'answered') [shell, used] = [start, candidate];
    if (start.outcome === 'answered') break;
  }
  if (!shell) return draft.skipped('worlds', 'there was no time left for a second start');
  trial.limitMs = Math.max(
    client.outcome === 'unanswered' ? MIN_SILENT_TRY_MS : MIN_TRY_MS,
    shell.ms * PATIENCE_FACTOR,
  );
  // The counter-proof: a server that fails now and then, or whose cache was cold, would make any variable look guilty.
  const again = shell.outcome === 'answered' && client.outcome !== 'answered' ? await trial.start(env) : null;
  const differs = again !== null && again.outcome !== 'answered';
  if (differs) progress('looking for the variable or PATH entry that makes the difference');
  const decides = differs ? await deciding(trial, env, used, draft, options, world) : undefined;
  // The second environment has values that the first never had: they stay out of what the server said, too.
  const redact = redactor(secretValues(Object.fromEntries(Object.entries(used).filter(([name]) => !(name in env)))));
  draft.seen(
    'worlds',
    {
      client: again?.outcome === 'answered' ? { ...again, command: client.command } : client,
      shell: {
        ...shell,
        said: shell.said === undefined ? undefined : redact(shell.said).slice(0, 500),
        command: resolveCommand(entry.command, used, cwd, world) ?? undefined,
      },
      deciding: decides,
      starts: trial.starts,
    },
    draft.now() - from,
  );
}
