# A bridge that reads the server behind it with the default limit of asyncio, 64 KiB in a line.
# client sees: MCP error -32000: Connection closed
import asyncio
import sys

SERVER = r"""
import json, sys
for line in sys.stdin:
    message = json.loads(line)
    if message.get("method") == "initialize":
        result = {"protocolVersion": "2025-11-25", "capabilities": {}, "instructions": "x" * 100000,
                  "serverInfo": {"name": "notes", "version": "1.0.0"}}
        print(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}), flush=True)
"""


async def main():
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SERVER, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    server.stdin.write(sys.stdin.buffer.readline())
    await server.stdin.drain()
    try:
        sys.stdout.buffer.write(await server.stdout.readline())
        sys.stdout.buffer.flush()
    finally:
        server.kill()
        await server.wait()


asyncio.run(main())
