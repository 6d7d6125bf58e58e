/**
 * Thirty-one ways to mistreat stdio, each by a real process: SDK clients show three messages for all of them, and here each has
 * words of its own, with the line and its byte offset where there is one.
 */
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { CaseFile } from '../../src/case/case-file.js';
import type { Evidence, EvidenceKind, StrayKind } from '../../src/case/evidence.js';
import { investigate } from '../../src/probe/investigate.js';
import { diagnose } from '../../src/verdict/diagnose.js';

const SERVER = fileURLToPath(new URL('../hostile/stdio.mjs', import.meta.url));

const seen = <K extends EvidenceKind>(file: CaseFile, kind: K): Evidence[K] => {
  const attempt = file.evidence[kind];
  if (attempt?.status !== 'seen') throw new Error(`${kind} was not seen: ${JSON.stringify(attempt)}`);
  return attempt.value as Evidence[K];
};

const look = async (name: string) => {
  const file = await investigate(
    { kind: 'stdio', command: process.execPath, args: [SERVER, name], env: {} },
    { timeoutMs: 1_500, quick: true },
  );
  return { file, verdict: diagnose(file) };
};

interface Expected {
  root: string | null;
  status: 'broken' | 'degraded' | 'healthy';
  /** What the root says in its own words. */
  says?: RegExp;
  /** The first stray line. */
  stray?: { kind: StrayKind; line: number; offset: number; why: RegExp };
  /** A message that is allowed and yet worth a word. */
  remark?: { kind: string; line: number; offset: number; why: RegExp };
  check?: { id: string; outcome: 'warn' | 'fail'; says: RegExp };
  moment?: RegExp;
  exit?: { code: number | null; signal: string | null };
}

/** A form that initialize dies of. */
const malformed = (
  says: RegExp,
  kind: StrayKind,
  why: RegExp,
  place: { line: number; offset: number } = { line: 1, offset: 0 },
): Expected => ({
  root: 'handshake-nonconforming',
  status: 'broken',
  says,
  stray: { kind, ...place, why },
});

const TABLE: Record<string, Expected> = {
  'exit-1': {
    root: 'process-crashed',
    status: 'broken',
    says: /exit code 1\b.*cannot open weather\.db/,
    exit: { code: 1, signal: null },
    moment: /^\d+ ms after it was sent initialize, unanswered$/,
  },
  'exit-0': {
    root: 'process-returns-early',
    status: 'broken',
    says: /ran to its end without an error/,
    exit: { code: 0, signal: null },
    moment: /sent initialize, unanswered$/,
  },
  sigsegv: {
    root: 'process-crashed',
    status: 'broken',
    says: /signal SIGSEGV, segmentation fault/,
    exit: { code: null, signal: 'SIGSEGV' },
    moment: /sent initialize, unanswered$/,
  },
  banner: {
    root: 'stdio-polluted-by-server',
    status: 'degraded',
    says: /"Weather server v1\.2 ready" to stdout \(line 1, byte offset 0\).*opened nevertheless/,
    stray: { kind: 'not-json', line: 1, offset: 0, why: /^plain text, no JSON, written before the first reply$/ },
  },
  'pollution-after-list': {
    root: 'stdio-polluted-by-server',
    status: 'degraded',
    says: /"served 0 tools" to stdout \(line 3, byte offset 188\)/,
    stray: { kind: 'not-json', line: 3, offset: 188, why: /no JSON, written after the reply to tools\/list$/ },
  },
  glued: {
    root: 'stdio-polluted-by-server',
    status: 'broken',
    says: /"Loading\.\.\.".* without a newline before a message/,
    stray: { kind: 'not-json', line: 1, offset: 0, why: /^a message starts at byte 11 of the line/ },
  },
  bom: malformed(/byte order mark, on stdout in line 1 at byte offset 0.*timeout/, 'bom', /valid reply stands behind/),
  'utf-16': malformed(/writes UTF-16, on stdout in line 1/, 'utf-16', /bytes are UTF-16/),
  'json-log': {
    root: 'stdio-polluted-by-server',
    status: 'degraded',
    says: /line 1, byte offset 0/,
    stray: { kind: 'json-not-rpc', line: 1, offset: 0, why: /^a JSON log line \(level, time, pid, msg\), no JSON-RPC/ },
  },
  'content-length': malformed(/Content-Length headers, as language servers do/, 'content-length', /LSP, not in MCP/),
  'pretty-printed': malformed(/over several lines/, 'pretty-printed', /one message is spread over several lines/),
  'no-newline': malformed(/does not end its message with a newline/, 'unterminated', /no newline ends it/),
  crlf: {
    root: null,
    status: 'healthy',
    remark: { kind: 'crlf', line: 1, offset: 0, why: /ends with CR LF; clients accept it/ },
    check: { id: 'STD-16', outcome: 'warn', says: /3 lines end with CR LF, from line 1 on \(byte 0\)/ },
  },
  'string-id': {
    root: 'handshake-nonconforming',
    status: 'degraded',
    says: /another id than the request had.*string id "1"; the request had the number 1.*compare ids as numbers/,
    stray: { kind: 'rpc-invalid', line: 1, offset: 0, why: /string id "1"/ },
  },
  'jsonrpc-missing': malformed(/"jsonrpc" is missing/, 'rpc-invalid', /^"jsonrpc" is missing$/),
  'unknown-key': malformed(/the key "took" is unknown/, 'rpc-invalid', /the key "took" is unknown at the top level/),
  both: malformed(/both "result" and "error"/, 'rpc-invalid', /both "result" and "error"/),
  'id-null': malformed(/an error without an id/, 'rpc-invalid', /without an id.*-32700: Parse error/),
  batch: malformed(/it is a batch/, 'rpc-invalid', /a batch \(an array\); batches exist in revision 2025-03-26 only/),
  'duplicate-reply': {
    root: 'handshake-nonconforming',
    status: 'degraded',
    says: /no request is waiting for, on stdout in line 2 at byte offset 141 \(a second reply to id 1\).*unknown message id/,
    stray: { kind: 'rpc-invalid', line: 2, offset: 141, why: /^a second reply to id 1$/ },
  },
  'early-request': {
    root: null,
    status: 'healthy',
    remark: {
      kind: 'early-request',
      line: 1,
      offset: 0,
      why: /roots\/list came before notifications\/initialized/,
    },
    check: { id: 'LIF-07', outcome: 'warn', says: /roots\/list.*line 1, byte 0/ },
  },
  'stdout-closed': {
    root: 'handshake-unanswered',
    status: 'broken',
    says: /alive, but it has closed its stdout/,
  },
  'over-long': {
    root: 'stdio-message-too-long',
    status: 'broken',
    says: /line of 11 MiB to stdout \(line 1, byte offset 0\).*at most 10 MiB.*no crash/,
    stray: { kind: 'over-long', line: 1, offset: 0, why: /11534336 bytes; SDK clients close the connection at 10 MiB/ },
    check: { id: 'STD-15', outcome: 'fail', says: /11534336 bytes/ },
  },
  'remote-error': {
    root: 'handshake-refused',
    status: 'broken',
    says: /error -32000 \("Connection closed"\).*words of the server: the connection was open/,
  },
  'version-2099': {
    root: 'handshake-version-unsupported',
    status: 'broken',
    says: /protocol version 2099-01-01, which the client does not support/,
  },
  'no-server-info': {
    root: 'handshake-nonconforming',
    status: 'broken',
    says: /breaks the schema of the protocol \("serverInfo" is missing/,
  },
  'dies-after-initialize': {
    root: 'process-crashed',
    status: 'broken',
    says: /before it answered "tools\/list", although initialize had been answered \(exit code 3/,
    exit: { code: 3, signal: null },
    moment: /^\d+ ms after it was sent tools\/list, unanswered, \d+ ms after it answered initialize$/,
  },
  'ignores-eof': {
    root: null,
    status: 'healthy',
    check: { id: 'STD-06', outcome: 'warn', says: /still there \d+ ms after stdin was closed; it took SIGTERM/ },
  },
  'nul-bytes': {
    root: 'stdio-polluted-by-server',
    status: 'degraded',
    stray: { kind: 'not-json', line: 1, offset: 0, why: /^2 NUL bytes in the line, the first at byte 5/ },
  },
  'invalid-utf8': {
    root: 'runtime-encoding-not-utf8',
    status: 'degraded',
    says: /bytes that are no UTF-8, on stdout in line 1 at byte offset 0.*strict decoder/,
    stray: { kind: 'invalid-utf8', line: 1, offset: 0, why: /^byte 155 of the line \(0xe9\) is no UTF-8$/ },
  },
};

describe.each(Object.entries(TABLE))('%s', (name, expected) => {
  it('is named, with its place', async () => {
    const { file, verdict } = await look(name);
    const stdout = seen(file, 'stdout');
    const told = `${verdict.root?.says}\n${JSON.stringify(stdout.strays.slice(0, 2), null, 1)}\n${JSON.stringify(stdout.remarks)}`;
    expect(verdict.root?.id ?? null, told).toBe(expected.root);
    expect(verdict.status, told).toBe(expected.status);
    if (expected.says) expect(verdict.root?.says).toMatch(expected.says);
    const [first] = stdout.strays;
    if (expected.stray) {
      const { why, ...place } = expected.stray;
      expect(first).toMatchObject(place);
      expect(first?.why).toMatch(why);
      expect(verdict.checks.find(({ id }) => id === 'STD-01')).toMatchObject({
        outcome: 'fail',
        says: expect.stringContaining(`(line ${place.line}, byte ${place.offset})`),
      });
    } else expect(first).toBeUndefined();
    if (expected.remark) {
      const { why, ...place } = expected.remark;
      expect(stdout.remarks?.[0]).toMatchObject(place);
      expect(stdout.remarks?.[0]?.why).toMatch(why);
    } else expect(stdout.remarks).toBeUndefined();
    if (expected.check) {
      const check = verdict.checks.find(({ id }) => id === expected.check?.id);
      expect(check?.outcome).toBe(expected.check.outcome);
      expect(check?.says).toMatch(expected.check.says);
    }
    if (expected.exit) expect(seen(file, 'process').exit).toMatchObject({ ...expected.exit, by: 'itself' });
    if (expected.moment) expect(verdict.process?.moment).toMatch(expected.moment);
  });
});

it('a command that is not found is told by the operating system, before there is a process', async () => {
  const command = 'mcp-verdict-no-such-command';
  const file = await investigate({ kind: 'stdio', command, args: [], env: {} }, { quick: true });
  expect(seen(file, 'process').spawnError).toMatchObject({ code: 'ENOENT', path: command });
  expect(seen(file, 'launch').lookup?.path.length).toBeGreaterThan(0);
  const { root, status } = diagnose(file);
  expect([root?.id, status]).toEqual(['launch-command-not-installed', 'broken']);
  expect(root?.says).toContain(command);
});

it('no two of them are told in the same words', async () => {
  const reasons = Object.values(TABLE).map(({ stray, remark, says, check }) =>
    [says, stray?.why, remark?.why, check?.says].map(String).join(' '),
  );
  expect(new Set(reasons).size).toBe(reasons.length);
  // Thirty servers and the command that is not there.
  expect(reasons).toHaveLength(30);
});
