/** README's commands work and its samples are what the tool prints. Times, process ids and versions may differ. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { exampleHome } from '../support/example-home.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const readme = readFileSync(`${ROOT}README.md`, 'utf8');

/** The first fenced block behind a text. */
const blockBehind = (marker: string): string => {
  const found = /```\w*\n([\s\S]*?)```/.exec(readme.slice(readme.indexOf(marker)));
  expect(found, `README has no block behind ${marker}`).not.toBeNull();
  return found?.[1] ?? '';
};

/** What may differ between two runs, taken out; wrapping depends on the length of numbers, so spaces are folded. */
const normal = (text: string): string =>
  text
    .replace(/\b\d+(?:\.\d+)? m?s\b/g, 'TIME')
    .replace(/process \d+/g, 'process PID')
    .replace(/everything \d[\d.]*/g, 'everything VERSION')
    .replace(/yes: \/\S+/g, 'yes: PATH')
    .replace(/message has \d+ bytes/g, 'message has BYTES')
    // Whether a sample was slow is no part of it.
    .replace(/[✓!] start-up time +ready after TIME(?:: .*\n +.*| .*)?/g, 'start-up time TIME')
    .replace(/\s+/g, ' ')
    .trim();

const run = (command: string, { home, project }: { home?: string; project?: string } = {}) => {
  const { stdout, status } = spawnSync('sh', ['-c', command], {
    cwd: project ?? ROOT,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1', ...(home && { HOME: home }) },
  });
  return { stdout, status };
};

it('opens with two commands; the second is what CI runs', () => {
  const [first, second] = [...readme.matchAll(/```sh\n([\s\S]*?)```/g)].map((match) => match[1]?.trim());
  expect(first).toBe('npm ci && node bin/mcp-verdict.js verify -- npx -y @modelcontextprotocol/server-everything');
  expect(readFileSync(`${ROOT}.ci/run`, 'utf8').trim().split('\n').at(-1)).toBe(second);
});

it('the first command gives the sample', () => {
  const command = blockBehind('On a fresh clone').trim().replace('npm ci && ', '');
  const { stdout, status } = run(command);
  expect(normal(stdout)).toBe(normal(blockBehind('<!-- sample: healthy -->')));
  expect(status).toBe(0);
}, 120_000);

it('the command of the broken sample gives its output', () => {
  const { stdout, status } = run(blockBehind('<!-- sample: broken -->').trim());
  expect(normal(stdout)).toBe(normal(blockBehind('<!-- output: broken -->')));
  expect(status).toBe(1);
});

it('the sample of doctor is what it prints of such a home folder', () => {
  const { stdout, status } = run(`node ${ROOT}bin/mcp-verdict.js doctor --yes --quiet`, exampleHome());
  expect(normal(stdout)).toBe(normal(blockBehind('<!-- sample: doctor -->')));
  expect(status).toBe(1);
}, 60_000);
