/**
 * What stands before every real server of these set-ups: it passes everything on, writes down what was asked, and changes exactly
 * what its changes name (a header, a document, a status). So a misconfiguration is one change of a server that works.
 */
import {
  request as ask,
  createServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';

type Headers = Record<string, string | string[]>;

export interface Asked {
  method: string;
  /** The path without the query. */
  path: string;
  query: URLSearchParams;
  headers: IncomingMessage['headers'];
  body: string;
}

/** What was asked, and the status of the answer. In memory only: it holds codes and tokens. */
export interface Exchange extends Asked {
  status: number;
}

export interface Answer {
  status: number;
  headers: Headers;
  /** Parts are sent one by one, for a body that is larger than anybody should read. */
  body: string | Iterable<string>;
}

export interface Change {
  /** What is wrong, in the words of whoever configured it. */
  says: string;
  /** Without it: every request. */
  when?: (asked: Asked) => boolean;
  /** What reaches the real server instead. */
  ask?: (asked: Asked) => Partial<Pick<Asked, 'path' | 'query' | 'body'>>;
  /** The answer; the real server is not asked. */
  answer?: (asked: Asked) => Answer | Promise<Answer>;
  /** Of which answers `edit` is. Without it: all. */
  status?: number;
  /** The real server's answer, changed. `body` is all of it: not for streams that do not end. */
  edit?: (answer: Answer & { body: string }, asked: Asked) => Answer;
}

export interface Facade {
  /** `http://127.0.0.1:<port>` */
  origin: string;
  requests: Exchange[];
  /** Put the real server behind it. Its listener is served on a loopback port of its own. */
  stand(listener: RequestListener): Promise<void>;
  /** What the real server says at a path, without any change and without being written down. */
  unchanged(path: string): Promise<string>;
  /** Further changes, in force from now on. */
  change(...more: Change[]): void;
  close(): Promise<void>;
}

type Server = ReturnType<typeof createServer>;
const listen = (server: Server): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
const stop = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });

const textOf = async (stream: AsyncIterable<Buffer>): Promise<string> => {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
};

/** Headers that belong to one connection or to the length of a body that may have been changed. */
const OF_THE_HOP = new Set(['connection', 'keep-alive', 'transfer-encoding', 'content-length']);
const passedOn = (headers: IncomingMessage['headers']): Headers =>
  Object.fromEntries(
    Object.entries(headers).filter(
      (entry): entry is [string, string | string[]] => entry[1] !== undefined && !OF_THE_HOP.has(entry[0]),
    ),
  );

export async function startFacade(changes: Change[] = []): Promise<Facade> {
  const requests: Exchange[] = [];
  const inForce = [...changes];
  const servers: Server[] = [];
  let port = 0;

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    let asked: Asked = {
      method: request.method ?? 'GET',
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body: await textOf(request),
    };
    const exchange: Exchange = { ...asked, status: 0 };
    requests.push(exchange);
    const send = async ({ status, headers, body }: Answer): Promise<void> => {
      exchange.status = status;
      if (typeof body === 'string') {
        response.writeHead(status, headers).end(body);
        return;
      }
      response.writeHead(status, headers);
      // Whoever reads slowly or not at all must not fill the memory of the tests.
      await pipeline(body, response);
    };

    const concerned = inForce.filter(({ when }) => when?.(asked) ?? true);
    const answered = concerned.find(({ answer }) => answer)?.answer;
    if (answered) return send(await answered(asked));
    for (const change of concerned) asked = { ...asked, ...change.ask?.(asked) };
    const editors = concerned.filter(({ edit }) => edit);

    const search = asked.query.size > 0 ? `?${asked.query}` : '';
    // A body that must be changed is needed as text.
    const { 'accept-encoding': encoding, ...headers } = passedOn(request.headers);
    if (editors.length === 0 && encoding) headers['accept-encoding'] = encoding;
    if (asked.body !== '') headers['content-length'] = String(Buffer.byteLength(asked.body));
    const behind = ask({
      host: '127.0.0.1',
      port,
      method: asked.method,
      path: `${asked.path}${search}`,
      headers,
      agent: false,
    });
    behind.once('error', () => response.destroy());
    response.once('close', () => behind.destroy());
    const passOn = async (real: IncomingMessage): Promise<void> => {
      exchange.status = real.statusCode ?? 0;
      const edits = editors.flatMap(({ edit, status = exchange.status }) =>
        edit && status === exchange.status ? [edit] : [],
      );
      const answer = { status: exchange.status, headers: passedOn(real.headers) };
      if (edits.length === 0) {
        response.writeHead(answer.status, answer.headers);
        response.flushHeaders();
        real.once('error', () => response.destroy()).pipe(response);
        return;
      }
      let changed: Answer & { body: string } = { ...answer, body: await textOf(real) };
      let last: Answer = changed;
      for (const edit of edits) {
        last = edit(changed, asked);
        changed = { ...last, body: typeof last.body === 'string' ? last.body : changed.body };
      }
      await send(last);
    };
    behind.once('response', (real) => {
      passOn(real).catch(() => response.destroy());
    });
    behind.end(asked.body);
  };

  const front = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  servers.push(front);
  const origin = `http://127.0.0.1:${await listen(front)}`;
  return {
    origin,
    requests,
    async stand(listener) {
      const server = createServer(listener);
      servers.push(server);
      port = await listen(server);
    },
    unchanged: (path) =>
      new Promise((resolve, reject) => {
        const headers = { host: new URL(origin).host };
        ask({ host: '127.0.0.1', port, path, headers, agent: false }, (real) => resolve(textOf(real)))
          .once('error', reject)
          .end();
      }),
    change: (...more) => {
      inForce.push(...more);
    },
    async close() {
      await Promise.all(servers.map(stop));
    },
  };
}

export const json = (status: number, value: unknown, headers: Headers = {}): Answer => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(value),
});
export const html = (status: number, body: string, headers: Headers = {}): Answer => ({
  status,
  headers: { 'content-type': 'text/html; charset=utf-8', ...headers },
  body,
});
/** A JSON document of the real server with some members changed; undefined takes a member out. */
export const editJson =
  (edit: (document: Record<string, unknown>) => Record<string, unknown>): NonNullable<Change['edit']> =>
  (answer) => ({ ...answer, body: JSON.stringify(edit(JSON.parse(answer.body))) });
/** An answer without one of its headers. */
export const withoutHeader =
  (name: string): NonNullable<Change['edit']> =>
  ({ headers, ...answer }) => ({
    ...answer,
    headers: Object.fromEntries(Object.entries(headers).filter(([key]) => key !== name)),
  });
