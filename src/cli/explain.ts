/** `mcp-verdict explain`: judge what a person pasted, without touching anything. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { type Symptoms, symptomsOf } from '../case/symptoms.js';
import { caseOfSymptoms } from '../probe/reported.js';
import { escapeLine } from '../render/escape.js';
import { UsageError } from './exit.js';
import type { ReportOptions } from './options.js';
import { report } from './report.js';

/** Of a long log the start and the end are read: the reason of a failure stands at one of them. */
const HALF_BYTES = 8 * 1024 * 1024;

/** Text of a file, at most 16 MiB of it. Returns null when there is no such file. */
function fileText(path: string): string | null {
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
    const stat = fstatSync(file);
    if (stat.isDirectory())
      throw new UsageError(`${path} is a folder. Give a log file, - for standard input, or the text itself in quotes.`);
    const read = (from: number, bytes: number) => {
      const buffer = Buffer.alloc(bytes);
      return decode(buffer.subarray(0, readSync(file, buffer, 0, bytes, from)));
    };
    if (stat.size <= HALF_BYTES * 2) return read(0, stat.size);
    return `${read(0, HALF_BYTES)}\n${read(stat.size - HALF_BYTES, HALF_BYTES)}`;
  } finally {
    closeSync(file);
  }
}

/** UTF-8, or UTF-16 when a byte order mark says so (PowerShell redirects). */
function decode(bytes: Buffer): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return bytes.toString('utf16le').slice(1);
  return bytes.toString('utf8').replace(/^\uFEFF/, '');
}

async function standardInput(): Promise<string> {
  if (process.stdin.isTTY)
    process.stderr.write('mcp-verdict: paste the error or log, then press Ctrl-D (Windows: Ctrl-Z and Enter)\n');
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= HALF_BYTES * 2) chunks.push(chunk);
  }
  return decode(Buffer.concat(chunks));
}

/** Symptoms JSON when the text is a JSON object that is no JSON-RPC message; otherwise pasted text. */
async function symptomsIn(text: string, where: string, quiet: boolean): Promise<Symptoms> {
  const trimmed = text.trim();
  if (!trimmed.startsWith('{')) return symptomsOf(text);
  let value: unknown;
  try {
    value = JSON.parse(trimmed);
  } catch (error) {
    // One line of JSON among others is a log; a lone broken object was meant as symptoms.
    const meant = /"(?:stderr|stdout|clientError|exitCode|serverLog|entry|transport)"\s*:/.test(
      trimmed.slice(0, 4_000),
    );
    if (!meant) return symptomsOf(text);
    throw new UsageError(
      `${where} is meant as symptoms JSON but cannot be parsed (${escapeLine((error as Error).message, 120)}). Check commas and quotes, or paste the plain text of the log.`,
    );
  }
  if (typeof value === 'object' && value !== null && 'jsonrpc' in value) return { clientError: trimmed };
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

/** Returns the exit code. */
export async function explain(what: string, options: ReportOptions): Promise<number> {
  const fromFile = what === '-' || what.includes('\n') ? null : fileText(what);
  const text = what === '-' ? await standardInput() : (fromFile ?? what);
  const where = what === '-' ? 'Standard input' : fromFile === null ? 'The text' : what;
  if (text.trim() === '') throw new UsageError(`${where} is empty. Paste the error message or the server's log.`);
  // A mistyped file name is no error message.
  if (fromFile === null && what !== '-' && /^\S+\.(?:log|txt|json)$/i.test(what))
    throw new UsageError(
      `There is no file ${what}. Give a log file, - for standard input, or the text itself in quotes.`,
    );
  const symptoms = await symptomsIn(text, where, options.quiet ?? false);
  const complaint = symptoms.clientError ?? text;
  return report(caseOfSymptoms(symptoms, complaint.slice(0, 4_000), new Date().toISOString()), options);
}
