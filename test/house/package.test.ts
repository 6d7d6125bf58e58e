/** What is published: small, without dependencies and install scripts, and it runs from a packed tarball. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { missingOptional } from '../../scripts/complete-lock.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const LIMIT_BYTES = 20 * 1024 * 1024;
/** Scripts that npm runs on the machine of whoever installs a published package. */
const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall'];

const sizeOf = (path: string): number =>
  statSync(path).isDirectory()
    ? readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0)
    : statSync(path).size;

it('installs from a tarball without scripts, stays below 20 MB, and judges a server', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mcp-verdict-'));
  try {
    const npm = (args: string[], cwd: string) =>
      execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    // The build stands already: packing must not start it again next to other tests.
    const packed =
      npm(['pack', '--ignore-scripts', '--pack-destination', folder], ROOT).trim().split('\n').at(-1) ?? '';
    writeFileSync(join(folder, 'package.json'), '{"private":true}');
    npm(['install', '--no-audit', '--no-fund', join(folder, packed)], folder);
    const installed = join(folder, 'node_modules');
    expect(sizeOf(installed)).toBeLessThan(LIMIT_BYTES);
    const manifest = JSON.parse(readFileSync(join(installed, 'mcp-verdict/package.json'), 'utf8'));
    expect(manifest.dependencies).toBeUndefined();
    for (const script of INSTALL_SCRIPTS) expect(manifest.scripts[script]).toBeUndefined();
    expect(existsSync(join(installed, 'mcp-verdict/dist/THIRD-PARTY-LICENSES.txt'))).toBe(true);
    expect(existsSync(join(installed, 'mcp-verdict/LICENSE'))).toBe(true);
    const bin = join(installed, '.bin/mcp-verdict');
    const { stdout, status } = spawnSync(bin, ['explain', 'spawn uvx ENOENT', '--format', 'json'], {
      encoding: 'utf8',
    });
    expect(JSON.parse(stdout).root.id).toMatch(/^launch-/);
    expect(status).toBe(1);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 120_000);

it.each(['package-lock.json', 'test/conformance/package-lock.json'])(
  '%s is complete for every platform and holds no addresses: npm run lock',
  (path) => {
    const lock = JSON.parse(readFileSync(ROOT + path, 'utf8'));
    expect(missingOptional(lock)).toEqual([]);
    expect(Object.values(lock.packages).filter((entry) => (entry as { resolved?: string }).resolved)).toEqual([]);
  },
);

it('the library can be imported, and declares its types', async () => {
  const { exports } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'));
  expect(existsSync(join(ROOT, exports['.'].default))).toBe(true);
  expect(existsSync(join(ROOT, exports['.'].types))).toBe(true);
  const library = await import(join(ROOT, exports['.'].default));
  expect(typeof library.diagnose).toBe('function');
});
