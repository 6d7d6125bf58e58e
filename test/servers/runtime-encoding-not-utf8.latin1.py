# Text in Latin-1 where UTF-8 is due: Python with PYTHONIOENCODING of an old Windows.
# client sees: connects
import json
import sys

for line in sys.stdin:
    message = json.loads(line)
    if "id" not in message:
        continue
    result = {}
    if message["method"] == "initialize":
        result = {
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "serverInfo": {"name": "météo", "version": "1.0.0"},
        }
    reply = json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}, ensure_ascii=False)
    sys.stdout.buffer.write(reply.encode("latin-1") + b"\n")
    sys.stdout.buffer.flush()
