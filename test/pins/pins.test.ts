/** What the outside relies on, as literals. A red pin asks: on purpose? Then change it here, too, and say so in the changelog. */
import { expect, it } from 'vitest';
import { CASE_FORMAT } from '../../src/case/case-file.js';
import { evidenceSchemas } from '../../src/case/evidence.js';
import { AREAS } from '../../src/causes/areas.js';
import { causes } from '../../src/causes/index.js';
import { EXIT } from '../../src/cli/exit.js';
import * as api from '../../src/index.js';
import { VERDICT_FORMAT } from '../../src/verdict/verdict.js';

it('exit codes', () => {
  expect(EXIT).toEqual({ healthy: 0, wrong: 1, usage: 2, inconclusive: 3, defect: 70 });
});

it('formats', () => {
  expect([CASE_FORMAT, VERDICT_FORMAT]).toEqual(['mcp-verdict.case/1', 'mcp-verdict.verdict/1']);
});

it('kinds of evidence', () => {
  expect(Object.keys(evidenceSchemas)).toEqual([
    'launch',
    'process',
    'stderr',
    'stdout',
    'handshake',
    'catalog',
    'network',
    'http',
    'endpoint',
    'reported',
  ]);
});

it('areas, in life-cycle order', () => {
  expect(AREAS.join(' ')).toBe(
    'config launch install runtime container deploy process network edge http transport session auth stdio handshake catalog call lifetime client',
  );
});

it('ids of root causes: none is ever renamed or removed', () => {
  const ids = causes.map(({ id }) => id);
  for (const id of [
    'auth-credentials-missing',
    'auth-credentials-rejected',
    'catalog-list-fails',
    'config-command-joined',
    'config-path-missing',
    'edge-bad-gateway',
    'handshake-nonconforming',
    'handshake-refused',
    'handshake-unanswered',
    'handshake-version-unsupported',
    'http-endpoint-wrong',
    'http-not-mcp',
    'http-redirect-loses-request',
    'http-server-error',
    'install-package-not-found',
    'launch-blocked-by-os',
    'launch-command-not-installed',
    'launch-command-not-on-path',
    'launch-entry-point-missing',
    'launch-shebang-broken',
    'network-dns-failed',
    'network-refused',
    'network-tls-on-plain-http',
    'network-tls-untrusted',
    'process-backend-unreachable',
    'process-config-rejected',
    'process-crashed',
    'process-env-missing',
    'process-killed',
    'process-out-of-memory',
    'process-port-in-use',
    'process-returns-early',
    'runtime-dependency-missing',
    'runtime-not-built',
    'runtime-too-old',
    'stdio-polluted-by-server',
    'stdio-stdin-closed',
    'transport-http-server-on-stdio',
    'transport-streamable-client-on-sse-server',
  ])
    expect(ids).toContain(id);
});

it('exports of the library', () => {
  expect(Object.keys(api).sort()).toEqual([
    'UnreadableError',
    'caseOfSymptoms',
    'causes',
    'checks',
    'diagnose',
    'investigate',
    'readCase',
    'readSymptoms',
    'renderAgent',
    'renderJson',
    'renderTerminal',
    'symptomsOf',
    'writeCase',
  ]);
});
