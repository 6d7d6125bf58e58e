# client sees: MCP error -32000: Connection closed
# An OAuth callback listener on a port that is taken.
import socket

holder = socket.socket()
holder.bind(("127.0.0.1", 0))
holder.listen()
socket.create_server(holder.getsockname())
