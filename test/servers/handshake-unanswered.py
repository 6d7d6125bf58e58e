# client sees: MCP error -32001: Request timed out
import sys

# Waits for the end of stdin before it looks at the first request.
sys.stdin.read()
