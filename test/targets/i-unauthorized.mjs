// (i) 401 with WWW-Authenticate and resource_metadata; the metadata of the resource and of its authorization server exist.
import { listen } from './sound.mjs';

listen('/mcp', (request, response) => {
  request.resume();
  const origin = `http://${request.headers.host}`;
  const json = (value) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
  const { pathname } = new URL(request.url, origin);
  if (pathname.startsWith('/.well-known/oauth-protected-resource'))
    return json({ resource: `${origin}/mcp`, authorization_servers: [origin] });
  if (/^\/\.well-known\/(?:oauth-authorization-server|openid-configuration)/.test(pathname))
    return json({
      issuer: origin,
      authorization_endpoint: `${origin}/authorize`,
      token_endpoint: `${origin}/token`,
      registration_endpoint: `${origin}/register`,
      response_types_supported: ['code'],
      grant_types_supported: ['authorization_code', 'refresh_token'],
      code_challenge_methods_supported: ['S256'],
    });
  if (pathname !== '/mcp') return response.writeHead(404).end();
  const challenge = `Bearer resource_metadata="${origin}/.well-known/oauth-protected-resource/mcp"`;
  response
    .writeHead(401, { 'www-authenticate': challenge, 'content-type': 'application/json' })
    .end('{"error":"Unauthorized"}');
});
