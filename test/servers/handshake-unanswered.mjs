// client sees: MCP error -32001: Request timed out
// Reads everything, says nothing, ends with its stdin.
process.stdin.resume();
