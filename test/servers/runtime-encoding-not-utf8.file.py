# client sees: MCP error -32000: Connection closed
import pathlib, tempfile

file = pathlib.Path(tempfile.mkdtemp()) / "notes.md"
file.write_bytes("Müller".encode("cp1252"))
file.read_text(encoding="utf-8")
