# client sees: MCP error -32000: Connection closed
# Two copies on one SQLite file: the first (here in the same process) has it for itself.
import os
import sqlite3
import tempfile

with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "notes.db")
    first = sqlite3.connect(path)
    first.execute("BEGIN EXCLUSIVE")
    sqlite3.connect(path, timeout=0).execute("BEGIN EXCLUSIVE")
