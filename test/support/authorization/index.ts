/**
 * Real parts for testing OAuth: a certified authorization server, real MCP servers behind it, real clients, and a person who signs in.
 *
 * ```ts
 * const authorizationServer = await startAuthorizationServer();           // JWT, open registration, PKCE required
 * const server = await protectedServer({ authorizationServer });          // SDK v1, verifies by the keys of the server
 * server.url                                                              // give it to whatever is tested
 *
 * const back = await signIn(authorizationUrl);                            // the redirect to the callback, with code, state and iss
 * const client = await connectV1(server.url);                             // or all of it, as a client of SDK v1 does
 * client.tools                                                            // echo, add, delete_note (which needs mcp:write)
 *
 * await authorizationServer.mint({ audience: server.url, expiresIn: -60 }); // a token that has expired
 * authorizationServer.requests                                              // all it was asked: did `resource` arrive?
 *
 * // What is wrong is one change of what works:
 * server.change(noChallenge);                                             // see changes.ts, and the table in test/parts/authorization.ts
 *
 * await Promise.all([server.close(), authorizationServer.close()]);
 * ```
 */
export {
  type AuthorizationServer,
  type AuthorizationServerOptions,
  startAuthorizationServer,
} from './authorization-server.js';
export * from './changes.js';
export { CALLBACK, connectV1, connectV2, type LoginOptions } from './clients.js';
export { type Answer, type Change, html, json } from './facade.js';
export {
  GUARDED_TOOL,
  openServer,
  type ProtectedServer,
  type ProtectedServerOptions,
  protectedServer,
  TOOLS,
} from './protected-server.js';
export * from './registered-clients.js';
export { type Parts, type Recipe, type Running, setUp } from './set-up.js';
export { ALICE, signIn } from './sign-in.js';
export type { Mint } from './tokens.js';
export { verified } from './verified.js';
