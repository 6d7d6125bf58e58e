/** Nothing stays behind: the short form of `npm run soak`, and the second start cut off in the middle. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { bearersOf } from '../src/probe/proc.js';
import { SIGN, soak } from './support/soak.js';
import { soakTargets } from './support/soak-targets.js';

const BIN = fileURLToPath(new URL('../bin/mcp-verdict.js', import.meta.url));
const HOSTILE = fileURLToPath(new URL('hostile/stdio.mjs', import.meta.url));

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}

it('40 runs leave no process, no file, no handle and no memory', async () => {
  const { processes, files, descriptors, resources, memoryMb, roots, throughCli } = await soak(40);
  expect(throughCli).toBe(8);
  expect(Object.keys(roots).length).toBeGreaterThan(10);
  expect(processes).toEqual([]);
  expect(files).toEqual([]);
  expect(descriptors[1]).toBeLessThanOrEqual(descriptors[0]);
  expect(resources[1].length).toBeLessThanOrEqual(resources[0].length);
  expect((memoryMb.at(-1) ?? 0) - (memoryMb[0] ?? 0), memoryMb.join(', ')).toBeLessThan(8);
}, 120_000);

it('100 URLs of healthy, broken and hostile servers leave no socket, no timer and no memory', async () => {
  const { statuses, roots, heapMb, rssMb, left, code, clean } = await soakTargets(100);
  expect(Object.values(statuses).reduce((a, b) => a + b)).toBe(100);
  expect(statuses.healthy).toBeGreaterThan(5);
  expect(Object.keys(roots).length).toBeGreaterThan(10);
  expect(code).toBe(1);
  expect(left).toEqual([]);
  expect(clean, `${heapMb} ${rssMb}`).toBe(true);
}, 120_000);

it.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)('%s in the middle of the second start', async (signal) => {
  const temp = mkdtempSync(join(tmpdir(), 'mcp-verdict-test-'));
  const sign = `leaks-${process.pid}-${signal}`;
  const ours = () => bearersOf(SIGN, sign);
  try {
    // A glued banner: the first start ends unanswered, and the second waits just as long.
    const args = [BIN, 'verify', '--timeout', '1.5', '--', process.execPath, HOSTILE, 'glued'];
    const child = spawn(process.execPath, args, {
      stdio: 'ignore',
      env: { ...process.env, TMPDIR: temp, [SIGN]: sign },
    });
    const gone = new Promise((resolve) => child.once('exit', resolve));
    await until(() => readdirSync(temp).length > 0);
    // The files are there, and soon the second server.
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(readdirSync(temp)).toHaveLength(1);
    // mcp-verdict, its watchdog and the server.
    expect(ours().length).toBeGreaterThanOrEqual(3);
    child.kill(signal);
    await gone;
    await until(() => readdirSync(temp).length === 0 && ours().length === 0);
  } finally {
    rmSync(temp, { recursive: true, force: true });
  }
});
