// A sound MCP server behind OAuth with its authorization server beside it, on one origin, of which single steps can be changed.
import { createServer as createTcpServer } from 'node:net';
import { head, JSON_TYPE, serve, sound, whole } from './wire.mjs';

const ports = {};
const seen = [];
export const originOf = (name) => `http://127.0.0.1:${ports[name]}`;

/** Which step of the walk a request is. */
function stepOf({ method, path }) {
  const [at] = path.split('?');
  if (at === '/mcp') return 'mcp';
  if (at.startsWith('/.well-known/oauth-protected-resource')) return 'prm';
  if (at.includes('/.well-known/')) return 'as';
  if (at.startsWith('/register/')) return 'unregister';
  return { '/authorize': 'authorize', '/token': 'token', '/register': 'register', '/revoke': 'revoke' }[at] ?? method;
}

export const TOKEN = 'hostile-access-token';
export const answer = (status, value, ...lines) => {
  const body = typeof value === 'string' ? value : JSON.stringify(value);
  const text = whole(body, ...lines, ...(typeof value === 'string' ? [] : [JSON_TYPE]));
  return Buffer.concat([Buffer.from(`HTTP/1.1 ${status}`), text.subarray('HTTP/1.1 200 OK'.length)]);
};

export const queryOf = ({ path }) => new URLSearchParams(path.split('?')[1]);
const formOf = ({ text }) => new URLSearchParams(text);
export const challenge = (origin, more = '') =>
  `www-authenticate: Bearer resource_metadata="${origin}/.well-known/oauth-protected-resource/mcp"${more}`;

/** What every step says where nothing is wrong. */
export const DOCUMENTS = {
  prm: ({ origin }) => ({ resource: `${origin}/mcp`, authorization_servers: [origin], scopes_supported: ['read'] }),
  as: ({ origin }) => ({
    issuer: origin,
    authorization_endpoint: `${origin}/authorize`,
    token_endpoint: `${origin}/token`,
    registration_endpoint: `${origin}/register`,
    revocation_endpoint: `${origin}/revoke`,
    response_types_supported: ['code'],
    grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials'],
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: ['none', 'client_secret_basic'],
  }),
  register: ({ origin, request }) => ({
    ...JSON.parse(request.text),
    client_id: 'hostile-client',
    registration_client_uri: `${origin}/register/hostile-client`,
    registration_access_token: 'hostile-registration-token',
  }),
  token: () => ({
    access_token: TOKEN,
    token_type: 'Bearer',
    expires_in: 3_600,
    refresh_token: 'hostile-refresh-token',
  }),
};
export const backTo = ({ request, origin }, more = {}) => {
  const query = queryOf(request);
  const to = new URL(query.get('redirect_uri'));
  for (const [name, value] of Object.entries({ code: 'hostile-code', state: query.get('state'), iss: origin, ...more }))
    if (value !== undefined) to.searchParams.set(name, value);
  return to.href;
};
export const SOUND = {
  mcp: ({ socket, request, origin }) =>
    /^Bearer hostile-/.test(request.headers.authorization ?? '')
      ? sound(socket, request)
      : socket.write(answer('401 Unauthorized', {}, challenge(origin))),
  authorize: (c) => c.socket.write(answer('302 Found', '', `location: ${backTo(c)}`)),
  revoke: ({ socket }) => socket.write(answer('200 OK', '')),
  unregister: ({ socket }) => socket.write(head('204 No Content')),
  register: (c) => c.socket.write(answer('201 Created', DOCUMENTS.register(c))),
};
for (const name of ['prm', 'as', 'token']) SOUND[name] = (c) => c.socket.write(answer('200 OK', DOCUMENTS[name](c)));
const otherwise = ({ socket }) => socket.write(answer('404 Not Found', 'Not found', 'content-type: text/plain'));

/** Start them, print their ports, and end with whoever started us. `forget` is called whenever the recorder is read. */
export async function serveAll(servers, forget = () => {}) {
  for (const [name, changes] of Object.entries(servers)) {
    const server = createTcpServer((socket) =>
      serve((where, request) => {
        const { method, path, headers, text: body } = request;
        seen.push({ name, method, path, headers, body });
        const step = stepOf(request);
        const context = { socket: where, request, origin: originOf(name), form: formOf(request) };
        return (changes[step] ?? SOUND[step] ?? otherwise)(context);
      }, socket),
    );
    server.on('error', () => {});
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    ports[name] = server.address().port;
  }
  const recorder = createTcpServer((socket) =>
    serve((where) => {
      forget();
      where.write(whole(JSON.stringify(seen.splice(0)), JSON_TYPE));
    }, socket),
  );
  await new Promise((resolve) => recorder.listen(0, '127.0.0.1', resolve));
  ports.recorder = recorder.address().port;
  process.on('disconnect', () => process.exit());
  process.stdout.write(`${JSON.stringify(ports)}\n`);
}
