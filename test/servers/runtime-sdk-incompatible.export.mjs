// client sees: MCP error -32000: Connection closed
import { FastMcpServer } from '@modelcontextprotocol/sdk/server/mcp.js';

new FastMcpServer({ name: 'some-server', version: '1.0.0' }).start();
