// client sees: MCP error -32000: Connection closed
// A file that an editor on Windows saved in its own code page.
const bytes = Buffer.from('{"owner":"Müller"}', 'latin1');

JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
