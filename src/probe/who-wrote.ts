/**
 * Who wrote a stray line on stdout, asked of the program itself: the server is started a second time with code loaded into
 * Node.js and Python that notes the caller of every write. Only after a first start that left the question open.
 */
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CaseDraft } from '../case/write.js';
import { NODE_PRELOAD, PYTHON_PRELOAD, WRITES } from './preloads.js';
import { observeProcess, type ProcessOptions } from './process.js';
import { isLauncher, type Stray } from './who-held.js';
import type { World } from './world.js';

/** In no case is the second start waited for longer than this. */
const LIMIT_MS = 20_000;
const NOTES_BYTES = 1 << 20;

interface Note {
  lang: 'node' | 'python';
  /** The program: the file that was started, or "module name" for python -m. */
  main: string;
  /** Python: the folder of the standard library. */
  stdlib?: string;
  text: string;
  /** Callers, the innermost first: file and line. */
  frames: [file: string, line: number][];
}

/** Libraries whose trade is to print what others say: the caller behind them is meant. */
const LOGGERS =
  /^(?:pino(?:-pretty)?|sonic-boom|thread-stream|winston(?:-transport)?|logform|readable-stream|log4js|loglevel|consola|debug|signale|bunyan|tslog|chalk|ora|cli-spinners|@clack\/prompts|npmlog|roarr|signal-exit|loguru|structlog|rich|click|colorama|colorlog|coloredlogs|termcolor|tqdm|logbook|typer)$/;

/** The package that a file belongs to, and the folder that holds it. Null for a file outside of every package folder. */
export function packageOf(file: string): { name: string; folder: string } | null {
  const path = file.replaceAll('\\', '/');
  const node = [...path.matchAll(/\/node_modules\/((?:@[^/]+\/)?[^/.][^/]*)\//g)].at(-1);
  if (node?.[1]) return { name: node[1], folder: path.slice(0, node.index + node[0].length) };
  const pnp = /\/\.yarn\/cache\/((?:@[^/]+?-)?[^/]+?)-npm-[\d.]+/.exec(path);
  if (pnp?.[1]) return { name: pnp[1], folder: path.slice(0, pnp.index + pnp[0].length) };
  const python = /\/(?:site|dist)-packages\/([^/]+?)(?:\.py)?(?:\/|$)/.exec(path);
  if (python?.[1]) return { name: python[1], folder: path.slice(0, python.index + python[0].length) };
  return null;
}

/** Scripts that pip and npm put in place hold nothing but the name of the package they start. */
function packageOfMain(main: string): string | null {
  const module = /^module (?<name>\w+)/.exec(main)?.groups?.name;
  if (module) return module;
  const own = packageOf(main);
  if (own) return own.name;
  try {
    return /^from (?<name>\w+)[\w.]* import/m.exec(readFileSync(main, 'utf8').slice(0, 2_000))?.groups?.name ?? null;
  } catch {
    return null;
  }
}

const NPM = /\/node_modules\/(?:npm|npx|pnpm|yarn|corepack)\/|\/corepack\//;

/** Who a note speaks of, and how that is known. Null when it names no file. */
export function writerOf({ main, stdlib, frames }: Note): NonNullable<Stray['by']> | null {
  const files = frames
    .map(([file, line]) => ({ file: file.startsWith('file:') ? fileURLToPath(file) : file, line }))
    .filter(({ file }) => {
      if (stdlib && file.startsWith(stdlib) && !/\/(?:site|dist)-packages\//.test(file)) return false;
      const name = packageOf(file)?.name;
      return name === undefined || !LOGGERS.test(name);
    });
  const [caller] = files;
  if (!caller) return null;
  if (NPM.test(caller.file.replaceAll('\\', '/')))
    return {
      who: 'launcher',
      name: packageOf(caller.file)?.name ?? 'npm',
      how: `written by ${caller.file}:${caller.line}`,
    };
  const owner = packageOf(caller.file);
  const within = owner ? caller.file.replaceAll('\\', '/').slice(owner.folder.length) : caller.file;
  const at = within ? `${within}:${caller.line}` : `line ${caller.line}`;
  const place = owner ? `${owner.name} (${at})` : at;
  const how = `a second start showed the write in ${place}`;
  // The package that was started is the server, wherever it lies.
  if (!owner || owner.name === packageOfMain(main)) return { who: 'server', name: place, how };
  return { who: 'dependency', name: owner.name, how };
}

const baseOf = (path: string): string => path.split(/[/\\]/).at(-1) ?? path;

/** Digits change from start to start: times, ports, process ids. */
const gist = (text: string): string => text.trim().replace(/\d+/g, '0').slice(0, 120);

/** The note that speaks of a stray line: the same text, the same but for its numbers, or the same beginning. */
function noteOf(stray: Stray, notes: Note[]): Note | undefined {
  const lines = (note: Note) => note.text.split('\n').map(gist);
  const wanted = gist(stray.text.split('\n', 1)[0] ?? '');
  if (wanted === '') return undefined;
  const start = wanted.slice(0, 12);
  return (
    notes.find((note) => lines(note).includes(wanted)) ??
    notes.find((note) =>
      lines(note).some((line) => line !== '' && (wanted.startsWith(line) || line.startsWith(wanted))),
    ) ??
    (start.length === 12 ? notes.find((note) => lines(note).some((line) => line.startsWith(start))) : undefined)
  );
}

/**
 * The first lines, when a shell or launcher stands in front and the program behind it, whose every write was noted, wrote
 * others and not these.
 */
function byElimination(strays: Stray[], notes: Note[], command: string): Stray[] {
  const server = notes.findLast(({ main }) => !NPM.test(main.replaceAll('\\', '/')));
  if (!server || !isLauncher(baseOf(command))) return strays;
  const known = strays.findIndex(({ by }) => by !== undefined && by.who !== 'launcher');
  const before = known < 0 ? strays.length : known;
  return strays.map((stray, i) =>
    i < before && open([stray]).length > 0 && stray.why?.includes('before the first reply')
      ? {
          ...stray,
          by: {
            who: 'launcher',
            name: baseOf(command),
            how: `in a second start that noted what ${baseOf(server.main)} writes, it wrote nothing like this`,
          },
        }
      : stray,
  );
}

function read(path: string): Note[] {
  try {
    return readFileSync(path, 'utf8')
      .slice(0, NOTES_BYTES)
      .split('\n')
      .flatMap((line) => {
        try {
          const note = JSON.parse(line) as Note;
          return Array.isArray(note.frames) && typeof note.text === 'string' ? [note] : [];
        } catch {
          // The server was ended in the middle of a note.
          return [];
        }
      });
  } catch {
    // Nobody wrote: another runtime, or one that does not load what it is told to.
    return [];
  }
}

/** Programs in machine code or in other runtimes load nothing of ours; what runs elsewhere does not see our files. */
const DEAF =
  /^(?:docker|podman|nerdctl|ssh|wsl|java|jbang|dotnet|dnx|go|cargo|ruby|php|deno|bun|bunx|mvn|gradle)(?:\.exe)?$/i;

/** Stray lines that somebody has to answer for. */
const open = (strays: Stray[]): Stray[] =>
  strays.filter(({ kind, by }) => !by && (kind === 'not-json' || kind === 'json-not-rpc'));

/** Whether a second start could tell more. */
export function worthAsking(draft: CaseDraft, command: string): boolean {
  const process = draft.get('process');
  const strays = draft.get('stdout')?.strays ?? [];
  return open(strays).length > 0 && process?.exit?.by !== 'itself' && !DEAF.test(baseOf(command));
}

/** Start the server again with ears in it, and note with every stray line of the first start who wrote it. */
export async function askWhoWrote(draft: CaseDraft, options: ProcessOptions, world: World): Promise<void> {
  const stdout = draft.get('stdout');
  if (!stdout) return;
  const scratch = realpathSync(mkdtempSync(join(tmpdir(), 'mcp-verdict-')));
  const sweep = () => rmSync(scratch, { recursive: true, force: true });
  process.on('exit', sweep);
  try {
    const preload = join(scratch, 'preload.cjs');
    const notes = join(scratch, 'writes');
    writeFileSync(preload, NODE_PRELOAD);
    writeFileSync(join(scratch, 'sitecustomize.py'), PYTHON_PRELOAD);
    const { NODE_OPTIONS = '', PYTHONPATH = '' } = options.env;
    const env = {
      ...options.env,
      NODE_OPTIONS: `${NODE_OPTIONS} --require ${JSON.stringify(preload)}`.trim(),
      PYTHONPATH: PYTHONPATH ? `${scratch}${delimiter}${PYTHONPATH}` : scratch,
      // No __pycache__ beside what is not ours.
      PYTHONDONTWRITEBYTECODE: '1',
      [WRITES]: notes,
    };
    options.progress('starting the server a second time, to see who writes to stdout');
    draft.timeline.add('note', 'second start of the server, to see who writes to stdout');
    const second = new CaseDraft({ ...draft.start, now: world.now });
    const timeoutMs = Math.min(options.timeoutMs ?? LIMIT_MS, LIMIT_MS);
    await observeProcess(
      second,
      { ...options, env, scratch, timeoutMs, graceMs: Math.min(options.graceMs, 500) },
      world,
    );
    const noted = read(notes);
    const strays = byElimination(
      stdout.strays.map((stray) => {
        const note = open([stray]).length ? noteOf(stray, noted) : undefined;
        const by = note && writerOf(note);
        return by ? { ...stray, by } : stray;
      }),
      noted,
      options.entry.command,
    );
    draft.seen('stdout', { ...stdout, strays });
    const writes = noted.filter(({ text }) => text !== '').length;
    draft.timeline.add('note', `end of the second start: ${writes} writes to stdout that are no message`);
  } finally {
    process.off('exit', sweep);
    sweep();
  }
}
