// A healthy MCP server over Streamable HTTP, as small as it can be, and the way fault servers start: one line on stdout.
import { createServer } from 'node:http';

const REVISIONS = ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'];
const TOOLS = [
  {
    name: 'echo',
    description: 'Gives back its text',
    inputSchema: { type: 'object', properties: { text: { type: 'string' } } },
  },
];

const RESULTS = {
  initialize: ({ protocolVersion }) => ({
    protocolVersion: REVISIONS.includes(protocolVersion) ? protocolVersion : '2025-11-25',
    capabilities: { tools: {} },
    serverInfo: { name: 'minimal', version: '1.0.0' },
  }),
  ping: () => ({}),
  'tools/list': () => ({ tools: TOOLS }),
};

/** The answer to one message as a JSON-RPC response, or null for a notification. */
export function reply({ id, method, params = {} }) {
  if (id === undefined) return null;
  const result = RESULTS[method]?.(params);
  return result
    ? { jsonrpc: '2.0', id, result }
    : { jsonrpc: '2.0', id, error: { code: -32601, message: `Method not found: ${method}` } };
}

export async function read(request) {
  let body = '';
  for await (const chunk of request) body += chunk;
  return body;
}

export function send(response, status, type, body, headers = {}) {
  response
    .writeHead(status, { 'content-type': type, ...headers })
    .end(typeof body === 'string' ? body : JSON.stringify(body));
}

/** Answer a request as a healthy stateless server does. */
export async function mcp(request, response) {
  if (request.method !== 'POST')
    return send(
      response,
      405,
      'application/json',
      { jsonrpc: '2.0', error: { code: -32000, message: 'Method not allowed.' }, id: null },
      { allow: 'POST' },
    );
  let message;
  try {
    message = JSON.parse(await read(request));
  } catch {
    return send(response, 400, 'application/json', {
      jsonrpc: '2.0',
      error: { code: -32700, message: 'Parse error' },
      id: null,
    });
  }
  const answer = reply(message);
  if (answer === null) return response.writeHead(202).end();
  send(response, answer.error ? 404 : 200, 'application/json', answer);
}

/** Listen on loopback, say where, and end on SIGTERM. `urlOf` turns the port into the URL that the user has configured. */
export function serve(handler, urlOf, server = createServer(handler)) {
  server.listen(0, '127.0.0.1', () => process.stdout.write(`LISTENING ${urlOf(server.address().port)}\n`));
  process.on('SIGTERM', () => process.exit(0));
}
