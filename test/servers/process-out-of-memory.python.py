# client sees: MCP error -32000: Connection closed
# A model is loaded into less memory than it needs.
import resource

resource.setrlimit(resource.RLIMIT_AS, (256 << 20, 256 << 20))
model = bytearray(1 << 30)
