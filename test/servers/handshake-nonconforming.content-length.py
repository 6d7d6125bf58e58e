# client sees: MCP error -32001: Request timed out
import json
import sys

# Frames messages as language servers do.
for line in sys.stdin:
    request = json.loads(line)
    if request["method"] != "initialize":
        continue
    info = {"name": "lsp", "version": "1.0.0"}
    result = {"protocolVersion": request["params"]["protocolVersion"], "capabilities": {}, "serverInfo": info}
    body = json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": result})
    sys.stdout.write(f"Content-Length: {len(body)}\r\n\r\n{body}")
    sys.stdout.flush()
