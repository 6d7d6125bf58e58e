/** One loop over the broken servers: what an SDK v1 client shows for it, and whether we name its cause as the root. */
import { describe, expect, it } from 'vitest';
import { investigate } from '../src/probe/investigate.js';
import { diagnose } from '../src/verdict/diagnose.js';
import { sdkView } from './support/sdk-view.js';
import { brokenServers, prepare } from './support/servers.js';

/** Silent servers are given up sooner than by default; the default is tested in test/probe. */
const TIMEOUT_MS = 2_500;
/** npx asks the registry, with retries; npm takes its time to start, and so does a line of 11 MB on a busy machine. */
const SLOW = /^install-|\.npm\.|^stdio-message-too-long/;

describe.concurrent.each(brokenServers())('$file', (server) => {
  it(`an SDK client shows: ${server.clientSees}`, async () => {
    expect(server.clientSees, 'the first line must say what the client sees').not.toBe('');
    const { spec, stop } = await prepare(server);
    try {
      const seen = await sdkView(
        spec.kind === 'http' ? { url: spec.url, transport: spec.transport } : spec,
        SLOW.test(server.file) ? 60_000 : 3_000,
      );
      expect(seen).toContain(server.clientSees);
    } finally {
      await stop();
    }
  }, 90_000);

  it(`the root is ${server.cause}`, async () => {
    const { spec, stop } = await prepare(server);
    try {
      // As users run it: with every second look that a failure is worth.
      const file = await investigate(spec, { timeoutMs: SLOW.test(server.file) ? undefined : TIMEOUT_MS });
      const { root, findings, status } = diagnose(file);
      const found = findings.map(({ id, certainty, role }) => `${id} ${certainty} ${role}`).join(', ');
      expect(root?.id, `${found}\n${JSON.stringify(file.evidence, null, 1).slice(0, 6_000)}`).toBe(server.cause);
      expect(root?.certainty, found).not.toBe('possible');
      // What is only risky leaves a server healthy that was seen to work.
      expect(root?.severity === 'risky' ? ['healthy'] : ['broken', 'degraded']).toContain(status);
    } finally {
      await stop();
    }
  }, 90_000);
});
