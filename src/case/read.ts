/** Case files and symptoms from text. Nothing is believed: the whole document is checked against the schema. */
import { z } from 'zod';
import { type CaseFile, caseFileSchema } from './case-file.js';
import { CASE_FORMAT } from './format.js';
import type { Symptoms } from './symptoms.js';

/** The text is no case file, or no symptoms JSON. The message says what is wrong, where, and what to do. */
export class UnreadableError extends Error {}

/** The first complaint of the schema, as "at evidence.process.pid: expected number". */
function complaintOf(error: z.ZodError): string {
  const [issue] = error.issues;
  const where = issue?.path.length ? `at ${issue.path.map(String).join('.')}: ` : '';
  return `${where}${issue?.message ?? 'it does not fit the format'}`;
}

/**
 * Read a case file.
 * @throws UnreadableError when the text is no JSON, of another format or version, or does not fit the schema.
 */
export function readCase(text: string): CaseFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UnreadableError(`it is no JSON (${(error as Error).message.replace(/\s+/g, ' ').slice(0, 120)})`);
  }
  const format = (value as { format?: unknown } | null)?.format;
  if (typeof format !== 'string' || !format.startsWith('mcp-verdict.'))
    throw new UnreadableError(
      `it is no case file: "format" must be "${CASE_FORMAT}". A case file is written by: mcp-verdict verify --save-case <file> ...`,
    );
  if (format.startsWith('mcp-verdict.verdict/'))
    throw new UnreadableError('it is a verdict, not a case file. Save the case with --save-case and open that');
  if (format !== CASE_FORMAT)
    throw new UnreadableError(
      `its format is ${JSON.stringify(format.slice(0, 40))}, this version reads "${CASE_FORMAT}". Install the version of mcp-verdict that wrote it`,
    );
  const parsed = caseFileSchema.safeParse(value);
  if (!parsed.success) throw new UnreadableError(`it is damaged ${complaintOf(parsed.error)}`);
  return parsed.data;
}

const symptomsSchema = z.object({
  transport: z.enum(['stdio', 'streamable-http', 'sse']).optional(),
  client: z.string().optional(),
  os: z.enum(['windows', 'macos', 'linux']).optional(),
  platform: z.string().optional(),
  entry: z.record(z.string(), z.unknown()).optional(),
  url: z.string().optional(),
  clientError: z.string().optional(),
  stderr: z.string().optional(),
  stdout: z.string().optional(),
  exitCode: z.number().int().optional(),
  signal: z.string().optional(),
  http: z
    .object({
      method: z.string().optional(),
      status: z.number().int().optional(),
      headers: z.record(z.string(), z.string()).optional(),
      body: z.string().optional(),
    })
    .optional(),
  serverLog: z.string().optional(),
});

/**
 * Check a parsed JSON value as symptoms. `unknown` names the keys that were not understood and therefore not used.
 * @throws UnreadableError naming the key that does not fit.
 */
export function readSymptoms(value: unknown): { symptoms: Symptoms; unknown: string[] } {
  const parsed = symptomsSchema.safeParse(value);
  if (!parsed.success) throw new UnreadableError(`the symptoms do not fit ${complaintOf(parsed.error)}`);
  const known = new Set(Object.keys(symptomsSchema.shape));
  return { symptoms: parsed.data, unknown: Object.keys(value as object).filter((key) => !known.has(key)) };
}
