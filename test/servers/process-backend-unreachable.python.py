# client sees: MCP error -32000: Connection closed
# A database driver that connects at import.
import socket

probe = socket.socket()
probe.bind(("127.0.0.1", 0))
host, port = probe.getsockname()
probe.close()
try:
    socket.create_connection((host, port), timeout=1)
except OSError as error:
    raise SystemExit(f'OperationalError: connection to server at "{host}", port {port} failed: {error}')
