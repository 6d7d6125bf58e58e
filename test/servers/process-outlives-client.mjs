// client sees: connects
// A sound server whose timer keeps it alive when stdin has ended.
import { createInterface } from 'node:readline';
import { reply } from './support/minimal-mcp.mjs';

setInterval(() => {}, 1_000);
createInterface({ input: process.stdin }).on('line', (line) => {
  const answer = reply(JSON.parse(line));
  if (answer) console.log(JSON.stringify(answer));
});
