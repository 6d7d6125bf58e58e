# client sees: MCP error -32001: Request timed out
import http.server
import os
import sys
import threading

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
print(f"INFO:     Started server process [{os.getpid()}]", file=sys.stderr)
print(f"INFO:     Uvicorn running on http://127.0.0.1:{server.server_port} (Press CTRL+C to quit)", file=sys.stderr)
sys.stderr.flush()
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
