# client sees: MCP error -32000: Connection closed
import sys

if sys.version_info < (4, 0):
    sys.exit(f"some-server requires Python >= 4.0, this is Python {sys.version.split()[0]}")
