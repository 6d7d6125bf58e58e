"""A healthy MCP server over stdio, as small as it can be: what is wrong stands in the file that loads it."""
import json
import sys


def serve():
    for line in sys.stdin:
        request = json.loads(line)
        if "id" not in request:
            continue
        answer = {"jsonrpc": "2.0", "id": request["id"]}
        if request["method"] == "initialize":
            info = {"name": "minimal", "version": "1.0.0"}
            version = request["params"]["protocolVersion"]
            answer["result"] = {"protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": info}
        elif request["method"] == "tools/list":
            answer["result"] = {"tools": []}
        elif request["method"] == "ping":
            answer["result"] = {}
        else:
            answer["error"] = {"code": -32601, "message": "Method not found"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    serve()
