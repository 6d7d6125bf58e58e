/** Servers in the part of a client: where the line is between what is certain, what is likely, and what nobody knows of the client. */
import { describe, expect, it } from 'vitest';
import type { Evidence } from '../../src/case/evidence.js';
import {
  getNot405,
  hostedUnreachable,
  knownDefect,
  probesUnimplemented,
  slowStart,
  versionDropped,
} from '../../src/causes/played.js';
import { opened, part } from '../../src/causes/played-example.js';
import { affects, CLIENTS } from '../../src/clients/index.js';

type Given = Partial<Evidence>;

describe('a slow start', () => {
  const given = (startMs: number, startLimitMs: number | null | undefined, limitInEntry?: boolean): Given => ({
    client: part('cline', { startMs, startLimitMs, limitInEntry }),
  });

  it('is one beyond the limit, and none within it or where there is no limit', () => {
    expect(slowStart.match(given(1_001, 1_000))).toMatchObject({ certainty: 'certain', culprit: 'server' });
    expect(slowStart.match(given(1_000, 1_000))).toBeNull();
    expect(slowStart.match(given(900_000, null))).toBeNull();
    expect(slowStart.match(given(900_000, undefined))).toBeNull();
  });

  it('is a matter of the entry where the entry gives the limit', () => {
    expect(slowStart.match(given(1_001, 1_000, true))?.culprit).toBe('config');
  });

  it('is cured by more time, in the unit of the client', () => {
    const edit = (id: string) =>
      slowStart.fix({ fault: 'start-limit', id, startMs: 70_000, own: true }).find((step) => step.edit)?.edit?.to;
    expect(edit('codex')).toBe('"startup_timeout_sec": 140');
    expect(edit('gemini-cli')).toBe('"timeout": 140000');
  });
});

describe('a question that the server never offered to answer', () => {
  const given = (outcome: 'closed' | 'unanswered' | 'answered', by: 'itself' | 'us', stderr: string[] = []): Given =>
    ({
      client: part('claude-desktop', { probes: [{ method: 'prompts/list', outcome }] }),
      process: { pid: 1, exit: { code: 1, signal: null, atMs: 300, by }, lifetimeMs: 300, pending: [] },
      stderr: { bytes: 9, lines: stderr.map((text) => ({ atMs: 1, text })), omitted: 0 },
    }) as unknown as Given;
  const certainty = (...args: Parameters<typeof given>) => probesUnimplemented.match(given(...args))?.certainty;

  it('ends it for certain when it ends without a word, or with one about the question', () => {
    expect(certainty('closed', 'itself')).toBe('certain');
    expect(certainty('closed', 'itself', ['KeyError: prompts/list'])).toBe('certain');
    expect(certainty('closed', 'itself', ['Unknown method'])).toBe('certain');
  });

  it('may have nothing to do with its end when the last words are about something else', () => {
    expect(certainty('closed', 'itself', ['Error: connect ECONNREFUSED 10.0.0.1:5432'])).toBe('likely');
    expect(certainty('closed', 'us')).toBe('likely');
  });

  it('that is never answered costs something, and one that is answered nothing', () => {
    expect(probesUnimplemented.match(given('unanswered', 'us'))).toMatchObject({ severity: 'degraded' });
    expect(probesUnimplemented.match(given('answered', 'us'))).toBeNull();
  });
});

describe('another revision than the one asked for', () => {
  const given = (id: string, revision: string, over: Partial<Evidence['client']> = {}): Given => ({
    client: part(id, over),
    handshake: opened({ revision }),
  });

  it('is certain trouble only where the client is known to drop it', () => {
    expect(versionDropped.match(given('codex', '2025-11-25', { exactRevision: true }))?.certainty).toBe('certain');
    expect(versionDropped.match(given('codex', '2025-11-25'))?.certainty).toBe('likely');
    expect(versionDropped.match(given('codex', '2025-03-26'))).toBeNull();
    expect(versionDropped.match(given('codex', '2025-06-18', { exactRevision: true }))).toBeNull();
  });

  it('is a remark where it is in doubt what the client asks for, and nothing where nobody knows', () => {
    expect(versionDropped.match(given('windsurf', '2025-11-25', { revision: '2025-03-26' }))).toMatchObject({
      certainty: 'likely',
      severity: 'risky',
    });
    expect(versionDropped.match(given('cline', '2025-11-25', { exactRevision: true }))).toBeNull();
  });
});

describe('an address, and a client that connects from the cloud of its vendor', () => {
  const given = (host: string, addresses: [string, string][], origin: 'vendor-cloud' | 'local' | undefined): Given => ({
    client: part('claude-desktop', { origin }),
    network: {
      ...{ host, port: 443, tls: true, attempts: [] },
      addresses: addresses.map(([address, range]) => ({ address, family: 4, range })),
    } as Evidence['network'],
  });
  const certainty = (...args: Parameters<typeof given>) => hostedUnreachable.match(given(...args))?.certainty;

  it('is out of reach for certain when it is this machine, or written as an address of this network', () => {
    expect(certainty('localhost', [['127.0.0.1', 'loopback']], 'vendor-cloud')).toBe('certain');
    expect(certainty('10.0.0.7', [['10.0.0.7', 'private']], 'vendor-cloud')).toBe('certain');
  });

  it('may lead elsewhere from outside when it is a name', () => {
    expect(certainty('notes.example.com', [['10.0.0.7', 'private']], 'vendor-cloud')).toBe('likely');
  });

  it('is in reach when one of its addresses may be, or the client connects from here', () => {
    const mixed: [string, string][] = [
      ['10.0.0.7', 'private'],
      ['203.0.113.7', 'unicast'],
    ];
    expect(certainty('notes.example.com', mixed, 'vendor-cloud')).toBeUndefined();
    // Addresses that stand for another one: of a translator, of a VPN.
    expect(certainty('notes.example.com', [['198.18.0.9', 'other']], 'vendor-cloud')).toBeUndefined();
    expect(certainty('localhost', [['127.0.0.1', 'loopback']], 'local')).toBeUndefined();
    expect(certainty('localhost', [['127.0.0.1', 'loopback']], undefined)).toBeUndefined();
  });
});

it('a 404 to the GET matters to a client that is known to mind it, and to no other', () => {
  const given = (getMustBe405: boolean | undefined, getStatus: number): Given => ({
    client: part('cursor', { getMustBe405, getStatus }),
  });
  expect(getNot405.match(given(true, 404))?.certainty).toBe('certain');
  expect(getNot405.match(given(true, 405))).toBeNull();
  expect(getNot405.match(given(false, 404))).toBeNull();
  expect(getNot405.match(given(undefined, 404))).toBeNull();
});

it('a known defect needs a version that has it, for sure, and is never more than likely', () => {
  const all = CLIENTS.flatMap(({ id, defects }) => defects.map((defect) => ({ id, defect })));
  const unsure = all.filter(({ defect }) => affects(defect, '0.0.1', 'linux') !== true);
  expect(unsure.length).toBeGreaterThan(0);
  for (const { id } of all) {
    expect(knownDefect.match({ client: part(id, { version: undefined }), handshake: opened() })).toBeNull();
    const match = knownDefect.match({ client: part(id, { version: '0.0.1' }), handshake: opened() });
    if (match) expect(match.certainty).toBe('likely');
  }
});
