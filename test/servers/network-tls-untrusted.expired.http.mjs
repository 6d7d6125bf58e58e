// client sees: fetch failed (CERT_HAS_EXPIRED)
// A healthy server whose certificate ran out.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { mcp, serve } from './support/minimal-mcp.mjs';

const pem = (name) => readFileSync(new URL(`./tls/${name}.pem`, import.meta.url));
serve(mcp, (port) => `https://localhost:${port}/mcp`, createServer({ key: pem('key'), cert: pem('expired') }, mcp));
