/** What is generated is fresh: stale documentation fails like a failing test. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { generated } from '../../scripts/generate.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

it('every generated file is as `npm run generate` writes it', async () => {
  const files = await generated();
  expect(files.size).toBeGreaterThan(40);
  for (const [path, text] of files)
    expect(
      existsSync(ROOT + path) && readFileSync(ROOT + path, 'utf8') === text,
      `${path} is stale: run npm run generate`,
    ).toBe(true);
});

it('no page of a cause is left over', async () => {
  const files = await generated();
  for (const name of readdirSync(`${ROOT}docs/causes`)) expect(files.has(`docs/causes/${name}`), name).toBe(true);
});
