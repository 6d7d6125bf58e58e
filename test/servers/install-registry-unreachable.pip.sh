# client sees: MCP error -32000: Connection closed
python3 -m pip --isolated download --quiet --retries 1 --no-deps --dest /tmp \
  --index-url http://127.0.0.1:9/simple/ some-mcp-server && exec python3 -m some_mcp_server
