// client sees: MCP error -32000: Connection closed
// node:util refuses an option that the server does not know.
import { parseArgs } from 'node:util';

try {
  parseArgs({ args: ['--verbosity', '3'], options: { verbose: { type: 'boolean' } } });
} catch (error) {
  console.error(`Error: ${error.message}`);
  console.error('Usage: weather [--verbose]');
  process.exitCode = 2;
}
