/** `mcp-verdict verify --targets`: many URLs in one run, one line of JSON each, in the order in which they are done. */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { redactor } from '../case/redact.js';
import { type InvestigateOptions, investigate, Turns } from '../probe/investigate.js';
import { escapeJson, escapeLine } from '../render/escape.js';
import { EXIT, exitCodeOf, UsageError } from './exit.js';
import { headerOf } from './headers.js';
import type { ReportOptions } from './options.js';

/** Investigations at once, without --jobs. */
export const JOBS = 8;
const MAX_TARGETS = 100_000;
/** In a log, a line of progress every so many targets. */
const EVERY = 25;

interface Target {
  url: string;
  /** Beside those that the command line gives to all. */
  headers: Record<string, string>;
  transport?: 'streamable-http' | 'sse';
}

const EXAMPLE = 'Write one URL a line, or {"url": "https://example.com/mcp", "headers": {"X-Api-Key": "abc"}}.';
const KEYS = ['url', 'headers', 'transport'];
const TRANSPORTS: Record<string, Target['transport']> = {
  http: 'streamable-http',
  'streamable-http': 'streamable-http',
  sse: 'sse',
};

/** Why a text is no URL to ask, or null. Its value is not repeated: it may hold a key. */
function urlProblem(text: string): string | null {
  if (!URL.canParse(text)) return 'it is no URL';
  const { protocol, hostname } = new URL(text);
  if (!/^https?:$/.test(protocol))
    return `the scheme is ${protocol.slice(0, -1).slice(0, 20)}; MCP over HTTP needs http:// or https://`;
  return hostname ? null : 'it names no host';
}

/** One line that is JSON. @throws Error with the reason alone. */
function targetOf(line: string): Target {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new Error('it begins like JSON, and cannot be parsed');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('it is no JSON object');
  const { url, headers = {}, transport } = value as Record<string, unknown>;
  const unknown = Object.keys(value).find((key) => !KEYS.includes(key));
  if (unknown !== undefined)
    throw new Error(`the key "${escapeLine(unknown, 40)}" is unknown; known are ${KEYS.join(', ')}`);
  if (typeof url !== 'string') throw new Error('"url" is missing or no text');
  const problem = urlProblem(url);
  if (problem) throw new Error(`"url": ${problem}`);
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers))
    throw new Error('"headers" is no object');
  const spoken = transport === undefined ? undefined : TRANSPORTS[String(transport)];
  if (transport !== undefined && !spoken)
    throw new Error(`"transport" is none of ${Object.keys(TRANSPORTS).join(', ')}`);
  const pairs = Object.entries(headers as Record<string, unknown>).map(([name, text]) => {
    if (typeof text !== 'string') throw new Error(`the header "${escapeLine(name, 40)}" is no text`);
    const checked = headerOf(name, text);
    if (typeof checked === 'string') throw new Error(`"headers": ${checked}`);
    return checked;
  });
  return { url: new URL(url).href, headers: Object.fromEntries(pairs), transport: spoken };
}

/** The targets of a list. @throws UsageError with the number of the first line that is none, before anything is asked. */
export function readTargets(text: string, where: string): Target[] {
  const targets = text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .flatMap((whole, i): Target[] => {
      const line = whole.trim();
      if (line === '' || line.startsWith('#')) return [];
      try {
        if (line.startsWith('{')) return [targetOf(line)];
        const problem = urlProblem(line);
        if (problem) throw new Error(problem);
        return [{ url: new URL(line).href, headers: {} }];
      } catch (error) {
        throw new UsageError(`Line ${i + 1} of ${where} is no target: ${(error as Error).message}. ${EXAMPLE}`);
      }
    });
  if (targets.length === 0) throw new UsageError(`${where} holds no target. ${EXAMPLE}`);
  if (targets.length > MAX_TARGETS)
    throw new UsageError(`${where} holds ${targets.length} targets; ${MAX_TARGETS} are the most. Split it.`);
  return targets;
}

async function textOf(path: string): Promise<string> {
  if (path === '-') {
    const parts: Buffer[] = [];
    for await (const part of process.stdin as AsyncIterable<Buffer>) parts.push(part);
    return Buffer.concat(parts).toString('utf8');
  }
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(
      `Cannot read ${path} (${(error as NodeJS.ErrnoException).code}). Give a readable list of targets, or - for standard input.`,
    );
  }
}

/** Where the lines go: a file that is opened before anything is asked, or stdout as fast as its reader takes it. */
function outputTo(path: string | undefined): { write(line: string): Promise<void>; end(): void } {
  if (path === undefined)
    return {
      write: (line) =>
        new Promise((resolve) => {
          // A reader that is gone takes nothing more, and nobody may wait for it.
          if (!process.stdout.write(line) && process.stdout.writable) {
            process.stdout.once('drain', resolve);
            process.stdout.once('close', resolve);
            process.stdout.once('error', resolve);
          } else resolve();
        }),
      end() {},
    };
  let file: number;
  try {
    file = openSync(path, 'w', 0o600);
  } catch (error) {
    throw new UsageError(
      `Cannot write ${path} (${(error as NodeJS.ErrnoException).code}). Give a path in a folder that exists and is yours.`,
    );
  }
  return {
    write: async (line) => void writeSync(file, line),
    end: () => closeSync(file),
  };
}

/** Progress on stderr: a line that rewrites itself, or one every now and then in a log. */
function counter(total: number, quiet: boolean): (done: number, broken: number) => void {
  if (quiet) return () => {};
  const { stderr } = process;
  return (done, broken) => {
    const text = `${done} of ${total} targets, ${broken} with a finding`;
    if (stderr.isTTY) stderr.write(`\r\x1b[2K${text}${done === total ? '\n' : ''}`);
    else if (done % EVERY === 0 || done === total) stderr.write(`mcp-verdict: ${text}\n`);
  };
}

/** Exit codes from best to worst: what is wrong counts more than what could not be observed. */
const RANK: readonly number[] = [EXIT.healthy, EXIT.inconclusive, EXIT.wrong, EXIT.defect];
const worse = (a: number, b: number): number => (RANK.indexOf(a) > RANK.indexOf(b) ? a : b);

export interface TargetsOptions extends Pick<ReportOptions, 'failOn' | 'output' | 'quiet'> {
  jobs: number;
  headers: Record<string, string>;
  transport: 'streamable-http' | 'sse';
  /** Called after each target. */
  onDone?(done: number): void;
  investigate: Pick<InvestigateOptions, 'timeoutMs' | 'watchMs' | 'quick' | 'full' | 'publicOnly'>;
}

/** Investigate every target of a list. Returns the worst exit code of all. */
export async function verifyTargets(path: string, options: TargetsOptions): Promise<number> {
  const queue = readTargets(await textOf(path), path === '-' ? 'Standard input' : path);
  const output = outputTo(options.output);
  const { diagnose } = await import('../verdict/diagnose.js');
  const turns = new Turns();
  const tell = counter(queue.length, options.quiet ?? false);
  let [next, done, unhealthy, code] = [0, 0, 0, EXIT.healthy as number];
  const one = async ({ url, headers, transport }: Target): Promise<{ line: object; exit: number }> => {
    const spec = {
      kind: 'http',
      url,
      headers: { ...options.headers, ...headers },
      transport: transport ?? options.transport,
    } as const;
    const file = await investigate(spec, { ...options.investigate, turns });
    const verdict = diagnose(file);
    // The URL of the case is free of the secrets that the one of the list may hold.
    return { line: { target: file.target.url, ...verdict }, exit: exitCodeOf(verdict, options.failOn) };
  };
  const job = async () => {
    for (let target = queue[next++]; target; target = queue[next++]) {
      const { line, exit } = await one(target).catch((error: unknown) => ({
        // One target that shows a defect of ours must not take the others with it.
        line: {
          target: new URL(target.url).origin,
          format: 'mcp-verdict.error/1',
          error: { kind: 'defect', says: escapeLine(redactor()(String(error)), 600) },
        },
        exit: EXIT.defect as number,
      }));
      if (exit !== EXIT.healthy) unhealthy++;
      code = worse(code, exit);
      await output.write(`${escapeJson(JSON.stringify(line))}\n`);
      tell(++done, unhealthy);
      options.onDone?.(done);
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(options.jobs, queue.length) }, job));
  } finally {
    output.end();
  }
  return code;
}
