// A healthy MCP server behind OAuth, as small as it can be, with its authorization server beside it under /login. Nobody can sign in there:
// what these servers are for shows before. Each of them changes one thing.
import { mcp, send, serve } from './minimal-mcp.mjs';

const JSON_TYPE = 'application/json';

/** The document of RFC 9728. */
export const resourceOf = (origin) => ({ resource: `${origin}/mcp`, authorization_servers: [`${origin}/login`] });

/** The document of RFC 8414. */
export const serverOf = (origin) => ({
  issuer: `${origin}/login`,
  authorization_endpoint: `${origin}/login/authorize`,
  token_endpoint: `${origin}/login/token`,
  registration_endpoint: `${origin}/login/register`,
  response_types_supported: ['code'],
  grant_types_supported: ['authorization_code', 'refresh_token'],
  token_endpoint_auth_methods_supported: ['none'],
  code_challenge_methods_supported: ['S256'],
});

const RESOURCE = '/.well-known/oauth-protected-resource/mcp';
const SERVER = '/.well-known/oauth-authorization-server/login';

/**
 * `resource` and `server` give the documents for an origin, `serverAt` the path of the second; `challenge` what the 401 says. `other`
 * answers what is not found.
 */
export function serveProtected({
  resource = resourceOf,
  server = serverOf,
  serverAt = SERVER,
  challenge = (origin) => `Bearer resource_metadata="${origin}${RESOURCE}"`,
  other = (response) => send(response, 404, JSON_TYPE, { error: 'not_found' }),
}) {
  serve(
    (request, response) => {
      const origin = `http://${request.headers.host}`;
      const { pathname } = new URL(request.url, origin);
      if (pathname === RESOURCE && resource) return send(response, 200, JSON_TYPE, resource(origin));
      if (pathname === serverAt && server) return send(response, 200, JSON_TYPE, server(origin));
      if (pathname !== '/mcp') return other(response);
      if (request.headers.authorization === 'Bearer secret') return mcp(request, response);
      send(
        response,
        401,
        JSON_TYPE,
        { error: 'invalid_token', error_description: 'Missing Authorization header' },
        { 'www-authenticate': challenge(origin) },
      );
    },
    (port) => `http://127.0.0.1:${port}/mcp`,
  );
}
