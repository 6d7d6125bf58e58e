# client sees: MCP error -32000: Connection closed
# A start script that insists on its variables.
set -u
exec node server.js --token "$LINEAR_API_TOKEN"
