# client sees: MCP error -32001: Request timed out
import json
import sys

# Answers the handshake and never tools/list.
for line in sys.stdin:
    request = json.loads(line)
    if "id" not in request or request["method"] == "tools/list":
        continue
    answer = {"jsonrpc": "2.0", "id": request["id"]}
    if request["method"] == "initialize":
        info = {"name": "no-list", "version": "1.0.0"}
        version = request["params"]["protocolVersion"]
        answer["result"] = {"protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": info}
    elif request["method"] == "ping":
        answer["result"] = {}
    else:
        answer["error"] = {"code": -32601, "message": "Method not found"}
    print(json.dumps(answer), flush=True)
