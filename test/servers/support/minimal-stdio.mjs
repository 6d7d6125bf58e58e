// A healthy MCP server over stdio, as small as it can be: what is wrong stands in the file that loads it.
import { createInterface } from 'node:readline';
import { reply } from './minimal-mcp.mjs';

createInterface({ input: process.stdin }).on('line', (line) => {
  const answer = reply(JSON.parse(line));
  if (answer) process.stdout.write(`${JSON.stringify(answer)}\n`);
});
