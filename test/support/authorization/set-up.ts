/** An MCP server, the authorization server it trusts, and what a user would give to reach it: built from one recipe. */
import {
  type AuthorizationServer,
  type AuthorizationServerOptions,
  startAuthorizationServer,
} from './authorization-server.js';
import type { LoginOptions } from './clients.js';
import type { Change } from './facade.js';
import { type OwnAuthorizationOptions, ownAuthorization } from './own-authorization.js';
import { type ProtectedServer, type ProtectedServerOptions, protectedServer } from './protected-server.js';

export interface Parts {
  server: ProtectedServer;
  authorizationServer: AuthorizationServer;
}

/** What a client is given besides the URL. `kept` is what it has from an earlier login. */
export interface Running extends LoginOptions, Parts {
  url: string;
  close(): Promise<void>;
}

export interface Recipe {
  authorization?: AuthorizationServerOptions;
  server?: Omit<ProtectedServerOptions, 'authorizationServer'>;
  /** The server is its own authorization server; `upstream`: a proxy before the real one. */
  own?: Omit<OwnAuthorizationOptions, 'upstream'> & { upstream?: boolean };
  /** Changes of the server, and of the authorization server: of what runs already. */
  onServer?: (parts: Parts) => Change[];
  onAuthorization?: (parts: Parts) => Change[];
  /** The last thing that happens before the server is shown: an earlier login, a token that is made, a registration that is lost. */
  login?: (parts: Parts) => LoginOptions | Promise<LoginOptions>;
}

export async function setUp(recipe: Recipe): Promise<Running> {
  const authorizationServer = await startAuthorizationServer(recipe.authorization);
  const { own } = recipe;
  const server = own
    ? await ownAuthorization({ ...own, upstream: own.upstream ? authorizationServer : undefined })
    : await protectedServer({ authorizationServer, ...recipe.server });
  const parts = { server, authorizationServer };
  const close = async () => {
    await server.close();
    await authorizationServer.close();
  };
  try {
    server.change(...(recipe.onServer?.(parts) ?? []));
    authorizationServer.change(...(recipe.onAuthorization?.(parts) ?? []));
    return { ...parts, url: server.url, ...(await recipe.login?.(parts)), close };
  } catch (error) {
    await close();
    throw error;
  }
}
