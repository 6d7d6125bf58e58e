// client sees: MCP error -32000: Connection closed
import { McpServer } from 'mcp-verdict-no-such-package';

new McpServer({ name: 'some-server', version: '1.0.0' }).connect();
