# client sees: MCP error -32000: Connection closed
# A native module touches memory that is not its own. No core file may remain.
ulimit -c 0
kill -SEGV $$
