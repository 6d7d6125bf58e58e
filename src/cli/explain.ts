/** `mcp-verdict explain`: judge what a person pasted, without touching anything. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { HarReader } from '../case/har.js';
import { isHar } from '../case/har-entries.js';
import { Sifter } from '../case/sift.js';
import { type Symptoms, symptomsOf } from '../case/symptoms.js';
import { isLogLine } from '../case/unwrap.js';
import { caseOfSymptoms } from '../probe/reported.js';
import { escapeLine } from '../render/escape.js';
import { UsageError } from './exit.js';
import type { ReportOptions } from './options.js';
import { report } from './report.js';

export interface ExplainOptions extends ReportOptions {
  /** The server whose run counts, in a log of several; or the entry, in a config. */
  server?: string;
  /** The client whose configuration it is. */
  client?: string;
}

/** What the configuration of a client may begin with: a brace, a comment, a key. */
const LIKE_CONFIG = /^\uFEFF?\s*(?:[{#[]|\/[/*]|[\w-]+\s*:\s*$|[\w.-]+\s*=)/m;

const PIECE_BYTES = 1024 * 1024;

/** This much of a text tells whether it is a HAR file. */
const START = 200;

/** Bytes to text in pieces: UTF-8, or UTF-16 when a byte order mark says so (PowerShell redirects). A HAR file is read as it passes. */
class Pasted {
  readonly #sifter = new Sifter();
  #decoder: StringDecoder | undefined;
  #start: string | undefined = '';
  #har: HarReader | undefined;

  push(bytes: Buffer): void {
    const utf16 = bytes[0] === 0xff && bytes[1] === 0xfe;
    this.#decoder ??= new StringDecoder(utf16 ? 'utf16le' : 'utf8');
    this.#pass(this.#decoder.write(bytes));
  }

  #pass(text: string, last = false): void {
    const all = (this.#start ?? '') + text;
    if (this.#start !== undefined) {
      this.#start = all;
      if (all.trimStart().length < START && !last) return;
      this.#start = undefined;
      if (isHar(all)) this.#har = new HarReader();
    }
    if (this.#har) this.#har.push(all);
    else this.#sifter.push(all);
  }

  end(): Given {
    this.#pass(this.#decoder?.end() ?? '', true);
    return this.#har ?? this.#sifter.result().text.replace(/^\uFEFF/, '');
  }
}

/** What was given: a text, or a HAR file. */
type Given = string | HarReader;

/** What counts of the text of a file of any size. Returns null when there is no such file. */
function fileText(path: string): Given | null {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENAMETOOLONG') return null;
    throw new UsageError(
      `Cannot read ${path} (${code}). Give a readable log file, - for standard input, or the text itself in quotes.`,
    );
  }
  try {
    if (fstatSync(file).isDirectory())
      throw new UsageError(`${path} is a folder. Give a log file, - for standard input, or the text itself in quotes.`);
    const pasted = new Pasted();
    const buffer = Buffer.alloc(PIECE_BYTES);
    let read = 0;
    do {
      read = readSync(file, buffer, 0, PIECE_BYTES, null);
      if (read > 0) pasted.push(buffer.subarray(0, read));
    } while (read > 0);
    return pasted.end();
  } finally {
    closeSync(file);
  }
}

async function standardInput(): Promise<Given> {
  if (process.stdin.isTTY)
    process.stderr.write('mcp-verdict: paste the error or log, then press Ctrl-D (Windows: Ctrl-Z and Enter)\n');
  const pasted = new Pasted();
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) pasted.push(chunk);
  return pasted.end();
}

/** Symptoms JSON when the text is a JSON object that is no JSON-RPC message; otherwise pasted text. */
async function symptomsIn(text: string, where: string, isFile: boolean, options: ExplainOptions): Promise<Symptoms> {
  const { quiet, server } = options;
  const trimmed = text.trim();
  // A configuration is read as it stands: its lines are told to the reader.
  if (LIKE_CONFIG.test(trimmed)) {
    const { configSymptoms } = await import('./pasted-config.js');
    const config = configSymptoms(text, where, isFile, options);
    if (config) return config;
  }
  if (!trimmed.startsWith('{')) return symptomsOf(text, server);
  let value: unknown;
  try {
    value = JSON.parse(trimmed);
  } catch (error) {
    // One line of JSON among others is a log; a lone broken object was meant as symptoms.
    const meant = /"(?:stderr|stdout|clientError|exitCode|serverLog|entry|transport)"\s*:/.test(
      trimmed.slice(0, 4_000),
    );
    if (!meant) return symptomsOf(text, server);
    throw new UsageError(
      `${where} is meant as symptoms JSON but cannot be parsed (${escapeLine((error as Error).message, 120)}). Check commas and quotes, or paste the plain text of the log.`,
    );
  }
  if (typeof value === 'object' && value !== null && 'jsonrpc' in value) return { clientError: trimmed };
  // One line of a JSON log.
  if (isLogLine(value)) return symptomsOf(text, server);
  const { readSymptoms, UnreadableError } = await import('../case/read.js');
  try {
    const { symptoms, unknown } = readSymptoms(value);
    if (unknown.length === Object.keys(value as object).length && unknown.length > 0)
      throw new UnreadableError(
        `none of its keys is known (${unknown.slice(0, 5).join(', ')}). Known are: transport, client, os, platform, entry, url, clientError, stderr, stdout, exitCode, signal, http, serverLog`,
      );
    if (unknown.length && !quiet)
      process.stderr.write(`mcp-verdict: not understood and not used: ${escapeLine(unknown.join(', '), 200)}\n`);
    return symptoms;
  } catch (error) {
    if (error instanceof UnreadableError) throw new UsageError(`${where}: ${error.message}.`);
    throw error;
  }
}

/** What a HAR file tells, or the reason why it tells nothing. */
function harSymptoms(har: HarReader, where: string, quiet: boolean | undefined): Symptoms {
  const again =
    'Record it anew: open the network panel of the browser\'s developer tools, switch "Preserve log" on, provoke the failure, and save everything as HAR';
  if (har.requests === 0)
    throw new UsageError(
      `${where} is a HAR file ${har.unread > 0 ? 'whose requests cannot be read: it is damaged, or was cut off' : 'without any request'}. ${again}.`,
    );
  if (har.unread > 0 && !quiet)
    process.stderr.write(
      `mcp-verdict: ${har.unread} entries of ${where} are damaged or too large, and were left out\n`,
    );
  const symptoms = har.result();
  if (symptoms.exchanges.length === 0)
    throw new UsageError(
      `${where} is a HAR file of ${har.requests} requests, none of which went to an MCP server or failed. ${again}.`,
    );
  return symptoms;
}

/** The text of a complaint: of a file, of standard input, or the words themselves. @throws UsageError */
export async function pastedText(what: string): Promise<string> {
  const fromFile = what === '-' || what.includes('\n') ? null : fileText(what);
  const text = what === '-' ? await standardInput() : (fromFile ?? what);
  if (typeof text !== 'string' || text.trim() === '')
    throw new UsageError(`--complaint takes the words of a client, or a log with them; ${what} holds none.`);
  return text;
}

/** Returns the exit code. */
export async function explain(what: string, options: ExplainOptions): Promise<number> {
  const fromFile = what === '-' || what.includes('\n') ? null : fileText(what);
  const text = what === '-' ? await standardInput() : (fromFile ?? what);
  const where = what === '-' ? 'Standard input' : fromFile === null ? 'The text' : what;
  if (typeof text !== 'string')
    return report(
      caseOfSymptoms(harSymptoms(text, where, options.quiet), undefined, new Date().toISOString()),
      options,
    );
  if (text.trim() === '') throw new UsageError(`${where} is empty. Paste the error message or the server's log.`);
  // A mistyped file name is no error message.
  if (fromFile === null && what !== '-' && /^\S+\.(?:log|txt|json|har)$/i.test(what))
    throw new UsageError(
      `There is no file ${what}. Give a log file, - for standard input, or the text itself in quotes.`,
    );
  const symptoms = await symptomsIn(text, where, fromFile !== null, options);
  // A configuration is no complaint of a client, and holds secrets of any shape: what counts of it is evidence, its secrets covered.
  const complaint = symptoms.config ? undefined : (symptoms.clientError ?? text).slice(0, 4_000);
  return report(caseOfSymptoms(symptoms, complaint, new Date().toISOString()), options);
}
