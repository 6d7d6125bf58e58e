/** Evidence of a server behind a URL: the way to its host, the HTTP exchanges, and what answers where. Times are milliseconds. */
import { z } from 'zod';
import { systemError } from './errors.js';

/** What kind of address it is (IANA special-purpose registries): `unicast` is public, the rest is not reachable from elsewhere. */
const addressRange = z.enum(['unicast', 'loopback', 'private', 'link-local', 'shared', 'unspecified', 'other']);

/** The proxy that the environment names for a URL, as curl and most runtimes read it. */
const proxy = z.object({
  /** Names of the proxy variables that are set (HTTP_PROXY, https_proxy, NO_PROXY ...). Never their values. */
  variables: z.array(z.string()),
  /** The variable that applies to this URL. Absent: none does, or NO_PROXY exempts the host. */
  applies: z.string().optional(),
  /** NO_PROXY names the host. */
  exempt: z.boolean(),
  /** What a client that obeys the variable meets: the answer to CONNECT or to the request, or the error. */
  through: z
    .object({
      ms: z.number(),
      status: z.number().optional(),
      error: systemError.optional(),
      body: z.string().optional(),
    })
    .optional(),
});

/** Name resolution, TCP and TLS towards the host of a URL. */
export const network = z.object({
  host: z.string(),
  port: z.number(),
  tls: z.boolean(),
  addresses: z.array(z.object({ address: z.string(), family: z.number(), range: addressRange.optional() })),
  dnsMs: z.number().optional(),
  dnsError: systemError.optional(),
  /** `beside`: not an address of the name, but the loopback address of the other family, tried for comparison. */
  attempts: z.array(
    z.object({
      address: z.string(),
      ms: z.number(),
      error: systemError.optional(),
      beside: z.literal(true).optional(),
    }),
  ),
  tlsMs: z.number().optional(),
  tlsError: systemError.optional(),
  /** What the two ends agreed to speak inside TLS when both were offered: `h2` or `http/1.1` (RFC 7301). */
  alpn: z.string().optional(),
  tlsVersion: z.string().optional(),
  /** The certificate the server presented, also when it was not trusted. Dates in ISO 8601. */
  certificate: z
    .object({
      subject: z.string(),
      issuer: z.string(),
      altNames: z.string().optional(),
      validFrom: z.string(),
      validTo: z.string(),
      selfSigned: z.boolean(),
    })
    .optional(),
  /** Subjects of the certificates behind it, as the server sent them or the trust store completed them. */
  chain: z.array(z.string()).optional(),
  /** After a failed TLS handshake: the same port answered plain HTTP. */
  plainHttpAnswers: z.boolean().optional(),
  /** After a plain request that was not understood: the same port answered a TLS handshake. */
  tlsAnswers: z.boolean().optional(),
  proxy: proxy.optional(),
  /**
   * After a port of this machine took the connection and ended it without a byte: the container that publishes it, the port
   * inside to which it leads, and where the programs inside listen, as far as the kernel tells.
   */
  published: z
    .object({
      engine: z.string(),
      container: z.string(),
      image: z.string(),
      port: z.number(),
      listens: z.array(z.object({ address: z.string(), port: z.number() })).optional(),
    })
    .optional(),
});

/** One HTTP exchange. */
export const exchange = z.object({
  /** Why it was made: an MCP method name, the name of an experiment, `get-stream`, `look-for-endpoint`, `end-session`, `reported`, `logged`. */
  purpose: z.string(),
  method: z.string(),
  /** The JSON-RPC method of the message that was posted. */
  rpc: z.string().optional(),
  url: z.string(),
  atMs: z.number(),
  ms: z.number(),
  /** Read off an error line of a client or of a browser's console: the line says no more than this, and may say less. */
  spoken: z.literal(true).optional(),
  /** Whether the request carried credentials (Authorization, a custom header, or a key in the URL). */
  credentials: z.enum(['none', 'sent', 'unknown']),
  /** Request headers that a person reported, or that an experiment set on purpose; other live requests record none. */
  requestHeaders: z.record(z.string(), z.string()).optional(),
  /** Which TCP connection of the investigation carried it, counted from 1. */
  connection: z.number().optional(),
  /** Which session of ours it belonged to, counted from 1. */
  session: z.number().optional(),
  httpVersion: z.string().optional(),
  status: z.number().optional(),
  statusText: z.string().optional(),
  /** Response headers: values by allow-list, every other one as `<set>`. */
  headers: z.record(z.string(), z.string()).optional(),
  contentType: z.string().optional(),
  /** The first 4,000 characters of the body, and its size as far as it was read. */
  body: z.string().optional(),
  bodyBytes: z.number().optional(),
  bodyCut: z.boolean().optional(),
  /**
   * Why we gave up reading: `too-large` (16 MiB), `inflates` (a small body that unpacks to more than that), `endless` (bytes of the
   * headers or the body came to the last, and no end), `nested` (JSON too deep, or of too many values, to be parsed).
   */
  stopped: z.enum(['too-large', 'inflates', 'endless', 'nested']).optional(),
  /** The text is no UTF-8. */
  invalidUtf8: z.literal(true).optional(),
  /** The credentials that were sent stand in the answer: `body`, or the name of the header. */
  echoes: z.array(z.string()).optional(),
  /** Bytes came behind the end of the body, on the same connection. */
  extraBytes: z.literal(true).optional(),
  /** Names of response headers with control characters in them, or of a session id that is no visible ASCII. */
  oddHeaders: z.array(z.string()).optional(),
  /** How many header fields the answer has, when there are more than a hundred. */
  headerFields: z.number().optional(),
  /** Interim answers (1xx) before the answer, or in place of it. */
  interim: z.number().optional(),
  /** Names of the SSE events seen, in order, the first 20. */
  events: z.array(z.string()).optional(),
  /** Of an event stream: comment lines (keep-alive), the last id, the reconnection time asked for, lines that are no SSE. */
  stream: z
    .object({
      comments: z.number(),
      lastId: z.string().optional(),
      retryMs: z.number().optional(),
      invalidLines: z.number(),
      firstInvalid: z.string().optional(),
    })
    .optional(),
  error: systemError.extend({ phase: z.enum(['connect', 'headers', 'body']) }).optional(),
  /** Milliseconds to the resolved name, the TCP connection, the end of the TLS handshake, the response headers, the first byte of the body. */
  phases: z
    .object({
      dns: z.number().optional(),
      connect: z.number().optional(),
      tls: z.number().optional(),
      headers: z.number().optional(),
      body: z.number().optional(),
    })
    .optional(),
  remoteAddress: z.string().optional(),
});

export const http = z.object({ exchanges: z.array(exchange), omitted: z.number() });

/**
 * The fixed series of experiments. Each is polite: one small request, or a few. What they show is in their exchanges, whose
 * `purpose` is the name of the experiment; only `initialized-notification` is part of the conversation itself.
 */
export const EXPERIMENTS = [
  /** The notification that ends the handshake: 202 and no body (2025-03-26 on). */
  'initialized-notification',
  /** GET with `Accept: text/event-stream`: a stream, or 405. */
  'get-stream',
  /** tools/list with a session id that was never issued: 404. */
  'session-unknown',
  /** tools/list without the session id, when the server gave one: 400. */
  'session-missing',
  /** A second client while the first is connected; then a few at once. */
  'second-client',
  'parallel-clients',
  /** Several requests at once on one session. */
  'parallel-requests',
  /** The same session over connections of its own. */
  'fresh-connections',
  /** DELETE, then the session once more: 404. */
  'session-ended',
  /** initialize with `Accept: application/json`, with `text/event-stream`, with both in one starred form. */
  'accept-json',
  'accept-stream',
  'accept-any',
  /** initialize with `Content-Type: text/plain`. */
  'content-type-wrong',
  /** tools/list with MCP-Protocol-Version 1999-01-01 (400), and without one (taken for 2025-03-26). */
  'version-unknown',
  'version-missing',
  /** initialize with a Host and with an Origin of another site, and OPTIONS as a browser sends it before that. */
  'host-foreign',
  'origin-foreign',
  'preflight',
  /** A body that is no JSON, a method nobody has, a request of 256 KiB, an answer that may be compressed. */
  'json-malformed',
  'method-unknown',
  'body-large',
  'compression',
  /** GET with Last-Event-ID, after a stream that numbered its events. */
  'resume',
  /** initialize over HTTP/2, where TLS offers it. */
  'http2',
  /** The header rules of 2026-07-28. */
  'modern-version-unknown',
  'modern-version-mismatch',
  'modern-method-missing',
  'modern-method-mismatch',
  'modern-method-unknown',
  /**
   * Who is let in, when credentials are at hand: the harmless request without any (also as a browser sends it, with an Origin), with the
   * session id alone, with a made-up token, with the token's own claims unsigned (`alg: none`), with the token in the query, with a
   * token of the same issuer that was issued for another audience, and with one that has expired.
   */
  'without-credentials',
  'session-without-credentials',
  'token-made-up',
  'token-unsigned',
  'token-in-query',
  'token-other-audience',
  'token-expired',
] as const;

/** Which experiments were run, with the indices of their exchanges, and which were not, with the reason. */
export const series = z.object({
  runs: z.array(
    z.object({
      experiment: z.enum(EXPERIMENTS),
      exchanges: z.array(z.number()),
      skipped: z.string().optional(),
    }),
  ),
  requests: z.number(),
  ms: z.number(),
});

/** One event stream left alone and watched: who ended it, and when. */
export const stream = z.object({
  via: z.enum(['get-stream', 'open-sse-stream']),
  /** How long it was to be watched, and how long it lived. */
  watchMs: z.number(),
  aliveMs: z.number(),
  firstByteMs: z.number().optional(),
  /** Bytes, keep-alive comments and events that came while nobody asked for anything; the longest silence between them. */
  bytes: z.number(),
  comments: z.number(),
  events: z.number(),
  longestSilenceMs: z.number(),
  end: z.enum(['by-us', 'end-of-stream', 'reset']),
  error: systemError.optional(),
});

export const endpointAnswer = z.enum([
  'streamable-http',
  'legacy-sse',
  'needs-credentials',
  'redirect',
  'html',
  'other',
  'not-found',
  'no-answer',
]);

/** What answers at the URL asked for, and where else on the same host MCP answers. */
export const endpoint = z.object({
  asked: z.object({
    url: z.string(),
    answer: endpointAnswer,
    redirectTo: z.string().optional(),
    /** What a web page or an API calls itself: its title. */
    title: z.string().optional(),
  }),
  others: z.array(z.object({ url: z.string(), answer: endpointAnswer, status: z.number().optional() })),
  /** The redirects from the URL on, hop by hop: where each leads, and what a client loses by following it. */
  hops: z
    .array(
      z.object({
        from: z.string(),
        to: z.string(),
        status: z.number(),
        /** `method`: POST becomes GET (301, 302, 303). `credentials`: another origin. `encryption`: https to http. */
        loses: z.array(z.enum(['method', 'credentials', 'encryption'])),
      }),
    )
    .optional(),
  /** Why the last hop was not followed further. */
  hopsEnd: z.enum(['answer', 'loop', 'too-many', 'not-public', 'no-answer']).optional(),
  /** Addresses that say whether the application lives: `/health` and the like, with their status. */
  health: z.array(z.object({ url: z.string(), status: z.number() })).optional(),
});
