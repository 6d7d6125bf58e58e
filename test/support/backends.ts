/** Real MCP servers behind a URL: of both SDKs, published ones, and the two gateways that put a stdio server on HTTP. */
import { fileURLToPath } from 'node:url';
import { freePort, type Part, startPart } from './part.js';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const EVERYTHING = here('../../node_modules/@modelcontextprotocol/server-everything/dist/index.js');
const MEMORY = here('../../node_modules/@modelcontextprotocol/server-memory/dist/index.js');
const SMALL = here('../servers/support/minimal-stdio.mjs');
const SUPERGATEWAY = here('../../node_modules/supergateway/dist/index.js');
const MCP_PROXY = here('../../node_modules/mcp-proxy/dist/bin/mcp-proxy.mjs');

interface Recipe {
  args: (port: number) => string[];
  env?: Record<string, string>;
  path: '/mcp' | '/sse';
}

const own = (file: string, path: Recipe['path'] = '/mcp'): Recipe => ({
  args: () => [here(`../healthy/${file}`)],
  path,
});

const gateway = (server: string, to: string, port: number): string[] => [
  ...[SUPERGATEWAY, '--stdio', `node ${server}`, '--outputTransport', to],
  ...['--port', String(port), '--healthEndpoint', '/healthz'],
];

const RECIPES = {
  'v1 express': own('v1-express.mjs'),
  'v1 node': own('v1-http.mjs'),
  'v1 SSE': own('v1-sse.mjs', '/sse'),
  'v2 express': own('v2-express.mjs'),
  'v2 hono': own('v2-hono.mjs'),
  'v2 node': own('v2-http.mjs'),
  'server-everything streamableHttp': { args: () => [EVERYTHING, 'streamableHttp'], path: '/mcp' },
  'server-everything sse': { args: () => [EVERYTHING, 'sse'], path: '/sse' },
  // Without sessions it starts its server for every request: a quick one.
  'supergateway to streamableHttp': {
    args: (port) => gateway(SMALL, 'streamableHttp', port),
    path: '/mcp',
  },
  'supergateway to streamableHttp with sessions': {
    args: (port) => [...gateway(MEMORY, 'streamableHttp', port), '--stateful'],
    path: '/mcp',
  },
  'supergateway to SSE': {
    args: (port) => gateway(MEMORY, 'sse', port),
    path: '/sse',
  },
  'mcp-proxy to streamableHttp': {
    args: (port) => [MCP_PROXY, '--host', '127.0.0.1', '--port', `${port}`, '--', 'node', MEMORY],
    path: '/mcp',
  },
  'mcp-proxy to SSE': {
    args: (port) => [MCP_PROXY, '--host', '127.0.0.1', '--port', `${port}`, '--server', 'sse', '--', 'node', MEMORY],
    path: '/sse',
  },
} satisfies Record<string, Recipe>;

export type BackendName = keyof typeof RECIPES;
export const BACKENDS = Object.keys(RECIPES) as BackendName[];

export interface Backend extends Part {
  name: BackendName;
  port: number;
  path: Recipe['path'];
  transport: 'streamable-http' | 'sse';
}

/** Start one on a port of its own. `env` makes `v1 express` another server: see test/healthy/v1-express.mjs. */
export async function startBackend(name: BackendName, env: Record<string, string> = {}): Promise<Backend> {
  const { args, path }: Recipe = RECIPES[name];
  const host = env.HOST ?? '127.0.0.1';
  const port = Number(env.PORT ?? (await freePort(host)));
  const part = await startPart(process.execPath, args(port), {
    env: { PORT: String(port), ...env },
    ready: { host, port },
  });
  return { ...part, name, port, path, transport: path === '/sse' ? 'sse' : 'streamable-http' };
}

const running = new Map<BackendName, Promise<Backend>>();

/** The one that all set-ups share: what stands before a server does not change it. */
export function sharedBackend(name: BackendName): Promise<Backend> {
  const before = running.get(name);
  const backend = (async () => {
    const started = await before?.catch(() => undefined);
    // A published server that has crashed is started again: its crash is no fault of the next set-up.
    return started?.alive() ? started : startBackend(name);
  })();
  running.set(name, backend);
  return backend;
}

export async function stopBackends(): Promise<void> {
  const started = [...running.values()];
  running.clear();
  for (const backend of await Promise.allSettled(started))
    if (backend.status === 'fulfilled') await backend.value.stop();
}
