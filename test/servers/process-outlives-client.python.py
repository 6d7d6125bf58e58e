# client sees: connects
import json
import signal
import sys
import time

# Answers everything, takes no notice of SIGTERM, and sleeps on when stdin has ended.
signal.signal(signal.SIGTERM, signal.SIG_IGN)
for line in sys.stdin:
    request = json.loads(line)
    if "id" not in request:
        continue
    info = {"name": "stays", "version": "1.0.0"}
    results = {
        "initialize": {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": info},
        "tools/list": {"tools": [{"name": "echo", "description": "Gives back its text", "inputSchema": {"type": "object"}}]},
        "ping": {},
    }
    answer = {"jsonrpc": "2.0", "id": request["id"]}
    if request["method"] in results:
        answer["result"] = results[request["method"]]
    else:
        answer["error"] = {"code": -32601, "message": "Method not found"}
    print(json.dumps(answer), flush=True)
time.sleep(60)
