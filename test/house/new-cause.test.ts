/** The scaffold of a cause: it refuses what is no id, and what it writes works as it stands. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { problemOf, template } from '../../scripts/new-cause.js';
import type { Cause } from '../../src/causes/cause.js';
import { seen } from '../../src/verdict/diagnose.js';
import { caseOfExample } from '../support/case.js';

it('refuses what is no id, and names the areas', () => {
  expect(problemOf('stdio-example')).toBeNull();
  expect(problemOf('Stdio Example')).toMatch(/is no id\. Write: npm run new-cause/);
  expect(problemOf('stdio')).toMatch(/is no id/);
  expect(problemOf('weather-bad')).toMatch(/"weather" is no area\. The areas are: config, launch/);
});

it('what it writes is a cause whose examples hold', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mcp-verdict-'));
  try {
    const source = template('stdio-example').replaceAll(
      "from './",
      `from '${new URL('../../src/causes/', import.meta.url).pathname}`,
    );
    writeFileSync(join(folder, 'stdio-example.ts'), source.replaceAll(".js';", ".ts';"));
    const { default: cause } = (await import(join(folder, 'stdio-example.ts'))) as { default: Cause };
    expect(cause.area).toBe('stdio');
    for (const example of cause.examples)
      expect(cause.match(seen(caseOfExample(example))) !== null).toBe(example.finds);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
