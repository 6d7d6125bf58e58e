# The server closes its stdout and lives on.
# client sees: MCP error -32001: Request timed out
import os
import sys

os.close(1)
for _ in sys.stdin:
    pass
