// client sees: MCP error -32001: Request timed out
// The weights are fetched before the server reads a line: it answers, but later than anybody waits.
console.error('Downloading model weights (420 MB), this happens only at the first start');
setTimeout(() => import('./support/minimal-stdio.mjs'), 20_000);
process.stdin.on('end', () => process.exit(0));
