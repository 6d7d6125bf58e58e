/** nginx and HAProxy of Debian, in the foreground, with a configuration, a folder, a pid file and ports of their own. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, type Part, removeFolder, startPart, temporaryFolder } from './part.js';

export interface Edge extends Part {
  port: number;
}

export interface Listen {
  /** A file with the certificates and one with the key: then the edge speaks TLS, and HTTP/2 to whoever offers it. */
  tls?: { chain: string; key: string; both: string };
  /** The port to listen on; without it a free one. */
  port?: number;
}

/** How often a port is chosen again when another process took it in between. */
const TRIES = 3;

async function onFreePort(listen: Listen, start: (port: number) => Promise<Edge>): Promise<Edge> {
  for (let i = 1; ; i++) {
    try {
      return await start(listen.port ?? (await freePort()));
    } catch (error) {
      if (i === TRIES || listen.port !== undefined) throw error;
    }
  }
}

/** Directives of the documentation for a server that streams: nothing else is needed. */
export const passOn = (to: number | string, more = ''): string => `
  proxy_pass http://${typeof to === 'number' ? `127.0.0.1:${to}` : to};
  proxy_http_version 1.1;
  proxy_set_header Host $host;
  proxy_set_header Connection '';
  proxy_buffering off;
  proxy_read_timeout 1h;
  ${more}`;

/** nginx with one `server`: `server` stands in it, `http` beside it. */
export function nginx(server: string, { http = '', ...listen }: Listen & { http?: string } = {}): Promise<Edge> {
  return onFreePort(listen, async (port) => {
    const folder = temporaryFolder('nginx');
    const { tls } = listen;
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
    writeFileSync(
      join(folder, 'nginx.conf'),
      `daemon off;
${process.getuid?.() === 0 ? 'user root;' : ''}
worker_processes 1;
pid ${folder}/pid;
error_log stderr warn;
events { worker_connections 128; }
http {
  access_log ${folder}/access.log;
  types { }
  default_type text/plain;
  ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n  ')}
  ${http}
  server {
    listen 127.0.0.1:${port}${tls ? ' ssl http2' : ''};
    ${tls ? `ssl_certificate ${tls.chain};\n    ssl_certificate_key ${tls.key};` : ''}
    server_name localhost;
    ${server}
  }
}
`,
    );
    const started = startPart('nginx', ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr'], {
      ready: { host: '127.0.0.1', port },
    });
    return edge(port, folder, started);
  });
}

/** HAProxy: `frontend` and `backend` stand in the sections of these names, `server` lines included. */
export function haproxy(
  frontend: string,
  backend: string,
  { defaults = '', ...listen }: Listen & { defaults?: string } = {},
): Promise<Edge> {
  return onFreePort(listen, async (port) => {
    const folder = temporaryFolder('haproxy');
    const { tls } = listen;
    writeFileSync(
      join(folder, 'haproxy.cfg'),
      `global
  maxconn 200
  log stdout format raw local0
defaults
  mode http
  log global
  option httplog
  # Without it the parts of a stream wait up to 200 ms for the next one.
  option http-no-delay
  timeout connect 2s
  timeout client 1h
  timeout server 1h
  ${defaults}
frontend edge
  bind 127.0.0.1:${port}${tls ? ` ssl crt ${tls.both} alpn h2,http/1.1` : ''}
  ${frontend}
  default_backend servers
backend servers
  ${backend}
`,
    );
    const started = startPart('haproxy', ['-db', '-q', '-f', join(folder, 'haproxy.cfg')], {
      ready: { host: '127.0.0.1', port },
    });
    return edge(port, folder, started);
  });
}

async function edge(port: number, folder: string, starting: Promise<Part>): Promise<Edge> {
  try {
    const part = await starting;
    return {
      port,
      said: part.said,
      alive: part.alive,
      async stop() {
        await part.stop();
        removeFolder(folder);
      },
    };
  } catch (error) {
    removeFolder(folder);
    throw error;
  }
}
