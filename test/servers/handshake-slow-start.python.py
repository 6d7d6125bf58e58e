# client sees: MCP error -32001: Request timed out
import os
import sys
import time

print("Loading embedding model all-MiniLM-L6-v2", file=sys.stderr, flush=True)
# An import that takes its time, with the CPU at work.
end = time.monotonic() + 20
while time.monotonic() < end:
    sum(range(10_000))
server = os.path.join(os.path.dirname(__file__), "support", "minimal_stdio.py")
os.execv(sys.executable, [sys.executable, server])
