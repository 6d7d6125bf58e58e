/** The text of the repository: links lead somewhere, and nothing names a place that is not ours. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .split('\0')
  .filter((path) => path && existsSync(ROOT + path));

describe.each(files.filter((path) => path.endsWith('.md')))('%s', (path) => {
  it('links to files that exist', () => {
    const text = readFileSync(ROOT + path, 'utf8').replace(/```[\s\S]*?```/g, '');
    for (const [, target = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^(?:https?:|#|mailto:)/.test(target)) continue;
      expect(existsSync(join(ROOT, dirname(path), target.split('#')[0] ?? '')), `${path} links to ${target}`).toBe(
        true,
      );
    }
  });
});

it('no machine path, registry host or unfinished place stands anywhere', () => {
  // Written in parts, so that this file does not find itself.
  const forbidden = new RegExp(
    [
      String.raw`registry\.npm` + 'js',
      String.raw`(?:^|[\s"'\`(=])/(?:wo` + 'rk|fa' + 'rm)/',
      'TO' + 'DO',
      'FIX' + 'ME',
    ].join('|'),
  );
  for (const path of files.filter((p) => !/package-lock\.json$|\.pem$/.test(p))) {
    const hit = forbidden.exec(readFileSync(ROOT + path, 'utf8'));
    expect(hit?.[0], `${path} holds ${hit?.[0]}`).toBeUndefined();
  }
});

it('no source file is longer than 400 lines', () => {
  for (const path of files.filter((p) => p.startsWith('src/') && p.endsWith('.ts')))
    expect(readFileSync(ROOT + path, 'utf8').split('\n').length, path).toBeLessThanOrEqual(401);
});
