# client sees: MCP error -32000: Connection closed
# An index that grows without a bound, in a Node.js process with a small heap. No core file may remain.
ulimit -c 0
exec node --max-old-space-size=16 -e 'const all = []; for (;;) all.push(new Array(100_000).fill(0.5));'
