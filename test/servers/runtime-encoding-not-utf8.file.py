# client sees: MCP error -32000: Connection closed
import pathlib, tempfile

with tempfile.TemporaryDirectory(prefix="mcp-verdict-") as folder:
    file = pathlib.Path(folder) / "notes.md"
    file.write_bytes("Müller".encode("cp1252"))
    file.read_text(encoding="utf-8")
