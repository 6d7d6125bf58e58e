/**
 * The targets of the benchmark: twelve that are broken in one known way each, and three that are sound. `cause` is the
 * root cause that has to be named, null for a sound one. The letters are those of the comparison that came first.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const EVERYTHING = new URL('../../node_modules/@modelcontextprotocol/server-everything/dist/index.js', import.meta.url);

const stdio = (file) => ({ kind: 'stdio', command: process.execPath, args: [`${FOLDER}${file}`], env: {} });
const entry = (file) => ({ kind: 'stdio', env: {}, ...JSON.parse(readFileSync(`${FOLDER}${file}`, 'utf8')) });
const alone = (spec) => ({ spec, stop: async () => {} });

/** Start an HTTP server of this folder and read its URL from its first line. */
async function served(file) {
  const child = spawn(process.execPath, [`${FOLDER}${file}`], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const orphan = () => child.kill('SIGKILL');
  process.once('exit', orphan);
  const url = await new Promise((resolve, reject) => {
    let said = '';
    child.stdout.on('data', (chunk) => {
      said += chunk;
      const found = /LISTENING (\S+)/.exec(said)?.[1];
      if (found) resolve(found);
    });
    ended.then(([code]) => reject(new Error(`${file} ended with ${code} before it listened`)), reject);
  });
  const stop = async () => {
    child.kill('SIGKILL');
    await ended;
    process.off('exit', orphan);
  };
  return { spec: { kind: 'http', url, headers: {} }, stop };
}

/** A port on which nobody listens: one the system just gave and took back. */
async function closedPort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return alone({ kind: 'http', url: `http://127.0.0.1:${port}/mcp`, headers: {} });
}

/** `start` gives what a client would have configured, and a `stop` that ends what had to be running for it. */
export const TARGETS = [
  {
    id: 'a',
    label: 'command not found',
    cause: 'launch-command-not-installed',
    start: async () => alone(entry('a-command-not-found.json')),
  },
  {
    id: 'b',
    label: 'imports a missing package',
    cause: 'runtime-dependency-missing',
    start: async () => alone(stdio('b-missing-module.mjs')),
  },
  {
    id: 'c',
    label: 'API_KEY is not set',
    cause: 'process-env-missing',
    start: async () => alone(stdio('c-missing-variable.mjs')),
  },
  {
    id: 'd',
    label: 'log line on stdout',
    cause: 'stdio-polluted-by-server',
    start: async () => alone(stdio('d-polluted-stdout.mjs')),
  },
  {
    id: 'e',
    label: 'alive, never answers',
    cause: 'handshake-unanswered',
    start: async () => alone(stdio('e-silent.mjs')),
  },
  {
    id: 'f',
    label: 'crashes in tools/list',
    cause: 'process-crashed',
    start: async () => alone(stdio('f-crash-in-tools-list.mjs')),
  },
  {
    id: 'g',
    label: 'SIGKILL after 150 ms',
    cause: 'process-killed',
    start: async () => alone(stdio('g-killed.mjs')),
  },
  { id: 'h', label: 'HTML homepage', cause: 'http-not-mcp', start: () => served('h-homepage.mjs') },
  {
    id: 'i',
    label: '401, bearer token wanted',
    cause: 'auth-credentials-missing',
    start: () => served('i-unauthorized.mjs'),
  },
  { id: 'j', label: 'closed port', cause: 'network-refused', start: closedPort },
  {
    id: 'k',
    label: 'legacy SSE server asked as Streamable HTTP',
    cause: 'transport-streamable-client-on-sse-server',
    start: () => served('k-legacy-sse.mjs'),
  },
  { id: 'l', label: '404 on /, server at /mcp', cause: 'http-endpoint-wrong', start: () => served('l-wrong-path.mjs') },
  {
    id: 'healthy-stdio',
    label: 'sound, tiny, stdio',
    cause: null,
    start: async () => alone(stdio('healthy-stdio.mjs')),
  },
  {
    id: 'everything',
    label: 'sound, server-everything, stdio',
    cause: null,
    start: async () => alone({ kind: 'stdio', command: process.execPath, args: [fileURLToPath(EVERYTHING)], env: {} }),
  },
  { id: 'healthy-http', label: 'sound, tiny, HTTP', cause: null, start: () => served('healthy-http.mjs') },
];
