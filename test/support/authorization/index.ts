/**
 * Real parts for testing OAuth: a certified authorization server, real MCP servers behind it, real clients, and a person who signs in.
 *
 * ```ts
 * const authorizationServer = await startAuthorizationServer();           // JWT, open registration, PKCE required
 * const server = await protectedServer({ authorizationServer });          // SDK v1, verifies by the keys of the server
 * server.url                                                              // give it to whatever is tested
 *
 * const back = await signIn(authorizationUrl);                            // the redirect to the callback, with code, state and iss
 * const client = await connectV1(server.url);                             // or do it all, as an SDK client
 * client.tools                                                            // echo, add, delete_note (which needs mcp:write)
 *
 * await authorizationServer.mint({ audience: server.url, expiresIn: -60 }); // a token that has expired
 * authorizationServer.requests                                              // all it was asked: did `resource` arrive?
 *
 * // What is wrong is one change of what works:
 * server.change({ says: 'no challenge', when: ({ path }) => path === '/mcp', edit: withoutHeader('www-authenticate') });
 *
 * await Promise.all([server.close(), authorizationServer.close()]);
 * ```
 */
export {
  type AuthorizationServer,
  type AuthorizationServerOptions,
  type RegisteredClient,
  SCOPES,
  startAuthorizationServer,
  type WellKnown,
} from './authorization-server.js';
export * from './changes.js';
export { CALLBACK, connectV1, connectV2, type Kept, type LoggedIn, type LoginOptions } from './clients.js';
export {
  type Answer,
  type Asked,
  type Change,
  type Exchange,
  editJson,
  html,
  json,
  startFacade,
  withoutHeader,
} from './facade.js';
export type { Account } from './interaction.js';
export { type OwnAuthorizationOptions, ownAuthorization } from './own-authorization.js';
export {
  GUARDED_TOOL,
  type ProtectedServer,
  type ProtectedServerOptions,
  protectedServer,
  type Sdk,
  TOOLS,
} from './protected-server.js';
export * from './registered-clients.js';
export { type Parts, type Recipe, type Running, setUp } from './set-up.js';
export { ALICE, type SignInOptions, signIn } from './sign-in.js';
export type { Accepts, Mint } from './tokens.js';
export { personAt, verified } from './verified.js';
