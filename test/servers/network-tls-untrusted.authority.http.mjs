// client sees: fetch failed (SELF_SIGNED_CERT_IN_CHAIN)
// A healthy server with a certificate of a private authority, sent with its chain.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { mcp, serve } from './support/minimal-mcp.mjs';

const pem = (name) => readFileSync(new URL(`./tls/${name}.pem`, import.meta.url));
serve(
  mcp,
  (port) => `https://localhost:${port}/mcp`,
  createServer({ key: pem('key'), cert: pem('private-authority') }, mcp),
);
