/** Tests of the command line run the built bundle: build it when a source is newer. */
import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const built = (): number => statSync(`${ROOT}dist/cli.js`, { throwIfNoEntry: false })?.mtimeMs ?? 0;

export default function setup(): void {
  const sources = readdirSync(`${ROOT}src`, { recursive: true, encoding: 'utf8' });
  const newest = Math.max(...sources.map((path) => statSync(`${ROOT}src/${path}`).mtimeMs));
  if (newest > built()) execFileSync(process.execPath, [`${ROOT}scripts/build.mjs`], { stdio: 'inherit' });
}
