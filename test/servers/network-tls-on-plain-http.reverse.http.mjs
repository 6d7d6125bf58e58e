// client sees: fetch failed (UND_ERR_SOCKET)
// The other way round: a server with TLS, and a URL with http.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { mcp, serve } from './support/minimal-mcp.mjs';

const pem = (name) => readFileSync(new URL(`./tls/${name}.pem`, import.meta.url));
serve(mcp, (port) => `http://127.0.0.1:${port}/mcp`, createServer({ key: pem('key'), cert: pem('cert') }, mcp));
