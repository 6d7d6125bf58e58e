# client sees: MCP error -32000: Connection closed
# The server itself is sound; its stdin is not the client's.
exec python3 -c '
import sys, time
time.sleep(0.15)
for line in sys.stdin:
    pass
print("EOF on stdin before initialize, shutting down", file=sys.stderr)
' < /dev/null
