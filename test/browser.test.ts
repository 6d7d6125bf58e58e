/** A client in a real browser, on a page of another origin: what its console says of a server, and what we say of both. */
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { investigate } from '../src/probe/investigate.js';
import { diagnose } from '../src/verdict/diagnose.js';
import type { Verdict } from '../src/verdict/verdict.js';
import { sharedBackend, startBackend, stopBackends } from './support/backends.js';
import { type Browser, browserClient, startBrowser, type Visit } from './support/browser.js';
import { explained } from './support/case.js';
import { nginx, passOn } from './support/proxies.js';

let browser: Browser;
let pages: Server;
let page = '';

beforeAll(async () => {
  const [started, script] = await Promise.all([startBrowser(), browserClient()]);
  browser = started;
  const html = '<!doctype html><link rel="icon" href="data:,"><script src="/client.js"></script>';
  pages = createServer(({ url }, response) =>
    url === '/client.js'
      ? response.writeHead(200, { 'content-type': 'text/javascript' }).end(script)
      : response.writeHead(200, { 'content-type': 'text/html' }).end(html),
  );
  await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', resolve));
  page = `http://localhost:${(pages.address() as { port: number }).port}/`;
}, 60_000);
afterAll(async () => {
  await browser?.stop();
  pages?.close();
  await stopBackends();
});

const header = (name: string, value: string): string => `add_header Access-Control-${name} "${value}" always;`;
const ORIGIN = header('Allow-Origin', '*');
const METHODS = header('Allow-Methods', 'GET, POST, DELETE, OPTIONS');
const HEADERS = header(
  'Allow-Headers',
  'content-type, authorization, mcp-session-id, mcp-protocol-version, last-event-id',
);
const EXPOSE = header('Expose-Headers', 'mcp-session-id');

/** nginx that answers a browser's question itself, and adds headers to the answers of the server. */
const cors =
  (preflight: string, answers: string, status = 204) =>
  (port: number) =>
    `location / { if ($request_method = OPTIONS) { ${preflight} return ${status}; } ${answers} ${passOn(port)} }`;

interface Half {
  what: string;
  server: (port: number) => string;
  /** What the console says, in the words of the browser of today. */
  console: RegExp;
  /** What the client in the page says. */
  client: RegExp;
  /** Sound for every client that is no browser: only the browser can tell that it was meant for one. */
  closed?: true;
}

const FETCH_FAILED = /Failed to fetch/;
const HALF: Half[] = [
  {
    what: 'no CORS at all',
    server: (port) => `location / { ${passOn(port)} }`,
    console: /Response to preflight request doesn't pass access control check: No 'Access-Control-Allow-Origin' header/,
    client: FETCH_FAILED,
    closed: true,
  },
  {
    what: 'a preflight that is answered, and answers without CORS',
    server: cors(ORIGIN + METHODS + HEADERS, EXPOSE),
    console: /blocked by CORS policy: No 'Access-Control-Allow-Origin' header is present/,
    client: FETCH_FAILED,
  },
  {
    what: 'no header allowed',
    server: cors(ORIGIN + METHODS, ORIGIN + EXPOSE),
    console: /Request header field content-type is not allowed by Access-Control-Allow-Headers/,
    client: FETCH_FAILED,
  },
  {
    what: 'the headers of MCP not allowed',
    server: cors(ORIGIN + METHODS + header('Allow-Headers', 'content-type, authorization'), ORIGIN + EXPOSE),
    console: /Request header field mcp-[a-z-]+ is not allowed by Access-Control-Allow-Headers/,
    client: FETCH_FAILED,
  },
  {
    what: 'a preflight that needs credentials',
    server: cors(ORIGIN + METHODS + HEADERS, ORIGIN + EXPOSE, 401),
    console: /It does not have HTTP ok status/,
    client: FETCH_FAILED,
  },
  {
    what: 'the header twice, from the server and from its proxy',
    server: cors(ORIGIN + ORIGIN + METHODS + HEADERS, ORIGIN + EXPOSE),
    console: /header contains multiple values '\*, \*'/,
    client: FETCH_FAILED,
  },
  {
    what: 'another origin allowed',
    server: cors(header('Allow-Origin', 'https://app.example.com') + METHODS + HEADERS, ORIGIN + EXPOSE),
    console: /has a value 'https:\/\/app\.example\.com' that is not equal to the supplied origin/,
    client: FETCH_FAILED,
    closed: true,
  },
  {
    what: 'the session id not exposed',
    server: cors(ORIGIN + METHODS + HEADERS, ORIGIN),
    console: /status of 400/,
    client: /Bad Request: No valid session ID provided/,
  },
];

async function verify(url: string): Promise<{ verdict: Verdict; about: string }> {
  const file = await investigate({ kind: 'http', url, headers: {} }, { timeoutMs: 2_500, full: true });
  const verdict = diagnose(file);
  const found = verdict.findings.map(({ id, certainty, role }) => `${id} ${certainty} ${role}`).join(', ');
  return { verdict, about: `${found}\n${JSON.stringify(file.evidence, null, 1).slice(0, 12_000)}` };
}

/** What a person copies out of the console. */
const copied = (seen: Visit): string => [...seen.console, `Uncaught (in promise) ${seen.answer}`].join('\n');

describe('a client in a browser is refused', () => {
  it.each(HALF)('$what', async ({ server, console, client, closed }) => {
    const { port } = await sharedBackend('v1 express');
    const edge = await nginx(server(port));
    try {
      const url = `http://127.0.0.1:${edge.port}/mcp`;
      const seen = await browser.visit(page, `connect('${url}')`);
      expect(seen.console.join('\n')).toMatch(console);
      expect(seen.answer).toMatch(client);

      const { verdict, about } = await verify(url);
      expect(
        verdict.findings.map(({ id }) => id),
        about,
      ).toEqual(closed ? [] : ['http-cors-rejected']);
      // With the session id hidden the console tells of a 400 only, which has many causes.
      if (client === FETCH_FAILED)
        expect(explained(copied(seen)).root, about).toMatchObject({ id: 'http-cors-rejected' });
    } finally {
      await edge.stop();
    }
  });
});

describe('a client in a browser is served', () => {
  it('by nginx that allows and exposes what MCP needs', async () => {
    const { port } = await sharedBackend('v1 express');
    const edge = await nginx(cors(ORIGIN + METHODS + HEADERS, ORIGIN + EXPOSE)(port));
    try {
      const url = `http://127.0.0.1:${edge.port}/mcp`;
      const seen = await browser.visit(page, `connect('${url}')`);
      expect(seen).toEqual({ answer: 'connects: 1 tools', console: [] });
      const { verdict, about } = await verify(url);
      expect(verdict.findings, about).toEqual([]);
    } finally {
      await edge.stop();
    }
  });

  it('by server-everything', async () => {
    const { port, path } = await sharedBackend('server-everything streamableHttp');
    const url = `http://127.0.0.1:${port}${path}`;
    const seen = await browser.visit(page, `connect('${url}')`);
    expect(seen).toEqual({ answer: expect.stringMatching(/^connects: \d+ tools$/), console: [] });
    const { verdict, about } = await verify(url);
    expect(
      verdict.findings.map(({ id }) => id),
      about,
    ).not.toContain('http-cors-rejected');
  });

  it('by mcp-proxy, which does not let it end its session', async () => {
    const { port, path } = await sharedBackend('mcp-proxy to streamableHttp');
    const seen = await browser.visit(page, `connect('http://127.0.0.1:${port}${path}')`);
    expect(seen.answer).toMatch(/^connects: \d+ tools, and cannot end its session: TypeError: Failed to fetch$/);
    expect(seen.console.join('\n')).toContain('Method DELETE is not allowed by Access-Control-Allow-Methods');
    expect(explained(copied(seen)).root).toMatchObject({ id: 'http-cors-rejected' });
  });
});

it('a browser shows what it shows for a server that is down, and that is no CORS', async () => {
  const backend = await startBackend('v1 express');
  await backend.stop();
  const url = `http://127.0.0.1:${backend.port}/mcp`;
  const seen = await browser.visit(page, `connect('${url}')`);
  expect(seen.console.join('\n')).toContain('net::ERR_CONNECTION_REFUSED');
  const { verdict } = await verify(url);
  expect(verdict.root?.id).toBe('network-refused');
});
