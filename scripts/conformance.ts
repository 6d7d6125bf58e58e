/** `npm run conformance [words]`: our client in the official conformance suite. Without words, docs/conformance.md is written anew. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { page, runAll } from '../test/conformance/suite.js';

const [word] = process.argv.slice(2);
const rows = await runAll(word);
for (const { said } of rows) if (said) process.stderr.write(`${said}\n`);
const text = page(rows);
process.stdout.write(text.slice(text.indexOf('| scenario')));
if (word === undefined) writeFileSync(fileURLToPath(new URL('../docs/conformance.md', import.meta.url)), text);
