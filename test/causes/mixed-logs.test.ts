/**
 * Logs in which a remark stands before the reason: an optional key that is missing, a busy metrics port, a retry that went well.
 * The reason must be the root, and nothing else may be certain.
 */
import { describe, expect, it } from 'vitest';
import type { Symptoms } from '../../src/case/symptoms.js';
import { judge } from '../support/corpus.js';

interface Log {
  name: string;
  root: string;
  /** Causes that describe the same end from another side. */
  accept?: string[];
  lines: string[];
  rest?: Symptoms;
}

const trace = (first: string): string[] => [
  first,
  '    at Object.<anonymous> (/srv/notes/dist/index.js:41:11)',
  '    at Module._compile (node:internal/modules/cjs/loader:1554:14)',
];

const LOGS: Log[] = [
  {
    name: 'an optional key, then a module',
    root: 'runtime-dependency-missing',
    lines: [
      'WARN: SENTRY_DSN is not set, error reporting is disabled',
      'Traceback (most recent call last):',
      '  File "/srv/notes/server.py", line 3, in <module>',
      '    import httpx',
      "ModuleNotFoundError: No module named 'httpx'",
    ],
  },
  {
    name: 'a busy metrics port, then a missing key',
    root: 'process-env-missing',
    lines: [
      'metrics: listen EADDRINUSE: address already in use :::9464, metrics disabled',
      'Error: NOTES_API_KEY is required',
      '    at main (/srv/notes/dist/index.js:12:9)',
    ],
  },
  {
    name: 'a deprecation, then a busy port',
    root: 'process-port-in-use',
    lines: [
      '(node:4711) [DEP0040] DeprecationWarning: The `punycode` module is deprecated.',
      ...trace('Error: listen EADDRINUSE: address already in use 127.0.0.1:3118'),
    ],
  },
  {
    name: 'a cache that cannot be reached, then a program fault',
    root: 'process-crashed',
    lines: [
      'Warning: could not connect to Redis at localhost:6379 (ECONNREFUSED), using in-memory cache instead',
      ...trace("TypeError: Cannot read properties of undefined (reading 'tools')"),
    ],
  },
  {
    name: 'a backend that was reached at the third try, then a rejected setting',
    root: 'process-config-rejected',
    lines: [
      'Connection attempt 1 failed: connect ECONNREFUSED 127.0.0.1:5432, retrying in 2 s',
      'Connection attempt 2 failed: connect ECONNREFUSED 127.0.0.1:5432, retrying in 2 s',
      'Connected to database on attempt 3',
      "error: invalid value 'loud' for '--log-level <LEVEL>'",
      '  [possible values: error, warn, info, debug]',
    ],
    rest: { exitCode: 2 },
  },
  {
    name: 'a backend that came back, then the heap limit',
    root: 'process-out-of-memory',
    lines: [
      'redis: connect ECONNREFUSED 127.0.0.1:6379',
      'redis: reconnected',
      'indexing 812334 documents',
      '<--- Last few GCs --->',
      'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory',
    ],
    rest: { exitCode: 134 },
  },
  {
    name: 'an optional integration, then a lock',
    root: 'process-lock-held',
    lines: [
      'GITHUB_TOKEN not set, continuing without GitHub integration',
      'Error: IO Error: Could not set lock on file "/home/me/.notes/notes.duckdb": Conflicting lock is held in /usr/bin/node (PID 4711)',
    ],
  },
  {
    name: 'a lock that was waited for, then a backend',
    root: 'process-backend-unreachable',
    lines: [
      'waiting for lock on /home/me/.notes/index ...',
      'lock acquired',
      'psycopg2.OperationalError: connection to server at "db" (10.0.0.5), port 5432 failed: Connection refused',
    ],
  },
  {
    name: 'a stale lock that was removed, then a missing key',
    root: 'process-env-missing',
    lines: ['Found stale lock file /tmp/notes.lock, removing it', "KeyError: 'NOTES_TOKEN'"],
  },
  {
    name: 'a rate limit remark, then a crash in Python',
    root: 'process-crashed',
    lines: [
      'OPENAI_API_KEY not found, semantic search will be disabled',
      'Traceback (most recent call last):',
      '  File "/srv/notes/server.py", line 88, in main',
      '    tools[0].run()',
      'IndexError: list index out of range',
    ],
  },
  {
    name: 'a telemetry host, then an unknown option',
    root: 'process-config-rejected',
    lines: [
      'telemetry: getaddrinfo ENOTFOUND telemetry.example.com (ignored)',
      'usage: notes-mcp [-h] [--root ROOT]',
      'notes-mcp: error: unrecognized arguments: --stdio',
    ],
    rest: { exitCode: 2 },
  },
  {
    name: 'npm warnings, then a missing key',
    root: 'process-env-missing',
    lines: [
      'npm warn deprecated inflight@1.0.6: This module is not supported, and leaks memory.',
      'npm warn deprecated glob@7.2.3: Glob versions prior to v9 are no longer supported',
      'Missing required environment variables: CONFLUENCE_URL, CONFLUENCE_TOKEN',
    ],
  },
  {
    name: 'an engine warning about the platform, then a missing key inside',
    root: 'process-env-missing',
    lines: [
      "WARNING: The requested image's platform (linux/amd64) does not match the detected host platform (linux/arm64/v8) and no specific platform was requested",
      'Error: GRAFANA_URL environment variable is required',
    ],
    rest: { entry: { command: 'docker', args: ['run', '--rm', '-i', 'acme/grafana-mcp'] } },
  },
  {
    name: 'a pull, then a panic inside',
    root: 'process-crashed',
    lines: [
      "Unable to find image 'acme/notes-mcp:latest' locally",
      'latest: Pulling from acme/notes-mcp',
      'Digest: sha256:0123',
      'Status: Downloaded newer image for acme/notes-mcp:latest',
      'panic: runtime error: index out of range [3] with length 3',
      'goroutine 1 [running]:',
    ],
    rest: { entry: { command: 'docker', args: ['run', '--rm', '-i', 'acme/notes-mcp'] } },
  },
  {
    name: 'without -i, but the key is missing as well',
    root: 'process-env-missing',
    lines: ['Error: NOTES_API_KEY is required'],
    rest: { entry: { command: 'docker', args: ['run', '--rm', 'acme/notes-mcp'] }, exitCode: 1 },
  },
  {
    name: 'with a terminal asked for, but no engine',
    root: 'container-engine-unreachable',
    lines: [
      'docker: Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?',
    ],
    rest: { entry: { command: 'docker', args: ['run', '-it', '--rm', 'acme/notes-mcp'] }, exitCode: 125 },
  },
  {
    name: 'a browser that is not there is optional, the database is not',
    root: 'process-backend-unreachable',
    lines: [
      'playwright: chromium is not installed, screenshots are disabled',
      'MongoServerSelectionError: connect ECONNREFUSED ::1:27017',
      '    at Topology.selectServer (/srv/notes/node_modules/mongodb/lib/sdam/topology.js:326:38)',
    ],
  },
  {
    name: 'a port that was evaded, then an exception of .NET',
    root: 'process-crashed',
    lines: [
      'Port 5000 is in use, trying another one instead',
      'Unhandled exception. System.NullReferenceException: Object reference not set to an instance of an object.',
      '   at Notes.Program.Main(String[] args)',
    ],
  },
  {
    name: 'a warning about memory, then a busy port',
    root: 'process-port-in-use',
    lines: [
      'warn: less than 1 GB of memory available, large files may fail with out of memory',
      'OSError: [Errno 48] Address already in use',
    ],
  },
  {
    name: 'an invalid optional setting that falls back, then a missing module',
    root: 'runtime-dependency-missing',
    lines: [
      'Invalid log level "loud", falling back to "info"',
      "Error: Cannot find module 'express'",
      'Require stack:',
      '- /srv/notes/dist/index.js',
      "  code: 'MODULE_NOT_FOUND',",
    ],
  },
  {
    name: 'Spring: a default password, a busy port',
    root: 'process-port-in-use',
    lines: [
      'WARN o.s.b.a.s.UserDetailsServiceAutoConfiguration : Using generated security password',
      'Web server failed to start. Port 8080 was already in use.',
    ],
    rest: { exitCode: 1 },
  },
  {
    name: 'Rust: a config file that is not there, a panic about a variable',
    root: 'process-env-missing',
    lines: [
      'WARN notes: no config file found at /home/me/.config/notes.toml, using defaults',
      "thread 'main' panicked at src/main.rs:31:40:",
      'NOTES_DATABASE_URL must be set: NotPresent',
      'note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace',
    ],
    rest: { exitCode: 101 },
  },
  {
    name: 'a vault warning, then killed for memory',
    root: 'process-out-of-memory',
    lines: [
      'VAULT_ADDR is not set, secrets come from the environment instead',
      'loading model ...',
      'Killed',
      'Memory cgroup out of memory: Killed process 4711 (python3)',
    ],
    rest: { exitCode: 137 },
  },
  {
    name: 'a client that complains of the end, and a guard that says why',
    root: 'process-lock-held',
    lines: ['notes-mcp v1.2.0', 'Another instance is already running (pid 4711). Exiting.'],
    rest: {
      clientError:
        'MCP error -32000: Connection closed\nServer transport closed unexpectedly, this is likely due to the process exiting early.',
    },
  },
  {
    name: 'an OAuth callback port that is busy, after a token that has expired',
    root: 'process-port-in-use',
    lines: [
      'Stored token expired, starting a new login',
      'warning: no refresh token available',
      ...trace('Error: listen EADDRINUSE: address already in use :::8765'),
    ],
    rest: { exitCode: 1 },
  },
  {
    name: 'a browser profile in use, after a failed download',
    root: 'process-lock-held',
    lines: [
      'Failed to check for updates: connect ETIMEDOUT 140.82.121.4:443 (ignored)',
      'Error: The browser is already running for /home/me/.cache/notes/profile. Use --isolated to run multiple browser instances.',
    ],
    rest: { exitCode: 1 },
  },
  {
    name: 'a coroutine of a library, then the real exception',
    root: 'process-crashed',
    lines: [
      "RuntimeWarning: coroutine 'Cache.warm' was never awaited",
      'Traceback (most recent call last):',
      '  File "/srv/notes/server.py", line 12, in <module>',
      "AttributeError: 'NoneType' object has no attribute 'serve'",
    ],
    rest: { exitCode: 1 },
  },
];

describe.each(LOGS)('$name', ({ root, accept = [], lines, rest }) => {
  // As a pasted log without an end, and with the exit code that a live run would add.
  it.each([
    ['as it stands', rest ?? {}],
    ['with an exit code', { exitCode: 1, ...rest }],
  ] as const)('%s: the root is the reason', (_, more) => {
    const { found } = judge({
      id: 'mixed',
      symptoms: { transport: 'stdio', stderr: lines.join('\n'), ...more },
      expected: { cause: root, accept },
      scored: true,
    } as Parameters<typeof judge>[0]);
    const all = found.map(({ id, certainty }) => `${id} ${certainty}`).join(', ');
    expect([root, ...accept], all).toContain(found[0]?.id);
    expect(
      found.filter(({ id, certainty }) => certainty === 'certain' && id !== root && !accept.includes(id)),
      all,
    ).toEqual([]);
  });
});
