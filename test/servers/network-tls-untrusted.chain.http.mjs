// client sees: fetch failed (UNABLE_TO_VERIFY_LEAF_SIGNATURE)
// The same certificate, sent without what leads to its authority.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { mcp, serve } from './support/minimal-mcp.mjs';

const pem = (name) => readFileSync(new URL(`./tls/${name}.pem`, import.meta.url));
serve(
  mcp,
  (port) => `https://localhost:${port}/mcp`,
  createServer({ key: pem('key'), cert: pem('without-chain') }, mcp),
);
