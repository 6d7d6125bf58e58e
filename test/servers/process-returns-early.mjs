// client sees: MCP error -32000: Connection closed
// Tools are defined, but no transport is ever connected.
const tools = new Map();
tools.set('forecast', async () => 'sunny');
