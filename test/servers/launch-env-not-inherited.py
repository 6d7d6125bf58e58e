# client sees: MCP error -32000: Connection closed
# DISPLAY is none of the variables that a client passes on.
import os
import sys

print("display", os.environ["DISPLAY"], file=sys.stderr)
sys.stdin.read()
