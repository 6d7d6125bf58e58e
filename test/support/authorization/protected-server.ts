/** Real MCP servers behind the authorization server: on SDK v1, on SDK v2, and on the authorization helpers kept for old servers. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import * as v2express from '@modelcontextprotocol/express';
import { NodeStreamableHTTPServerTransport } from '@modelcontextprotocol/node';
import { InvalidTokenError } from '@modelcontextprotocol/sdk/server/auth/errors.js';
import * as v1bearer from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js';
import * as v1router from '@modelcontextprotocol/sdk/server/auth/router.js';
import * as v1express from '@modelcontextprotocol/sdk/server/express.js';
import { McpServer as McpServerV1 } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { OAuthMetadata } from '@modelcontextprotocol/sdk/shared/auth.js';
import { isInitializeRequest } from '@modelcontextprotocol/sdk/types.js';
import { McpServer as McpServerV2, OAuthError, OAuthErrorCode } from '@modelcontextprotocol/server';
import * as legacy from '@modelcontextprotocol/server-legacy/auth';
import { z } from 'zod';
import type { AuthorizationServer } from './authorization-server.js';
import { type Change, type Exchange, startFacade } from './facade.js';
import { type Accepted, type Accepts, introspectionVerifier, jwtVerifier } from './tokens.js';

export type Sdk = 'v1' | 'v2' | 'server-legacy';

export interface ProtectedServerOptions {
  authorizationServer: AuthorizationServer;
  /** Default: v1. */
  sdk?: Sdk;
  /** Path of the endpoint. Default: `/mcp`. */
  path?: string;
  /** How it verifies a token. Default: JWT by the keys of the authorization server. */
  verifies?: 'jwt' | 'introspection';
  /** What it accepts that it should not, or another audience than its own URL. */
  accepts?: Accepts;
  /** The SDKs repeat the metadata of the authorization server at the root of this server, for clients of 2025-03-26. Default: true. */
  repeatsMetadata?: boolean;
  /** Whether the authorization server knows it, where that issues tokens for `registered` resources alone. Default: true. */
  known?: boolean;
  /** The scopes that every request needs. Default: `mcp:read`. */
  requires?: string[];
  /** Methods that it answers without a token. */
  open?: string[];
  /** It repeats a token that it refuses. */
  echoes?: boolean;
  /** It takes a token from the query, too. */
  query?: boolean;
  changes?: Change[];
}

export interface ProtectedServer {
  url: string;
  origin: string;
  /** Where its metadata is. */
  metadataUrl: string;
  requests: Exchange[];
  change(...changes: Change[]): void;
  close(): Promise<void>;
}

/** What is used of an express application, whose types are not installed. */
export interface App extends RequestListener {
  use(...all: unknown[]): void;
  all(path: string, ...all: unknown[]): void;
}
export type Request = IncomingMessage & { body?: unknown; auth?: Accepted };
export type Response = ServerResponse & { status(code: number): Response; json(value: unknown): void };
export type Middleware = (request: Request, response: Response, next: () => void) => void;

/** The tool for which a token needs a scope more. */
export const GUARDED_TOOL = 'delete_note';
export const TOOLS = ['echo', 'add', GUARDED_TOOL];
export const READ = 'mcp:read';
export const WRITE = 'mcp:write';

const text = (words: string) => ({ content: [{ type: 'text' as const, text: words }] });

export function serverV1(): McpServerV1 {
  const server = new McpServerV1({ name: 'protected-v1', version: '1.0.0' });
  server.registerTool(
    'echo',
    { description: 'Gives back its text', inputSchema: { text: z.string() } },
    async ({ text: words }) => text(words),
  );
  server.registerTool(
    'add',
    { description: 'Adds two numbers', inputSchema: { a: z.number(), b: z.number() } },
    async ({ a, b }) => text(String(a + b)),
  );
  server.registerTool(
    GUARDED_TOOL,
    { description: 'Deletes a note; needs mcp:write', inputSchema: { id: z.string() } },
    async ({ id }) => text(`Deleted ${id}`),
  );
  return server;
}

function serverV2(): McpServerV2 {
  const server = new McpServerV2({ name: 'protected-v2', version: '1.0.0' });
  server.registerTool(
    'echo',
    { description: 'Gives back its text', inputSchema: z.object({ text: z.string() }) },
    async ({ text: words }) => text(words),
  );
  server.registerTool(
    'add',
    { description: 'Adds two numbers', inputSchema: z.object({ a: z.number(), b: z.number() }) },
    async ({ a, b }) => text(String(a + b)),
  );
  server.registerTool(
    GUARDED_TOOL,
    { description: 'Deletes a note; needs mcp:write', inputSchema: z.object({ id: z.string() }) },
    async ({ id }) => text(`Deleted ${id}`),
  );
  return server;
}

interface Transport {
  handleRequest(request: IncomingMessage, response: ServerResponse, body?: unknown): Promise<void>;
}
type Sessions = Map<string, Transport>;

const connectV1 = async (sessions: Sessions): Promise<Transport> => {
  const transport: StreamableHTTPServerTransport = new StreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (id) => void sessions.set(id, transport),
    onsessionclosed: (id) => void sessions.delete(id),
  });
  await serverV1().connect(transport);
  return transport;
};

const connectV2 = async (sessions: Sessions): Promise<Transport> => {
  const transport: NodeStreamableHTTPServerTransport = new NodeStreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (id) => void sessions.set(id, transport),
    onsessionclosed: (id) => void sessions.delete(id),
  });
  await serverV2().connect(transport);
  return transport;
};

/** The endpoint with sessions, as the documentation of both SDKs shows it. */
export function endpoint(sdk: Sdk): (request: Request, response: Response) => Promise<void> {
  const sessions: Sessions = new Map();
  return async (request, response) => {
    const id = request.headers['mcp-session-id'];
    const known = typeof id === 'string' ? sessions.get(id) : undefined;
    if (known) return known.handleRequest(request, response, request.body);
    if (id === undefined && isInitializeRequest(request.body)) {
      const transport = await (sdk === 'v1' ? connectV1 : connectV2)(sessions);
      return transport.handleRequest(request, response, request.body);
    }
    const message = id === undefined ? 'Bad Request: Mcp-Session-Id header is required' : 'Session not found';
    response.status(id === undefined ? 400 : 404).json({ jsonrpc: '2.0', error: { code: -32000, message }, id: null });
  };
}

/** Calls of the guarded tool go through `guard` as well. */
export const guarding =
  (guard: Middleware): Middleware =>
  (request, response, next) => {
    const { method, params } = (request.body ?? {}) as { method?: string; params?: { name?: string } };
    if (method === 'tools/call' && params?.name === GUARDED_TOOL) guard(request, response, next);
    else next();
  };

/** All but these methods go through `guard`. */
const except =
  (methods: string[], guard: Middleware): Middleware =>
  (request, response, next) => {
    const { method = '' } = (request.body ?? {}) as { method?: string };
    if (methods.includes(method)) next();
    else guard(request, response, next);
  };

const fromQuery: Middleware = (request, _response, next) => {
  const token = new URL(request.url ?? '/', 'http://127.0.0.1').searchParams.get('access_token');
  if (token && !request.headers.authorization) request.headers.authorization = `Bearer ${token}`;
  next();
};

/** What differs between the helpers: their names are the same, their error for a bad token is not. */
const HELPERS = {
  v1: {
    app: () => v1express.createMcpExpressApp(),
    bearer: v1bearer.requireBearerAuth,
    router: v1router.mcpAuthMetadataRouter,
    invalid: (why: string) => new InvalidTokenError(why),
  },
  v2: {
    app: () => v2express.createMcpExpressApp(),
    bearer: v2express.requireBearerAuth,
    router: v2express.mcpAuthMetadataRouter,
    invalid: (why: string) => new OAuthError(OAuthErrorCode.InvalidToken, why),
  },
  'server-legacy': {
    app: () => v2express.createMcpExpressApp(),
    bearer: legacy.requireBearerAuth,
    router: legacy.mcpAuthMetadataRouter,
    invalid: (why: string) => new legacy.InvalidTokenError(why),
  },
};

/** The same server of SDK v1 with nobody before it. */
export function openServer(path = '/mcp'): App {
  const app = HELPERS.v1.app() as App;
  app.all(path, endpoint('v1'));
  return app;
}

export async function protectedServer(options: ProtectedServerOptions): Promise<ProtectedServer> {
  const { authorizationServer, sdk = 'v1', path = '/mcp', verifies = 'jwt', repeatsMetadata = true } = options;
  const { requires: always = [READ] } = options;
  const facade = await startFacade(options.changes);
  const url = `${facade.origin}${path}`;
  const resourceServerUrl = new URL(url);
  const { app: create, bearer, router, invalid } = HELPERS[sdk];
  const metadataUrl = v1router.getOAuthProtectedResourceMetadataUrl(resourceServerUrl);
  if (options.known ?? true) authorizationServer.protects(url);

  const verify = (verifies === 'jwt' ? jwtVerifier : introspectionVerifier)(authorizationServer, url, options.accepts);
  const verifier = {
    verifyAccessToken: async (token: string) => {
      try {
        return await verify(token);
      } catch (error) {
        throw invalid(options.echoes ? `Not accepted: ${token}` : (error as Error).message);
      }
    },
  };
  const requires = (requiredScopes: string[]) =>
    bearer({ verifier, requiredScopes, resourceMetadataUrl: metadataUrl }) as Middleware;

  const app = create() as App;
  const oauthMetadata = (await authorizationServer.metadata()) as OAuthMetadata;
  app.use(router({ oauthMetadata, resourceServerUrl, scopesSupported: [READ], resourceName: 'Notes' }));
  if (options.query) app.use(path, fromQuery);
  app.use(path, except(options.open ?? [], requires(always)), guarding(requires([READ, WRITE])));
  app.all(path, endpoint(sdk));
  await facade.stand(app);
  if (!repeatsMetadata)
    facade.change({
      says: 'the metadata of the authorization server is only there',
      when: (asked) => asked.path.startsWith('/.well-known/oauth-authorization-server'),
      answer: () => ({ status: 404, headers: { 'content-type': 'text/plain' }, body: 'Not found' }),
    });
  return {
    url,
    origin: facade.origin,
    metadataUrl,
    requests: facade.requests,
    change: facade.change,
    close: facade.close,
  };
}
