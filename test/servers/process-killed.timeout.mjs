// client sees: MCP error -32000: Connection closed
// A time limit sends SIGTERM; the code 143 is what the launcher passes on.
setTimeout(() => process.kill(process.pid, 'SIGTERM'), 50);
process.stdin.resume();
