/**
 * The kinds of evidence a case file can hold. One schema per kind: what a probe saw, or what a person reported.
 *
 * Times are milliseconds. `atMs` counts from the start of the investigation on a monotonic clock. Text is already
 * redacted and bounded when it stands here; a field that was cut says so.
 */
import { z } from 'zod';
import { authorization } from './authorization.js';
import { client, clientLog, config } from './client-evidence.js';
import { rpcError, systemError } from './errors.js';
import { endpoint, type endpointAnswer, type exchange, http, network, series, stream } from './remote.js';

/** The program to start, and what the command resolves to on this machine. */
const launch = z.object({
  command: z.string(),
  args: z.array(z.string()),
  cwd: z.string().optional(),
  /** Variables of the entry: the name, and whether a value stands behind it. Never the value. */
  env: z.array(z.object({ name: z.string(), state: z.enum(['set', 'empty']) })),
  /** Names of secret-looking variables that the user's shell has but an MCP client does not pass on. */
  shellOnlyEnv: z.array(z.string()).optional(),
  /** Where the command was looked for. Absent when nobody looked (a pasted entry). */
  lookup: z
    .object({
      found: z.string().nullable(),
      problem: z.enum(['not-found', 'not-executable', 'is-directory']).optional(),
      /** Directories of the PATH that the server would get, in order. */
      path: z.array(z.string()),
      /** Places outside that PATH where the command does exist, with the reason it is known there. */
      elsewhere: z.array(z.object({ path: z.string(), via: z.string() })),
      /** Everything of that name in the folders of that PATH, in order: the first without a problem is what starts. */
      candidates: z.array(z.object({ path: z.string(), problem: z.string().optional() })).optional(),
      /** What the user's own shell would start, when that is another file. `via` says who put it there (nvm, Homebrew ...). */
      shell: z.object({ path: z.string(), via: z.string().optional() }).optional(),
    })
    .optional(),
  /** What the found file is. */
  file: z
    .object({
      path: z.string(),
      kind: z.enum(['script', 'elf', 'mach-o', 'pe', 'text', 'unknown']),
      executable: z.boolean(),
      shebang: z
        .object({ line: z.string(), interpreter: z.string(), interpreterFound: z.boolean(), crlf: z.boolean() })
        .optional(),
      /** For programs in machine code: for which machine they were built, and why they cannot run here. */
      binary: z
        .object({
          os: z.string(),
          /** Names as Node.js has them (x64, arm64 ...); a universal binary has several. */
          arch: z.array(z.string()),
          /** The program loader the file asks for (ELF PT_INTERP). */
          loader: z.string().optional(),
          libc: z.enum(['glibc', 'musl']).optional(),
          problem: z.enum(['other-system', 'other-architecture', 'loader-missing']).optional(),
        })
        .optional(),
      /** macOS: the file carries the attribute com.apple.quarantine. */
      quarantined: z.boolean().optional(),
      /** The file only hands over to another program: a shim of npm on Windows, or of a version manager. */
      shim: z.object({ kind: z.string(), target: z.string().optional() }).optional(),
    })
    .optional(),
  /** What the package that holds the server says it needs, and whether the runtime found is that. */
  requires: z
    .object({
      /** The file that says so, and the package's name. */
      file: z.string(),
      name: z.string().optional(),
      /** `engines.node` of package.json or `requires-python` of pyproject.toml, verbatim. */
      range: z.string(),
      satisfied: z.boolean().nullable(),
    })
    .optional(),
  /** Every word of the entry that names a path, and whether something is there. `word` is the literal word. */
  paths: z.array(
    z.object({
      where: z.enum(['command', 'arg', 'cwd']),
      word: z.string(),
      resolved: z.string(),
      exists: z.boolean(),
    }),
  ),
  /** The runtime that would run the server (node, python ...) and the version it reports. */
  runtime: z.object({ name: z.string(), version: z.string(), path: z.string().optional() }).optional(),
});

/** The life of the server process. */
const process_ = z.object({
  pid: z.number().nullable(),
  spawnError: systemError.optional(),
  exit: z
    .object({
      code: z.number().nullable(),
      signal: z.string().nullable(),
      atMs: z.number(),
      /** `itself`: it ended without our asking. `us`: we had closed stdin or sent a signal before. */
      by: z.enum(['itself', 'us']),
    })
    .optional(),
  /** Spawn to exit, or spawn to the end of the observation when it was still alive. */
  lifetimeMs: z.number(),
  /** What was unanswered when the process ended: the method names of pending requests. */
  pending: z.array(z.string()),
  /** Where file descriptor 0 of the server led, read from the operating system (Linux only). */
  stdinIs: z.enum(['pipe', 'null', 'file', 'other']).optional(),
  /** Writing to stdin failed with EPIPE at this time: nobody held the reading end any more. */
  epipeAtMs: z.number().optional(),
  /** Largest resident memory of the process tree, bytes (Linux only). */
  peakRssBytes: z.number().optional(),
  /** TCP ports on which the process tree listened while it was observed (Linux only). */
  listening: z.array(z.object({ address: z.string(), port: z.number() })).optional(),
  /** How the process was ended after the conversation. */
  shutdown: z
    .object({
      /** stdin EOF to exit. Null when EOF alone did not end it within `waitedMs`. */
      eofToExitMs: z.number().nullable(),
      waitedMs: z.number(),
      needed: z.enum(['eof', 'sigterm', 'sigkill']),
      /** Methods of requests that the server sent after stdin was closed: it waits for answers that nobody can give. */
      asked: z.array(z.string()).optional(),
    })
    .optional(),
  /** Processes of the tree that were still there after the main process had gone; all were ended by us. */
  leftBehind: z.number().optional(),
  /** The container engine says that the kernel ended the server's container for want of memory. */
  oomKilled: z.boolean().optional(),
  /** The names of those processes, the first ten. */
  leftBehindNames: z.array(z.string()).optional(),
  /** The whole tree over time (Linux only), at most 60 samples: memory now, CPU time so far, number of processes. */
  samples: z
    .array(z.object({ atMs: z.number(), rssBytes: z.number(), cpuMs: z.number(), processes: z.number() }))
    .optional(),
  /** A second start after a first that was slow or too slow: what it took when everything was fetched and cached. */
  again: z.object({ why: z.string(), outcome: z.enum(['answered', 'unanswered', 'ended']), ms: z.number() }).optional(),
  /** The limit of patience: how long the server was silent before we stopped waiting, and whether its tree used CPU. */
  silence: z.object({ waitedMs: z.number(), busy: z.boolean() }).optional(),
});

/** What the process wrote to standard error. The middle of a long text is left out. */
const stderr = z.object({
  bytes: z.number(),
  lines: z.array(z.object({ atMs: z.number(), text: z.string() })),
  /** Lines left out between head and tail. */
  omitted: z.number(),
});

const strayKind = z.enum([
  'not-json',
  'json-not-rpc',
  'rpc-invalid',
  'bom',
  'utf-16',
  'invalid-utf8',
  'over-long',
  'content-length',
  'pretty-printed',
  'unterminated',
]);

/** Line number from 1, and offset of its first byte in the stream from 0. */
const place = { line: z.number(), offset: z.number(), text: z.string() };
/** `early-request`: before `notifications/initialized`. `long-line`: more than 64 KiB. */
const remarkKind = z.enum(['crlf', 'early-request', 'long-line']);
const remark = z.object({ kind: remarkKind, ...place, why: z.string(), count: z.number() });

/** What the process wrote to standard output: on stdio this is the wire, and every line has a class. */
const stdout = z.object({
  bytes: z.number(),
  messages: z.number(),
  firstByteAtMs: z.number().optional(),
  /** Lines that are no MCP message, the first 50. */
  strays: z.array(
    z.object({
      kind: strayKind,
      ...place,
      atMs: z.number(),
      /** What is wrong, for the kinds that need words. */
      why: z.string().optional(),
      /** Who wrote it, as far as it can be told, and how that is known. `name` is a program or a package. */
      by: z
        .object({ who: z.enum(['launcher', 'dependency', 'server']), name: z.string().optional(), how: z.string() })
        .optional(),
    }),
  ),
  strayCount: z.number(),
  /** Messages that are allowed and yet worth a word: the first of each kind, and how many there were. */
  remarks: z.array(remark).optional(),
  /** Length of the longest message, bytes. */
  longestBytes: z.number().optional(),
  /** End of the stream. */
  endAtMs: z.number().optional(),
  /** The stream ended although the process went on living. */
  endedWhileAlive: z.boolean(),
});

/** What became of one start of the server in one environment. */
const start = z.object({
  outcome: z.enum(['answered', 'ended', 'unanswered', 'not-started']),
  ms: z.number(),
  exitCode: z.number().nullable().optional(),
  signal: z.string().nullable().optional(),
  /** The last words on stderr, or the error of the operating system. */
  said: z.string().optional(),
  /** The file that the command led to. */
  command: z.string().optional(),
});

/** The server started in the environment that an MCP client gives it and in the one of the user's shell. */
const worlds = z.object({
  client: start,
  shell: start,
  /**
   * What makes the difference, found by trying: `variable` is set in the shell only, `path-entry` is a folder only the
   * shell's PATH has (`provides` names the program found there), `variables` could not be narrowed to one.
   */
  deciding: z
    .object({
      kind: z.enum(['variable', 'path-entry', 'variables']),
      names: z.array(z.string()),
      provides: z.string().optional(),
    })
    .optional(),
  /** How often the server was started to find that out. */
  starts: z.number(),
});

const eraStatus = z.enum(['answered', 'refused', 'invalid', 'unanswered', 'closed', 'not-asked']);

/** One way of opening an MCP conversation, and what came of it. */
const era = z.object({
  status: eraStatus,
  /** For `not-asked`: the reason. */
  why: z.string().optional(),
  ms: z.number().optional(),
  requested: z.string().optional(),
  /** Revision agreed (`initialize`), or the revisions offered (`server/discover`). */
  revision: z.string().optional(),
  revisions: z.array(z.string()).optional(),
  server: z.object({ name: z.string(), version: z.string() }).optional(),
  capabilities: z.array(z.string()).optional(),
  error: rpcError.optional(),
  /** For `invalid`: which rules of the revision's schema the answer breaks. */
  problems: z.array(z.string()).optional(),
});

/** The opening of the conversation, both eras apart: `initialize` (2024-11-05 to 2025-11-25), `server/discover` (2026-07-28). */
const handshake = z.object({
  initialize: era,
  discover: era,
  /** The era the rest of the conversation used. */
  used: z.enum(['initialize', 'discover']).optional(),
});

const listMethod = z.enum(['tools/list', 'resources/list', 'resources/templates/list', 'prompts/list']);

/** The lists of the server, all pages. */
const catalog = z.object({
  lists: z.array(
    z.object({
      method: listMethod,
      outcome: z.enum(['listed', 'error', 'invalid', 'unanswered', 'closed', 'not-declared', 'not-asked']),
      count: z.number(),
      pages: z.number(),
      ms: z.number().optional(),
      /** Names (or URIs) of the items, the first 500. */
      names: z.array(z.string()),
      /** Of `tools/list`, what the limits of clients are about, tool by tool, the first 500. */
      tools: z
        .array(
          z.object({
            name: z.string(),
            /** UTF-8; 0 when there is no description. */
            descriptionBytes: z.number(),
            /** Keywords of JSON Schema that its input schema uses, at any depth, each once. */
            keywords: z.array(z.string()),
          }),
        )
        .optional(),
      error: rpcError.optional(),
      problems: z.array(z.string()).optional(),
      /** Set when the walk over the pages was stopped, with the reason. */
      stopped: z.string().optional(),
    }),
  ),
  /** `ping`, which exists up to 2025-11-25. `refused`: with 401 or 403, as a server does that wants a sign-in for it. */
  ping: z
    .object({
      outcome: z.enum(['answered', 'error', 'refused', 'unanswered', 'closed', 'not-asked']),
      ms: z.number().optional(),
    })
    .optional(),
});

/** What a person told, apart from the streams: it was not observed by us. */
const reported = z.object({
  transport: z.enum(['stdio', 'streamable-http', 'sse']).optional(),
  client: z.string().optional(),
  os: z.enum(['windows', 'macos', 'linux']).optional(),
  platform: z.string().optional(),
  url: z.string().optional(),
  /** The error text of the client, line by line. */
  clientError: z.array(z.string()),
  /** The log of the server or of its platform, line by line. */
  serverLog: z.array(z.string()),
  /** The config entry as JSON text, when it has more than command, args, cwd and env, or one of these in an unusual form. */
  entry: z.string().optional(),
  /** Of a log with several servers or several starts: which run was read. Runs count from 1; 0 of 0 when none is marked. */
  log: z
    .object({ server: z.string().optional(), servers: z.array(z.string()), run: z.number(), runs: z.number() })
    .optional(),
});

/**
 * What somebody was told by a client of the server that we looked at ourselves, line by line. It stands apart from `reported`: where we
 * looked, what we saw decides, and these words only say what the client makes of it.
 */
const complaint = z.object({ client: z.string().optional(), lines: z.array(z.string()) });

/** Every kind of evidence with its schema. The key is the kind's name in the case file. */
export const evidenceSchemas = {
  launch,
  process: process_,
  stderr,
  stdout,
  handshake,
  catalog,
  network,
  http,
  endpoint,
  series,
  stream,
  authorization,
  worlds,
  reported,
  complaint,
  config,
  client,
  clientLog,
};

export type EvidenceKind = keyof typeof evidenceSchemas;
export type Evidence = { [K in EvidenceKind]: z.infer<(typeof evidenceSchemas)[K]> };
export type SystemError = z.infer<typeof systemError>;
export type RpcError = z.infer<typeof rpcError>;
export type StrayKind = z.infer<typeof strayKind>;
export type Era = z.infer<typeof era>;
export type ListMethod = z.infer<typeof listMethod>;
export type Exchange = z.infer<typeof exchange>;
export type EndpointAnswer = z.infer<typeof endpointAnswer>;
