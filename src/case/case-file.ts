/**
 * The case file: everything that was seen of one target, as JSON. Probes fill it, causes and checks read it, and nothing
 * else passes between them. It is bounded in size and holds no secret (see redact.ts).
 */
import { z } from 'zod';
import { evidenceSchemas } from './evidence.js';
import { CASE_FORMAT } from './format.js';

/** What came of looking at one kind of evidence. Connections die halfway, so partial evidence is the normal case. */
const attempt = <T extends z.ZodType>(value: T) =>
  z.discriminatedUnion('status', [
    z.object({ status: z.literal('seen'), ms: z.number(), value }),
    z.object({ status: z.literal('failed'), ms: z.number(), error: z.string() }),
    z.object({ status: z.literal('skipped'), why: z.string() }),
  ]);

const timelineEvent = z.object({
  /** Milliseconds since the start of the investigation. */
  at: z.number(),
  what: z.enum([
    'spawned',
    'spawn-failed',
    'sent',
    'received',
    'stray',
    'stderr',
    'stdin-closed',
    'stdin-broken',
    'stdout-end',
    'stderr-end',
    'signal-sent',
    'exit',
    'connected',
    'request',
    'response',
    'note',
  ]),
  text: z.string().optional(),
});

const target = z.object({
  transport: z.enum(['stdio', 'http', 'unknown']),
  /** How the target is called in reports: a name, a command line or a URL; credentials are redacted. */
  label: z.string(),
  command: z.string().optional(),
  args: z.array(z.string()).optional(),
  cwd: z.string().optional(),
  url: z.string().optional(),
  /** The config entry the target came from. `pointer` is a JSON pointer, `line` counts from 1. */
  declaredIn: z
    .object({ client: z.string(), file: z.string(), pointer: z.string(), line: z.number().optional() })
    .optional(),
});

export const caseFileSchema = z.object({
  format: z.literal(CASE_FORMAT),
  /** First 16 hexadecimal digits of a SHA-256 over the rest of the file. */
  id: z.string(),
  /** ISO 8601, UTC. */
  takenAt: z.string(),
  tookMs: z.number(),
  /** `live`: we looked ourselves. `reported`: made from what a person pasted. */
  origin: z.enum(['live', 'reported']),
  tool: z.object({ name: z.string(), version: z.string() }),
  /** The machine of the observation. No user name, no host name. */
  host: z.object({
    os: z.enum(['linux', 'macos', 'windows', 'other']),
    arch: z.string(),
    wsl: z.boolean().optional(),
    node: z.string().optional(),
  }),
  target,
  /** The message the user pasted, verbatim after redaction. */
  complaint: z.string().optional(),
  evidence: z.object({
    launch: attempt(evidenceSchemas.launch).optional(),
    process: attempt(evidenceSchemas.process).optional(),
    stderr: attempt(evidenceSchemas.stderr).optional(),
    stdout: attempt(evidenceSchemas.stdout).optional(),
    handshake: attempt(evidenceSchemas.handshake).optional(),
    catalog: attempt(evidenceSchemas.catalog).optional(),
    network: attempt(evidenceSchemas.network).optional(),
    http: attempt(evidenceSchemas.http).optional(),
    endpoint: attempt(evidenceSchemas.endpoint).optional(),
    series: attempt(evidenceSchemas.series).optional(),
    stream: attempt(evidenceSchemas.stream).optional(),
    authorization: attempt(evidenceSchemas.authorization).optional(),
    worlds: attempt(evidenceSchemas.worlds).optional(),
    reported: attempt(evidenceSchemas.reported).optional(),
    complaint: attempt(evidenceSchemas.complaint).optional(),
    config: attempt(evidenceSchemas.config).optional(),
    client: attempt(evidenceSchemas.client).optional(),
    clientLog: attempt(evidenceSchemas.clientLog).optional(),
  }),
  timeline: z.array(timelineEvent),
  /** Events that did not fit (the first 200 and the last 100 are kept). */
  timelineOmitted: z.number(),
  /** Where something was taken out and why; never what. */
  redactions: z.array(z.object({ at: z.string(), why: z.string() })),
});

export type CaseFile = z.infer<typeof caseFileSchema>;
export type Target = CaseFile['target'];
export type TimelineEvent = CaseFile['timeline'][number];
/** What came of looking: `seen` with the value, `failed` with the error, or `skipped` with the reason. */
export type Attempt<T> =
  | { status: 'seen'; ms: number; value: T }
  | { status: 'failed'; ms: number; error: string }
  | { status: 'skipped'; why: string };
