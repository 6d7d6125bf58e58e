# client sees: connects
import json
import sys

print("INFO - Logging initialized: console=INFO", flush=True)
for line in sys.stdin:
    request = json.loads(line)
    if "id" not in request:
        continue
    answer = {"jsonrpc": "2.0", "id": request["id"]}
    if request["method"] == "initialize":
        info = {"name": "polluted", "version": "1.0.0"}
        version = request["params"]["protocolVersion"]
        answer["result"] = {"protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": info}
    elif request["method"] == "tools/list":
        print("DEBUG - listing tools", flush=True)
        answer["result"] = {"tools": []}
    elif request["method"] == "ping":
        answer["result"] = {}
    else:
        answer["error"] = {"code": -32601, "message": "Method not found"}
    print(json.dumps(answer), flush=True)
