/** A sound MCP server without any SDK, which the targets break in one place each. */
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';

const REVISIONS = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'];
const FORECAST = {
  name: 'forecast',
  description: 'The weather of tomorrow in one place.',
  inputSchema: {
    type: 'object',
    properties: { place: { type: 'string', description: 'Name of the place' } },
    required: ['place'],
    additionalProperties: false,
  },
};

const METHODS = {
  initialize: ({ protocolVersion }) => ({
    protocolVersion: REVISIONS.includes(protocolVersion) ? protocolVersion : REVISIONS[0],
    capabilities: { tools: {} },
    serverInfo: { name: 'weather', version: '1.0.0' },
  }),
  ping: () => ({}),
  'tools/list': () => ({ tools: [FORECAST] }),
};

/** The answer to a message, or undefined where none is due. */
export function answer({ id, method, params }, methods = METHODS) {
  if (id === undefined || method === undefined) return undefined;
  const found = methods[method];
  if (!found) return { jsonrpc: '2.0', id, error: { code: -32601, message: `Method not found: ${method}` } };
  return { jsonrpc: '2.0', id, result: found(params ?? {}) };
}

/** Serve stdin and stdout; `changed` replaces single methods. */
export function serveStdio(changed = {}) {
  const methods = { ...METHODS, ...changed };
  createInterface({ input: process.stdin }).on('line', (line) => {
    const reply = answer(JSON.parse(line), methods);
    if (reply) process.stdout.write(`${JSON.stringify(reply)}\n`);
  });
}

/** The JSON body of a request. */
export async function read(request) {
  let text = '';
  for await (const chunk of request) text += chunk;
  return JSON.parse(text);
}

/** One request to a Streamable HTTP endpoint without sessions. */
export async function serveHttp(request, response) {
  const { origin } = request.headers;
  const foreign = origin !== undefined && new URL(origin).host !== request.headers.host;
  if (foreign || request.method !== 'POST') {
    request.resume();
    return response.writeHead(foreign ? 403 : 405, { allow: 'POST' }).end();
  }
  const reply = answer(await read(request));
  if (!reply) return response.writeHead(202).end();
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(reply));
}

/** Listen on a free port, say where on stdout, end with SIGTERM. */
export function listen(path, handle) {
  const server = createServer(handle);
  server.listen(0, '127.0.0.1', () => console.log(`LISTENING http://127.0.0.1:${server.address().port}${path}`));
  process.on('SIGTERM', () => process.exit(0));
}
