# client sees: MCP error -32000: Connection closed
from mcp_verdict_no_such_package import FastMCP

FastMCP("some-server").run()
