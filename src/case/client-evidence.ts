/**
 * What belongs to one client: the entry in its configuration, the part that we played to start a server as it does, and what it
 * wrote into its own log.
 */
import { z } from 'zod';

/** A line of a file, for the reader: values that look like secrets are stars of the same length, so that columns hold. */
const sourceLine = z.object({
  line: z.number(),
  text: z.string(),
  /** The column at which the text begins, where the line was too long to be kept whole. */
  from: z.number().optional(),
});

/** What a rule of src/config found in the file. */
const configFault = z.object({
  /** Id of the rule. */
  rule: z.string(),
  level: z.enum(['fatal', 'broken', 'risky', 'advice', 'info']),
  /** Root cause of which it is an instance. */
  cause: z.string(),
  /** From 1; of the first character. */
  line: z.number(),
  column: z.number(),
  /** Characters to underline, on that line. */
  length: z.number(),
  facts: z.record(z.string(), z.string()),
  /** The line itself, and one before and after it where that helps. */
  source: z.array(sourceLine),
  /** There is an edit that cures it (`mcp-verdict fix`). */
  fixable: z.boolean(),
});

/** The entry of a server in the configuration of a client. */
export const config = z.object({
  /** Client id. */
  client: z.string(),
  clientName: z.string(),
  scope: z.string(),
  /** With `~` for the home folder. */
  file: z.string(),
  format: z.enum(['json', 'jsonc', 'toml', 'yaml']),
  server: z.string(),
  /** It was not found on this machine: a file was given, or a text. */
  given: z.enum(['file', 'text']).optional(),
  /** Where the entry begins; absent when the file could not be read so far. */
  line: z.number().optional(),
  column: z.number().optional(),
  /** The entry as JSON text, values of variables and headers left out. */
  entry: z.string().optional(),
  faults: z.array(configFault),
});

const probe = z.object({
  method: z.string(),
  outcome: z.enum(['answered', 'error', 'unanswered', 'closed']),
  code: z.number().optional(),
});

/** How a server was started in the part of a client. */
export const client = z.object({
  id: z.string(),
  name: z.string(),
  /** Version, when the user named one. */
  version: z.string().optional(),
  /** The name of the server in its configuration, where there is one. */
  server: z.string().optional(),
  /** The system on which the client was played. */
  os: z.enum(['linux', 'macos', 'windows']).optional(),
  /** What is not known of this client, and was played in the usual way instead: sentences. */
  assumed: z.array(z.string()),
  /** What of the launch is among that: a failure that may come of it alone is not certain. */
  guessed: z.array(z.enum(['environment', 'path', 'folder', 'shell'])).optional(),
  /** What the entry names and nothing stands for: variables, inputs, files. */
  unset: z.array(z.string()).optional(),
  /** What the client makes of such a name; absent when that is not known. */
  onUnset: z.enum(['fails', 'empty', 'left']).optional(),
  /** Absent for a URL. */
  environment: z
    .object({
      policy: z.enum(['sdk', 'list', 'all', 'all-but']),
      /** Where the PATH came from. */
      path: z.enum(['desktop', 'terminal', 'login-shell', 'entry']),
      /** The folders of the PATH. */
      folders: z.array(z.string()),
      /** Names of variables of the user's shell that the server did not get, the first 50. */
      withheld: z.array(z.string()),
    })
    .optional(),
  cwd: z.string().optional(),
  /** How long the client waits, milliseconds; null: for ever, absent: not known. */
  startLimitMs: z.number().nullable().optional(),
  callLimitMs: z.number().nullable().optional(),
  /** The limit of the start stands in the entry. */
  limitInEntry: z.boolean().optional(),
  /** How long the server took until it had answered initialize. */
  startMs: z.number().optional(),
  /** The revision that it asks for, and whether it drops a server that answers with another; null: not known. */
  revision: z.string(),
  exactRevision: z.boolean().nullable().optional(),
  capabilities: z.array(z.string()),
  /** Methods that it calls although they were not declared, and what came of it. */
  probes: z.array(probe),
  /** Of a URL: what the client would do with it, transport by transport. */
  transports: z
    .array(
      z.object({
        transport: z.enum(['streamable-http', 'sse']),
        outcome: z.enum(['connected', 'failed', 'not-tried']),
        why: z.string().optional(),
      }),
    )
    .optional(),
  /** Where its requests begin; absent when that is not known. */
  origin: z.enum(['local', 'vendor-cloud']).optional(),
  /** Whether a GET for the event stream that is answered 404 in place of 405 is an error for it, and what the GET got. */
  getMustBe405: z.boolean().optional(),
  getStatus: z.number().optional(),
});

/** The last run of the server in the client's own log. */
export const clientLog = z.object({
  /** Client id and name. */
  client: z.string(),
  clientName: z.string(),
  /** With `~` for the home folder. */
  file: z.string(),
  /** Last change of the file, ISO 8601; it may hold an older run. */
  changedAt: z.string(),
  /** When the run said its last word, ISO 8601, where its lines have a time. */
  ranAt: z.string().optional(),
  /** When the configuration file of the entry was written last, ISO 8601: a run before that may have been of another entry. */
  configChangedAt: z.string().optional(),
  server: z.string(),
  /** Which run of the file, from 1; `runs` 0 when none is marked. */
  run: z.number(),
  runs: z.number(),
  /** The log tells only by the order of its lines whose some of them are: they may be another server's. */
  guessed: z.boolean(),
  /** Lines of that run, the first and the last ones, in the form in which `explain` would read them. */
  lines: z.array(z.string()),
  /** Lines left out between them. */
  omitted: z.number(),
});
