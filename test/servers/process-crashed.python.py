# client sees: MCP error -32000: Connection closed
# The first line from the client meets a bug.
import sys

sys.stdin.readline()
handlers = []
print(handlers[0])
