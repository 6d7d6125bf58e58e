// client sees: SSE error: Non-200 status code (405)
// The entry asks for SSE, the server speaks Streamable HTTP only.
import { mcp, serve } from './support/minimal-mcp.mjs';

serve(mcp, (port) => `http://127.0.0.1:${port}/mcp sse`);
