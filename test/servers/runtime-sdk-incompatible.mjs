// client sees: MCP error -32000: Connection closed
// Written for another SDK, where a tool is added in this way.
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';

const server = new McpServer({ name: 'some-server', version: '1.0.0' });
server.addTool({ name: 'greet', execute: async () => 'hello' });
