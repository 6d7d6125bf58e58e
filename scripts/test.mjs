/**
 * `npm test`: everything that must hold. Installs what the tests need of the system (Debian, root) and the conformance suite, builds, checks types, style,
 * unused code and the package, then runs the tests. With arguments it only runs the tests they name: `npm test causes`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { conformanceSuite } from './conformance-suite.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const run = (label, command, args, env = {}) => {
  process.stdout.write(`\n== ${label}\n`);
  const { status, error } = spawnSync(command, args, {
    stdio: 'inherit',
    shell: process.platform === 'win32',
    env: { ...process.env, ...env },
  });
  if (error || status !== 0) {
    process.stdout.write(`\n${label}: failed${error ? ` (${error.message})` : ''}\n`);
    process.exit(status || 1);
  }
};

/** Programs of the system that tests start, and the Debian package that brings each. */
const NEEDED = [
  ['python3', 'python3'],
  ['openssl', 'openssl'],
  ['curl', 'curl'],
  ['git', 'git'],
  // Its own daemon is started by test/docker.test.ts, on a socket of its own.
  ['dockerd', 'docker.io'],
  ['ip', 'iproute2'],
  // What stands before servers in test/parts, in the foreground and on ports of its own, and the browser of test/browser.test.ts.
  ['nginx', 'nginx'],
  ['haproxy', 'haproxy'],
  ['chromium-headless-shell', 'chromium-headless-shell'],
];

/** Programs that know another word for `--version`. */
const VERSION = { openssl: 'version', ip: '-V', nginx: '-v', haproxy: '-v' };
const present = (program) => spawnSync(program, [VERSION[program] ?? '--version'], { stdio: 'ignore' }).status === 0;

/** Debian starts the service of a package when it is installed, unless this file says that it may not. */
const POLICY = '/usr/sbin/policy-rc.d';
function withoutServices(install) {
  if (existsSync(POLICY)) return install();
  writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  const remove = () => rmSync(POLICY, { force: true });
  // A failed installation ends this process.
  process.once('exit', remove);
  install();
  remove();
}

function setUpSystem() {
  const missing = NEEDED.filter(([program]) => !present(program)).map(([, name]) => name);
  if (!missing.length) return;
  const install = `apt-get install -y --no-install-recommends ${missing.join(' ')}`;
  if (process.getuid?.() !== 0 || spawnSync('apt-get', ['--version'], { stdio: 'ignore' }).status !== 0) {
    process.stdout.write(`The tests need ${missing.join(', ')}. Install it, for example: sudo ${install}\n`);
    process.exit(1);
  }
  run('apt-get update', 'apt-get', ['update', '-q']);
  withoutServices(() => run(install, 'apt-get', install.split(' ').slice(1)));
  // From Debian 13 on the client of Docker is a package of its own, which older releases do not know.
  if (!present('docker')) run('docker-cli', 'apt-get', ['install', '-y', '--no-install-recommends', 'docker-cli']);
}

setUpSystem();
const named = process.argv.slice(2);
if (named.length) run(`vitest ${named.join(' ')}`, 'npx', ['vitest', 'run', ...named]);
else {
  run('build', process.execPath, ['scripts/build.mjs']);
  run('types', 'npx', ['tsc', '--noEmit']);
  run('style', 'npx', ['biome', 'check', '.']);
  run('unused code', 'npx', ['knip']);
  run('package', 'npx', ['publint', '--strict']);
  // The test would install it as well, and take its time for it.
  conformanceSuite();
  const folder = mkdtempSync(join(tmpdir(), 'mcp-verdict-test-'));
  const results = join(folder, 'results.json');
  process.on('exit', () => {
    // One plain line at the end: how many tests ran, whatever the terminal shows above.
    try {
      const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(results, 'utf8'));
      process.stdout.write(`\n${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests} skipped\n`);
    } catch {
      process.stdout.write('\n0 passed, 1 failed\n');
    }
    rmSync(folder, { recursive: true, force: true });
  });
  run('tests', 'npx', ['vitest', 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${results}`]);
}
