# client sees: MCP error -32000: Connection closed
# A library for a 32-bit machine: the header says so.
import ctypes
import os
import struct
import sys
import tempfile

with tempfile.TemporaryDirectory(prefix="mcp-verdict-") as folder:
    path = os.path.join(folder, "libnative.so")
    with open(path, "wb") as file:
        file.write(b"\x7fELF\x01\x01\x01" + bytes(9) + struct.pack("<HH", 3, 40) + bytes(4076))
    ctypes.CDLL(path)
sys.stdin.read()
