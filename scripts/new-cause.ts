/** `npm run new-cause <area>-<failing state>`: writes one file, the only one to edit by hand. */
import { existsSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { AREAS } from '../src/causes/areas.js';
import { registries, write } from './generate.js';

/** What is wrong with an id, as a sentence, or null. */
export function problemOf(id: string): string | null {
  if (!/^[a-z]+(?:-[a-z0-9]+)+$/.test(id))
    return `"${id}" is no id. Write: npm run new-cause <area>-<failing state>, for example stdio-line-too-long`;
  const area = id.split('-')[0] ?? '';
  if (!(AREAS as readonly string[]).includes(area)) return `"${area}" is no area. The areas are: ${AREAS.join(', ')}`;
  return null;
}

/** A cause with every field and a hint at each. It passes its own tests as it stands. */
export const template = (id: string): string => `import { defineCause } from './cause.js';
import { FAILED_START } from './consequences.js';
import { find, WORDS, words } from './words.js';

export default defineCause({
  id: '${id}',
  title: 'The failing state as a plain sentence',
  culprit: 'server', // who acts: server | config | client | runtime | network | edge | platform | auth
  severity: 'broken', // broken: no client works with it | degraded: some fail | risky: works by luck
  seenAs: ['MCP error -32000: Connection closed'], // what clients show, verbatim
  needs: [], // evidence without which it cannot be judged
  uses: [...WORDS], // evidence that is read when it is there
  explains: FAILED_START, // findings that only follow from this one

  match(given) {
    const hit = find(words(given), /the line that gives it away: (?<what>.+)/);
    if (!hit) return null;
    return { certainty: 'certain', cites: [hit.line.at], facts: { what: hit.groups.what ?? '' } };
  },
  say: ({ what }) => \`What happened, with the particulars: \${what}.\`,
  fix: () => [{ say: 'The step that cures it.', run: 'a command to paste' }],
  why: 'Two or three sentences of background: why this happens, and why the client cannot show it by itself.',
  refs: ['https://modelcontextprotocol.io/specification/2025-11-25/basic/transports'],
  examples: [
    { name: 'the real line', finds: true, symptoms: { stderr: 'the line that gives it away: this' } },
    { name: 'its nearest neighbour', finds: false, symptoms: { stderr: 'something else' } },
  ],
});
`;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const id = process.argv[2] ?? '';
  const file = fileURLToPath(new URL(`../src/causes/${id}.ts`, import.meta.url));
  const problem = problemOf(id) ?? (existsSync(file) ? `src/causes/${id}.ts is there already` : null);
  if (problem) {
    process.stderr.write(`${problem}\n`);
    process.exit(2);
  }
  writeFileSync(file, template(id));
  write(registries());
  process.stdout.write(`wrote src/causes/${id}.ts

  1  put the real line into an example, then write match, say and fix
  2  npm test -- causes -t ${id}
  3  npm run generate
`);
}
