/** The parts for testing OAuth hold what they promise: real clients of both SDKs log in and use the server. */
import { afterEach, describe, expect, it } from 'vitest';
import {
  type AuthorizationServerOptions,
  connectV1,
  connectV2,
  GUARDED_TOOL,
  type ProtectedServerOptions,
  protectedServer,
  startAuthorizationServer,
  TOOLS,
} from './authorization/index.js';

const started: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const part of started.splice(0).reverse()) await part.close();
});

/** A server and the authorization server it trusts. */
async function pair(
  authorization: AuthorizationServerOptions = {},
  server: Omit<ProtectedServerOptions, 'authorizationServer'> = {},
) {
  const authorizationServer = await startAuthorizationServer(authorization);
  started.push(authorizationServer);
  const guarded = await protectedServer({ authorizationServer, ...server });
  started.push(guarded);
  return { authorizationServer, server: guarded };
}

const CONNECT = { 'SDK v1': connectV1, 'SDK v2': connectV2 };

describe.each(Object.entries(CONNECT))('a client of %s', (_name, connect) => {
  it.each(['v1', 'v2', 'server-legacy'] as const)(
    'logs in, lists the tools of a server on %s, and asks for a scope more',
    async (sdk) => {
      const { server, authorizationServer } = await pair({}, { sdk });
      const client = await connect(server.url);
      started.push(client);
      expect(client.tools).toEqual(TOOLS);
      expect(await client.call('echo', { text: 'hello' })).toBe('hello');
      expect(await client.call(GUARDED_TOOL, { id: '7' })).toBe('Deleted 7');
      expect(server.requests.map(({ status }) => status)).toContain(403);
      expect(authorizationServer.errors).toEqual([]);
    },
  );
});
