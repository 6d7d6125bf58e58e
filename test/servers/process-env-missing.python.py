# client sees: MCP error -32000: Connection closed
# A variable is read without a default.
import os

TOKEN = os.environ["NOTION_API_TOKEN"]
