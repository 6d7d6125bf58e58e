/** `mcp-verdict verify`: investigate a target, or open a case file again, and judge it. */
import { readFileSync, statSync } from 'node:fs';
import { type InvestigateOptions, investigate, type TargetSpec } from '../probe/investigate.js';
import { escapeLine } from '../render/escape.js';
import { type CredentialOptions, headersOf, signInOf, signInOptionOf, withKeys } from './credentials.js';
import { UsageError } from './exit.js';
import { Interrupt } from './interrupt.js';
import type { ReportOptions } from './options.js';
import { progress } from './progress.js';
import { projectOf } from './project.js';

interface VerifyOptions extends ReportOptions, CredentialOptions {
  env?: string[];
  inheritEnv?: boolean;
  cwd?: string;
  transport: 'http' | 'sse';
  timeout?: string;
  watch?: string;
  publicOnly?: boolean;
  quick?: boolean;
  full?: boolean;
  targets?: string;
  complaint?: string;
  jobs?: string;
  project?: string;
  as?: string;
}

const MAX_SECONDS = 3_600;
const WAYS =
  'Give a URL (https://host/mcp), an entry of a client (cursor:weather), a case file, or a command behind --: mcp-verdict verify -- node server.js';

/** @throws UsageError */
export function millisecondsOf(option: string, text: string | undefined, example: number): number | undefined {
  if (text === undefined) return undefined;
  const seconds = Number(text);
  if (!Number.isFinite(seconds) || seconds <= 0 || seconds > MAX_SECONDS)
    throw new UsageError(
      `${option} is "${text}"; write seconds between 0 and ${MAX_SECONDS}, for example ${option} ${example}.`,
    );
  return seconds * 1_000;
}

function envOf(pairs: string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const cut = pair.indexOf('=');
      // The text is not repeated: whoever forgets the name has written the secret.
      if (cut < 1) throw new UsageError('An --env has no name. Write --env NAME=value, for example --env API_KEY=abc.');
      const name = pair.slice(0, cut);
      if (/[\0\s]/.test(name))
        throw new UsageError('An --env name has a space in it. Write --env NAME=value, for example --env API_KEY=abc.');
      return [name, pair.slice(cut + 1)];
    }),
  );
}

function urlOf(text: string): string {
  if (!URL.canParse(text))
    throw new UsageError(`"${text}" is no URL. Write it whole, for example https://example.com/mcp.`);
  const url = new URL(text);
  if (!url.hostname)
    throw new UsageError(`"${text}" names no host. Write it whole, for example https://example.com/mcp.`);
  return url.href;
}

/** The text of a case file, or why it is none. */
function caseText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new UsageError(`"${path}" is neither a URL nor a file. ${WAYS}`);
    throw new UsageError(`Cannot read ${path} (${code}). ${WAYS}`);
  }
}

const MAX_JOBS = 64;

/** Many targets, from a list. @throws UsageError for options that belong to one. */
async function verifyList(list: string, options: VerifyOptions): Promise<number> {
  const { verifyTargets, JOBS } = await import('./targets.js');
  const one = (
    [
      ['--save-case', options.saveCase],
      ['--env', options.env],
      ['--cwd', options.cwd],
      ['--inherit-env', options.inheritEnv],
      ['--format agent', options.format === 'agent' || undefined],
      ['--auth', options.auth],
      ['--complaint', options.complaint],
      ['--query-env', options.queryEnv],
    ] as const
  ).find(([, value]) => value !== undefined);
  if (one)
    throw new UsageError(
      `${one[0]} belongs to one target; --targets writes one line of JSON for each. Leave out one of the two.`,
    );
  const alone = signInOptionOf(options);
  if (alone) throw new UsageError(`${alone} belongs to a sign-in, and --targets makes none. Leave it out.`);
  const jobs = Number(options.jobs ?? JOBS);
  if (!Number.isInteger(jobs) || jobs < 1 || jobs > MAX_JOBS)
    throw new UsageError(
      `--jobs is "${options.jobs}"; write a whole number from 1 to ${MAX_JOBS}, for example --jobs ${JOBS}.`,
    );
  const { quick, full, publicOnly, failOn, output, quiet } = options;
  return verifyTargets(list, {
    ...{ jobs, failOn, output, quiet },
    headers: headersOf(options),
    transport: options.transport === 'sse' ? 'sse' : 'streamable-http',
    investigate: {
      timeoutMs: millisecondsOf('--timeout', options.timeout, 20),
      watchMs: millisecondsOf('--watch', options.watch, 90),
      ...{ quick, full, publicOnly },
    },
  });
}

/** What looks like `<client>:<server>`, and is no file: on Windows, and elsewhere in odd cases, a colon stands in a path. */
const namesEntry = (target: string): boolean =>
  /^[a-z][a-z0-9-]+:(?![\\/])/.test(target) && !statSync(target, { throwIfNoEntry: false });

/** Options that say what an entry says itself. */
function overEntry({ cwd, bearerEnv, basicEnv, queryEnv }: VerifyOptions): string | undefined {
  if (cwd !== undefined) return '--cwd';
  return bearerEnv || basicEnv ? '--bearer-env and --basic-env' : queryEnv?.length ? '--query-env' : undefined;
}

/** The entry of a client; variables and headers that are given stand over its own, to try a value before it is written down. */
async function entrySpec(
  named: string,
  options: VerifyOptions,
): Promise<{ spec: TargetSpec; looked: Partial<InvestigateOptions> }> {
  const over = overEntry(options);
  if (over) throw new UsageError(`${over} cannot be given for an entry: it has a place for that itself.`);
  const { entryTarget } = await import('./entry.js');
  const { spec, options: looked } = await entryTarget(named, projectOf(options.project));
  if (spec.kind === 'stdio') return { spec: { ...spec, env: { ...spec.env, ...envOf(options.env ?? []) } }, looked };
  if (spec.kind === 'http') return { spec: { ...spec, headers: { ...spec.headers, ...headersOf(options) } }, looked };
  return { spec, looked };
}

/** A command or a URL as it was given. @throws UsageError for options that belong to the other. */
function givenSpec(
  program: string | undefined,
  args: string[],
  target: string | undefined,
  options: VerifyOptions,
): TargetSpec {
  const { cwd, header, bearerEnv, basicEnv, queryEnv, auth } = options;
  if (cwd !== undefined && !statSync(cwd, { throwIfNoEntry: false })?.isDirectory())
    throw new UsageError(
      `--cwd is "${cwd}", which is no folder. Give the folder in which the client starts the server.`,
    );
  const env = envOf(options.env ?? []);
  const headers = headersOf(options);
  if (program === undefined)
    return {
      kind: 'http',
      ...withKeys(urlOf(target ?? ''), queryEnv),
      headers,
      // A client goes its own way where nobody names one.
      ...(options.as === undefined && { transport: 'streamable-http' as const }),
      ...(options.transport === 'sse' && { transport: 'sse' as const }),
    };
  if (header?.length || bearerEnv || basicEnv || queryEnv?.length || auth)
    throw new UsageError(
      '--header, --bearer-env, --basic-env, --query-env and --auth belong to a URL; a command gets its credentials by --env NAME=value.',
    );
  const alone = signInOptionOf(options);
  if (alone) throw new UsageError(`${alone} belongs to a sign-in, and a command has none. Leave it out.`);
  return { kind: 'stdio', command: program, args, cwd, env };
}

/** Returns the exit code. */
export async function verify(
  target: string | undefined,
  command: string[] | null,
  options: VerifyOptions,
  interrupt = new Interrupt(),
): Promise<number> {
  if (options.targets !== undefined) {
    if (target !== undefined || command !== null)
      throw new UsageError(`--targets names a list, and a target is given beside it. Write the target into the list.`);
    return verifyList(options.targets, options);
  }
  const all = options.as === 'all';
  if (options.jobs !== undefined && !all)
    throw new UsageError('--jobs belongs to --targets <file> and --as all: it says how many are investigated at once.');
  if (options.format === 'markdown' && !all)
    throw new UsageError('--format markdown belongs to --as all. Write --format terminal, json or agent.');
  const timeoutMs = millisecondsOf('--timeout', options.timeout, 20);
  const watchMs = millisecondsOf('--watch', options.watch, 90);
  if (command !== null && target !== undefined)
    throw new UsageError(`Both a target and a command behind -- are given. ${WAYS}`);
  const [program, ...args] = command ?? [];
  if (command !== null && !program) throw new UsageError(`Nothing stands behind --. ${WAYS}`);
  if (command === null && target === undefined) throw new UsageError(`No target. ${WAYS}`);

  const isUrl = target !== undefined && /^[a-z][a-z0-9+.-]*:\/\//i.test(target);
  if (target !== undefined && isUrl && !/^https?:\/\//i.test(target))
    throw new UsageError(`The scheme of the URL is ${target.split(':')[0]}; MCP over HTTP needs http:// or https://.`);
  const named = target !== undefined && !isUrl && namesEntry(target) ? target : undefined;
  if (options.project !== undefined && named === undefined && options.as === undefined)
    throw new UsageError('--project belongs to a client (--as, or an entry): it says which folder is open in it.');
  if (target !== undefined && !isUrl && named === undefined) {
    if (options.as !== undefined)
      throw new UsageError('--as starts a server as a client does; a saved case is only read. Leave out --as.');
    const [{ readCase, UnreadableError }, { report }] = await Promise.all([
      import('../case/read.js'),
      import('./report.js'),
    ]);
    try {
      return report(readCase(caseText(target)), options);
    } catch (error) {
      if (error instanceof UnreadableError) throw new UsageError(`Cannot open ${target}: ${error.message}.`);
      throw error;
    }
  }

  const { spec, looked } = named
    ? await entrySpec(named, options)
    : { spec: givenSpec(program, args, target, options), looked: {} as Partial<InvestigateOptions> };
  if (all) {
    const { verifyAsAll } = await import('./as.js');
    return verifyAsAll(spec, { ...options, server: looked.as?.server, own: looked.as, timeoutMs });
  }
  if (options.as !== undefined) {
    const { asClient } = await import('./as.js');
    looked.as = await asClient(options.as, { ...options, server: looked.as?.server });
  }
  if (spec.kind !== 'http' && (watchMs !== undefined || options.publicOnly))
    throw new UsageError('--watch and --public-only belong to a URL; a command has no event stream and no address.');
  const complaint =
    options.complaint === undefined ? undefined : await (await import('./explain.js')).pastedText(options.complaint);
  const shown = progress(options.quiet ?? false);
  // The address to sign in at is no progress: without it nobody can.
  const tell = (lines: string) => {
    shown.done();
    process.stderr.write(lines);
  };
  const signIn = spec.kind === 'http' ? await signInOf(options, spec, tell, interrupt.signal) : undefined;
  if (signIn) {
    interrupt.hold();
    const clearing = 'Interrupted: what the sign-in made is taken back. Once more Ctrl-C ends at once.\n';
    interrupt.signal.addEventListener('abort', () => tell(clearing), { once: true });
  }
  const { quick, full, inheritEnv, publicOnly } = options;
  // While the server starts there is time to load what judges it, and to try it once.
  const judgement = import('./report.js');
  const onTrouble = () => void judgement.then(({ loadCauses }) => loadCauses());
  const [file, { report }] = await Promise.all([
    investigate(spec, {
      ...looked,
      ...{ timeoutMs, watchMs, publicOnly, quick, full, inheritEnv, onTrouble },
      ...{ onProgress: shown.step, auth: signIn, complaint, ...(signIn && { signal: interrupt.signal }) },
    }),
    judgement.then((loaded) => {
      loaded.rehearse();
      return loaded;
    }),
  ]).finally(shown.done);
  // The report is worth more than what could not be kept.
  const kept = await signIn?.save().catch((error: Error) => tell(`${escapeLine(error.message, 600)}\n`));
  if (interrupt.signal.aborted) return interrupt.code;
  if (kept !== undefined && !options.quiet)
    process.stderr.write(`The sign-in is remembered in ${kept}. Forget it with: mcp-verdict auth logout <url>\n`);
  return report(file, options);
}
