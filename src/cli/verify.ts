/** `mcp-verdict verify`: investigate a target, or open a case file again, and judge it. */
import { readFileSync, statSync } from 'node:fs';
import { investigate } from '../probe/investigate.js';
import { UsageError } from './exit.js';
import type { ReportOptions } from './options.js';
import { progress } from './progress.js';

interface VerifyOptions extends ReportOptions {
  env?: string[];
  inheritEnv?: boolean;
  cwd?: string;
  header?: string[];
  bearerEnv?: string;
  transport: 'http' | 'sse';
  timeout?: string;
  watch?: string;
  publicOnly?: boolean;
  quick?: boolean;
  full?: boolean;
}

const MAX_SECONDS = 3_600;
/** RFC 9110 section 5.6.2: a token. */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const WAYS = 'Give a URL (https://host/mcp), a case file, or a command behind --: mcp-verdict verify -- node server.js';

function millisecondsOf(option: string, text: string | undefined, example: number): number | undefined {
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

function headersOf(lines: string[], bearerEnv: string | undefined): Record<string, string> {
  const headers = Object.fromEntries(
    lines.map((line) => {
      const cut = line.indexOf(':');
      if (cut < 1)
        throw new UsageError(
          "A --header has no colon. Write --header 'Name: value', for example --header 'X-Api-Key: abc'.",
        );
      const name = line.slice(0, cut).trim().toLowerCase();
      if (!HEADER_NAME.test(name))
        throw new UsageError(
          "A --header name has a character that HTTP does not allow. Write --header 'Name: value', for example --header 'X-Api-Key: abc'.",
        );
      const value = line.slice(cut + 1).trim();
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be sent
      if (/[\0-\x08\x0a-\x1f\x7f]/.test(value))
        throw new UsageError(
          `The value of --header '${name}: ...' has a line break or control character in it. Write the value on one line.`,
        );
      return [name, value];
    }),
  );
  if (bearerEnv !== undefined) {
    const token = process.env[bearerEnv];
    // Whoever gives the token instead of its name must not read it here.
    const name = /^[A-Z_][A-Z0-9_]{0,79}$/.test(bearerEnv) ? bearerEnv : 'NAME';
    if (!token)
      throw new UsageError(
        name !== bearerEnv
          ? '--bearer-env needs the name of a variable that holds the token, not the token. Write export NAME=<token>, then --bearer-env NAME.'
          : `--bearer-env names ${bearerEnv}, which is ${token === '' ? 'empty' : 'not set'}. Set it first: export ${bearerEnv}=<token>`,
      );
    headers.authorization = `Bearer ${token}`;
  }
  return headers;
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

/** Returns the exit code. */
export async function verify(
  target: string | undefined,
  command: string[] | null,
  options: VerifyOptions,
): Promise<number> {
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
  if (target !== undefined && !isUrl) {
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

  const env = envOf(options.env ?? []);
  const headers = headersOf(options.header ?? [], options.bearerEnv);
  if (options.cwd !== undefined && !statSync(options.cwd, { throwIfNoEntry: false })?.isDirectory())
    throw new UsageError(
      `--cwd is "${options.cwd}", which is no folder. Give the folder in which the client starts the server.`,
    );
  if (program !== undefined && (options.header?.length || options.bearerEnv))
    throw new UsageError(
      '--header and --bearer-env belong to a URL; a command gets its credentials by --env NAME=value.',
    );

  const spec = program
    ? ({ kind: 'stdio', command: program, args, cwd: options.cwd, env } as const)
    : ({
        kind: 'http',
        url: urlOf(target ?? ''),
        headers,
        transport: options.transport === 'sse' ? 'sse' : 'streamable-http',
      } as const);
  if (program !== undefined && (watchMs !== undefined || options.publicOnly))
    throw new UsageError('--watch and --public-only belong to a URL; a command has no event stream and no address.');
  const shown = progress(options.quiet ?? false);
  const { quick, full, inheritEnv, publicOnly } = options;
  // While the server starts there is time to load what judges it, and to try it once.
  const judgement = import('./report.js');
  const onTrouble = () => void judgement.then(({ loadCauses }) => loadCauses());
  const [file, { report }] = await Promise.all([
    investigate(spec, { timeoutMs, watchMs, publicOnly, quick, full, inheritEnv, onProgress: shown.step, onTrouble }),
    judgement.then((loaded) => {
      loaded.rehearse();
      return loaded;
    }),
  ]).finally(shown.done);
  return report(file, options);
}
