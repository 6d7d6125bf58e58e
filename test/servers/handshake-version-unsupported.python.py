# A server with a fixed list refuses the version of the client instead of offering one of its own.
# client sees: MCP error -32602: Unsupported protocol version
import json
import sys

for line in sys.stdin:
    message = json.loads(line)
    if message.get("method") == "initialize":
        error = {"code": -32602, "message": "Unsupported protocol version", "data": {"supported": ["2024-11-05"]}}
        print(json.dumps({"jsonrpc": "2.0", "id": message["id"], "error": error}), flush=True)
