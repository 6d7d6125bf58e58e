/**
 * MCP servers that are their own authorization server, as 2025-03-26 wanted it and the SDKs' routers still build it: with the SDK's own
 * example of a provider (which asks nobody to sign in), or as a proxy before the real authorization server.
 */
import { DemoInMemoryAuthProvider } from '@modelcontextprotocol/sdk/examples/server/demoInMemoryOAuthProvider.js';
import { InvalidTokenError } from '@modelcontextprotocol/sdk/server/auth/errors.js';
import * as v1bearer from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js';
import type { OAuthServerProvider } from '@modelcontextprotocol/sdk/server/auth/provider.js';
import { ProxyOAuthServerProvider } from '@modelcontextprotocol/sdk/server/auth/providers/proxyProvider.js';
import * as v1router from '@modelcontextprotocol/sdk/server/auth/router.js';
import * as v1express from '@modelcontextprotocol/sdk/server/express.js';
import type { OAuthClientInformationFull } from '@modelcontextprotocol/sdk/shared/auth.js';
import * as legacy from '@modelcontextprotocol/server-legacy/auth';
import type { AuthorizationServer } from './authorization-server.js';
import { notFound } from './changes.js';
import { type Change, startFacade } from './facade.js';
import {
  type App,
  endpoint,
  guarding,
  type Middleware,
  type ProtectedServer,
  READ,
  WRITE,
} from './protected-server.js';
import { jwtVerifier } from './tokens.js';

export interface OwnAuthorizationOptions {
  /** Whose router. Default: v1. */
  sdk?: 'v1' | 'server-legacy';
  /** The real authorization server behind it; without one the SDK's example gives tokens to everybody. */
  upstream?: AuthorizationServer;
  /** Default: the server describes itself as a protected resource too, as later revisions want it. */
  resourceMetadata?: boolean;
  /** Without: clients have to know /authorize, /token and /register by themselves (2025-03-26). Default: true. */
  metadata?: boolean;
  changes?: Change[];
}

async function proxyOf(upstream: AuthorizationServer, url: string): Promise<OAuthServerProvider> {
  const metadata = await upstream.metadata();
  const verify = jwtVerifier(upstream, url);
  return new ProxyOAuthServerProvider({
    endpoints: {
      authorizationUrl: String(metadata.authorization_endpoint),
      tokenUrl: String(metadata.token_endpoint),
      revocationUrl: String(metadata.revocation_endpoint),
      registrationUrl: String(metadata.registration_endpoint),
    },
    verifyAccessToken: verify,
    getClient: (id) => upstream.client(id) as Promise<OAuthClientInformationFull | undefined>,
  });
}

export async function ownAuthorization(options: OwnAuthorizationOptions = {}): Promise<ProtectedServer> {
  const { sdk = 'v1', upstream, resourceMetadata = true, metadata = true } = options;
  const facade = await startFacade(options.changes);
  const url = `${facade.origin}/mcp`;
  const metadataUrl = v1router.getOAuthProtectedResourceMetadataUrl(new URL(url));
  upstream?.protects(url);
  const provider = upstream ? await proxyOf(upstream, url) : new DemoInMemoryAuthProvider();
  const verifier = {
    // The example throws errors that its own middleware takes for failures of the server.
    verifyAccessToken: (token: string) =>
      provider.verifyAccessToken(token).catch((error: Error) => {
        throw sdk === 'v1' ? new InvalidTokenError(error.message) : new legacy.InvalidTokenError(error.message);
      }),
  };
  const requires = (...requiredScopes: string[]) =>
    (sdk === 'v1' ? v1bearer : legacy).requireBearerAuth({
      verifier,
      requiredScopes,
      ...(resourceMetadata && { resourceMetadataUrl: metadataUrl }),
    }) as Middleware;
  const router = sdk === 'v1' ? v1router.mcpAuthRouter : legacy.mcpAuthRouter;

  const app = v1express.createMcpExpressApp() as App;
  app.use(
    router({
      provider,
      issuerUrl: new URL(facade.origin),
      resourceServerUrl: new URL(url),
      scopesSupported: [READ, WRITE],
      resourceName: 'Notes',
    }),
  );
  app.use('/mcp', requires(READ), guarding(requires(READ, WRITE)));
  app.all('/mcp', endpoint('v1'));
  await facade.stand(app);
  const hidden = [
    ...(resourceMetadata ? [] : ['/.well-known/oauth-protected-resource']),
    ...(metadata ? [] : ['/.well-known/oauth-authorization-server']),
  ];
  facade.change(
    ...hidden.map((start) => ({
      says: `nothing is at ${start}`,
      when: ({ path }: { path: string }) => path.startsWith(start),
      answer: notFound,
    })),
  );
  return {
    url,
    origin: facade.origin,
    metadataUrl,
    requests: facade.requests,
    change: facade.change,
    close: facade.close,
  };
}
