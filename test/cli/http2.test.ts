/** A server behind TLS that offers HTTP/2: judged in a process of its own, since Node.js reads a private CA only at its start. */
import { readFileSync } from 'node:fs';
import {
  createSecureServer,
  type Http2SecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
// @ts-expect-error a plain module without types
import { mcp } from '../servers/support/minimal-mcp.mjs';
import { cli } from '../support/cli.js';

const pem = (name: string) => fileURLToPath(new URL(`../servers/tls/${name}.pem`, import.meta.url));

let server: Http2SecureServer | undefined;
afterEach(() => new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve())));

/** The verdict on a server that answers over HTTP/1.1 as it should, and over HTTP/2 as `second` says. */
async function judged(second: (request: Http2ServerRequest, response: Http2ServerResponse) => void) {
  const handler = (request: Http2ServerRequest, response: Http2ServerResponse) =>
    request.httpVersionMajor === 2 ? second(request, response) : mcp(request, response);
  server = createSecureServer(
    { key: readFileSync(pem('key')), cert: readFileSync(pem('cert')), allowHTTP1: true },
    handler,
  );
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const { stdout } = await cli(['verify', '--format', 'json', `https://localhost:${port}/mcp`], {
    env: { NODE_EXTRA_CA_CERTS: pem('cert') },
  });
  return JSON.parse(stdout);
}

it('both versions do: healthy', async () => {
  const verdict = await judged((request, response) => mcp(request, response));
  expect(verdict.root).toBeNull();
  expect(verdict.status).toBe('healthy');
});

it('HTTP/2 ends in a protocol error: that is the root, and HTTP/1.1 keeps the server usable', async () => {
  const verdict = await judged((request) => request.stream.close(1));
  expect(verdict.root).toMatchObject({ id: 'http-http2-incompatible', certainty: 'certain' });
  expect(verdict.root.facts.how).toMatch(/PROTOCOL_ERROR/);
  expect(verdict.status).toBe('degraded');
});

it('HTTP/2 is answered with a refusal', async () => {
  const verdict = await judged((_request, response) => {
    response.writeHead(400, { 'content-type': 'text/plain' });
    response.end('request header "Connection" is not valid in HTTP/2');
  });
  expect(verdict.root).toMatchObject({ id: 'http-http2-incompatible', certainty: 'certain' });
  expect(verdict.root.facts.status).toBe(400);
});
