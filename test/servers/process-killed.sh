# client sees: MCP error -32000: Connection closed
# A supervisor ends the server while it starts.
kill -KILL $$
