import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cli } from '../support/cli.js';

const server = (name: string): string => fileURLToPath(new URL(`../servers/${name}`, import.meta.url));
const everything = fileURLToPath(
  new URL('../../node_modules/@modelcontextprotocol/server-everything/dist/index.js', import.meta.url),
);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mcp-verdict-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('verify', () => {
  it('a healthy server: exit 0, the report on stdout alone', async () => {
    const { code, stdout, stderr } = await cli(['verify', '--', 'node', everything]);
    expect(stdout).toMatch(/^✓ healthy {3}node /);
    expect(stdout).toMatch(/✓ tools +1\d tools/);
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });

  it('a broken server: exit 1, the cause before anything else', async () => {
    const { code, stdout } = await cli(['verify', '--', 'node', server('process-env-missing.mjs')]);
    const lines = stdout.split('\n').filter(Boolean);
    expect(lines[0]).toMatch(/^✗ broken /);
    expect(lines[1]).toMatch(/environment variable/);
    expect(stdout.indexOf('Fix')).toBeLessThan(stdout.indexOf('How we know'));
    expect(code).toBe(1);
  });

  it('JSON holds exactly the documented keys', async () => {
    const { stdout, code } = await cli(['verify', '--format', 'json', '--', 'node', server('process-crashed.mjs')]);
    const verdict = JSON.parse(stdout);
    expect(code).toBe(1);
    expect(Object.keys(verdict).sort()).toEqual(
      [
        'authorization',
        'case',
        'checks',
        'closedBy',
        'findings',
        'format',
        'grades',
        'next',
        'path',
        'process',
        'root',
        'status',
        'tool',
        'unanswered',
      ].sort(),
    );
    expect(verdict.closedBy).toBe('server');
    expect(verdict.process).toMatchObject({ exitCode: 1, signal: null });
    expect(verdict.root).toEqual(verdict.findings[0]);
    expect(Object.keys(verdict.root).sort()).toEqual(
      ['certainty', 'cites', 'culprit', 'docs', 'facts', 'fix', 'id', 'role', 'says', 'severity', 'title'].sort(),
    );
  });

  it('a saved case, opened again, gives the same verdict', async () => {
    const path = join(folder, 'saved.case.json');
    const live = await cli([
      'verify',
      '--format',
      'json',
      '--save-case',
      path,
      '--',
      'node',
      server('stdio-polluted-by-server.mjs'),
    ]);
    const again = await cli(['verify', path, '--format', 'json']);
    expect(JSON.parse(again.stdout)).toEqual(JSON.parse(live.stdout));
    expect(again.code).toBe(live.code);
    expect(JSON.parse(readFileSync(path, 'utf8')).format).toBe('mcp-verdict.case/1');
  });

  it('--output takes the report away from stdout; --fail-on moves the line', async () => {
    const path = join(folder, 'report.txt');
    const args = ['--output', path, '--fail-on', 'broken', '--', 'node', server('stdio-polluted-by-server.mjs')];
    const { code, stdout } = await cli(['verify', ...args]);
    expect(stdout).toBe('');
    expect(readFileSync(path, 'utf8')).toMatch(/^! degraded/);
    expect(code).toBe(0);
  });

  it('passes --env on, and nothing of the shell beside the list of MCP clients', async () => {
    const script =
      'console.error("SHELL_ONLY=" + process.env.SHELL_ONLY, "GIVEN=" + process.env.GIVEN); process.exit(1)';
    const env = { SHELL_ONLY: 'seen-in-shell' };
    const usual = await cli(['verify', '--format', 'json', '--env', 'GIVEN=yes', '--', 'node', '-e', script], { env });
    expect(JSON.parse(usual.stdout).process.stderrTail.join('\n')).toMatch(/SHELL_ONLY=undefined GIVEN=yes/);
    const whole = await cli(['verify', '--format', 'json', '--inherit-env', '--', 'node', '-e', script], { env });
    expect(JSON.parse(whole.stdout).process.stderrTail.join('\n')).toMatch(/SHELL_ONLY=seen-in-shell/);
  });

  it('writes the same report without colour codes when there is no terminal', async () => {
    const { stdout } = await cli(['verify', '--', 'node', server('process-crashed.mjs')]);
    expect(stdout).not.toContain('\u001b');
    const forced = await cli(['verify', '--', 'node', server('process-crashed.mjs')], {
      env: { NO_COLOR: '', FORCE_COLOR: '1' },
    });
    expect(forced.stdout).toContain('\u001b[');
  });

  it('agent format: one fact a line, the fix included', async () => {
    const { stdout } = await cli(['verify', '--format', 'agent', '--', 'node', server('process-env-missing.mjs')]);
    expect(stdout).toMatch(/^status: broken\n/);
    expect(stdout).toMatch(/\ncause: process-env-missing \(certain/);
    expect(stdout).toMatch(/\nfix 1: /);
  });
});

describe('explain', () => {
  it('a pasted line', async () => {
    const { code, stdout } = await cli(['explain', 'Error: listen EADDRINUSE: address already in use :::3000']);
    expect(stdout).toMatch(/process-port-in-use/);
    expect(code).toBe(1);
  });

  it('standard input, and symptoms JSON', async () => {
    const symptoms = {
      transport: 'stdio',
      stderr: "Error: Cannot find module 'cheerio'\nRequire stack:\n- /srv/index.js",
      exitCode: 1,
    };
    const { stdout, code } = await cli(['explain', '--format', 'json', '-'], { input: JSON.stringify(symptoms) });
    expect(JSON.parse(stdout).root.id).toBe('runtime-dependency-missing');
    expect(code).toBe(1);
  });

  it('a text that says nothing is inconclusive, with the next step', async () => {
    const { stdout, code } = await cli(['explain', 'it does not work']);
    expect(stdout).toMatch(/^\? inconclusive/);
    expect(stdout).toMatch(/mcp-verdict verify -- <command>/);
    expect(code).toBe(3);
  });
});

describe('causes', () => {
  it('lists them all, and one in full', async () => {
    const list = await cli(['causes']);
    expect(list.stdout).toMatch(/process-env-missing/);
    const one = await cli(['causes', 'process-env-missing']);
    expect(one.stdout).toMatch(/A required environment variable/);
    const json = await cli(['causes', '--format', 'json']);
    expect(JSON.parse(json.stdout).length).toBeGreaterThanOrEqual(39);
    expect([list.code, one.code, json.code]).toEqual([0, 0, 0]);
  });

  it('an unknown id names the near ones', async () => {
    const { code, stderr } = await cli(['causes', 'process-nothing']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/Near it: process-/);
  });
});

it('--version is the version of the package', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  expect((await cli(['--version'])).stdout).toBe(`${version}\n`);
});
