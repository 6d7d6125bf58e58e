# client sees: MCP error -32000: Connection closed
# The server refuses an option that an older release knew.
import argparse

parser = argparse.ArgumentParser(prog="weather")
parser.add_argument("--transport", choices=["stdio", "http"])
parser.parse_args(["--transport", "sse"])
