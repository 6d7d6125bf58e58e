# client sees: MCP error -32001: Request timed out
# Makes itself a daemon, as libraries for services do: alive, but stdin leads to /dev/null from now on.
import os
import signal

os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
signal.alarm(60)
signal.pause()
