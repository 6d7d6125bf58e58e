// client sees: fetch failed (ERR_SSL_WRONG_VERSION_NUMBER)
// A healthy server without TLS, and https in the URL.
import { mcp, serve } from './support/minimal-mcp.mjs';

serve(mcp, (port) => `https://127.0.0.1:${port}/mcp`);
