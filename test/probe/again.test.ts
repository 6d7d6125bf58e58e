/** A second start after a slow first one. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { CaseFile } from '../../src/case/case-file.js';
import type { Evidence } from '../../src/case/evidence.js';
import { investigate } from '../../src/probe/investigate.js';

let folder: string;
let npx: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mcp-verdict-test-'));
  npx = join(folder, 'npx');
  // A launcher that fetches for three seconds when its cache is empty.
  writeFileSync(
    npx,
    `#!/bin/sh
cd ${folder}
[ -e cache ] || { sleep 3; : > cache; }
exec ${process.execPath} server.cjs
`,
    { mode: 0o755 },
  );
  writeFileSync(
    join(folder, 'server.cjs'),
    `require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method } = JSON.parse(line);
  if (id === undefined) return;
  const result = method === 'initialize' ? { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: 'x', version: '1' } } : {};
  process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result }) + '\\n');
});`,
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function processOf(file: CaseFile): Evidence['process'] {
  const attempt = file.evidence.process;
  if (attempt?.status !== 'seen') throw new Error('process was not seen');
  return attempt.value;
}

it('a launcher that was too slow is started again with its cache filled', async () => {
  const clear = () => rmSync(join(folder, 'cache'), { force: true });
  clear();
  // Its group is ended with us, so the fetch is given the time that it needs by a grace of its own.
  const cold = await investigate({ kind: 'stdio', command: npx, args: [], env: {} }, { timeoutMs: 1_200, quick: true });
  expect(processOf(cold).again).toBeUndefined();
  clear();
  const warm = await investigate({ kind: 'stdio', command: npx, args: [], env: {} }, { timeoutMs: 2_000 });
  expect(processOf(warm).again).toMatchObject({
    outcome: 'answered',
    why: expect.stringContaining('npx fetches or builds what it starts'),
  });
  expect(processOf(warm).again?.ms).toBeLessThan(2_000);
  expect(warm.timeline.some(({ what, text }) => what === 'note' && text?.startsWith('second start'))).toBe(true);
});
