// client sees: MCP error -32000: Connection closed
// A built-in that no Node.js of today has, as node:sqlite is for Node.js 20.
import { serve } from 'node:mcp-verdict-future';

serve(process.stdin, process.stdout);
