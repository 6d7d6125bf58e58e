// client sees: fetch failed (DEPTH_ZERO_SELF_SIGNED_CERT)
// A healthy server behind a certificate that it signed itself.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { mcp, serve } from './support/minimal-mcp.mjs';

const pem = (name) => readFileSync(new URL(`./tls/${name}.pem`, import.meta.url));
serve(mcp, (port) => `https://localhost:${port}/mcp`, createServer({ key: pem('key'), cert: pem('cert') }, mcp));
