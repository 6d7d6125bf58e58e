// client sees: MCP error -32000: Connection closed
// A required key is read at start; the entry does not set it.
const key = process.env.WEATHER_API_KEY;
if (!key) {
  console.error('Error: WEATHER_API_KEY environment variable is required');
  process.exit(1);
}
