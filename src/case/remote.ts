/** Evidence of a server behind a URL: the way to its host, the HTTP exchanges, and what answers where. Times are milliseconds. */
import { z } from 'zod';
import { systemError } from './errors.js';

/** Name resolution, TCP and TLS towards the host of a URL. */
export const network = z.object({
  host: z.string(),
  port: z.number(),
  tls: z.boolean(),
  addresses: z.array(z.object({ address: z.string(), family: z.number() })),
  dnsMs: z.number().optional(),
  dnsError: systemError.optional(),
  attempts: z.array(z.object({ address: z.string(), ms: z.number(), error: systemError.optional() })),
  tlsMs: z.number().optional(),
  tlsError: systemError.optional(),
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
  /** After a failed TLS handshake: the same port answered plain HTTP. */
  plainHttpAnswers: z.boolean().optional(),
});

/** One HTTP exchange. */
export const exchange = z.object({
  /** Why it was made: an MCP method name, or `get-stream`, `look-for-endpoint`, `end-session`, `reported`. */
  purpose: z.string(),
  method: z.string(),
  url: z.string(),
  atMs: z.number(),
  ms: z.number(),
  /** Whether the request carried credentials (Authorization, a custom header, or a key in the URL). */
  credentials: z.enum(['none', 'sent', 'unknown']),
  /** Request headers that a person reported; a live request records none. */
  requestHeaders: z.record(z.string(), z.string()).optional(),
  status: z.number().optional(),
  statusText: z.string().optional(),
  /** Response headers: values by allow-list, every other one as `<set>`. */
  headers: z.record(z.string(), z.string()).optional(),
  contentType: z.string().optional(),
  /** The first 4,000 characters of the body, and its size as far as it was read. */
  body: z.string().optional(),
  bodyBytes: z.number().optional(),
  bodyCut: z.boolean().optional(),
  /** Names of the SSE events seen, in order, the first 20. */
  events: z.array(z.string()).optional(),
  error: systemError.extend({ phase: z.enum(['connect', 'headers', 'body']) }).optional(),
  /** Milliseconds to the TCP connection, the end of the TLS handshake and the response headers. */
  phases: z
    .object({ connect: z.number().optional(), tls: z.number().optional(), headers: z.number().optional() })
    .optional(),
  remoteAddress: z.string().optional(),
});

export const http = z.object({ exchanges: z.array(exchange), omitted: z.number() });

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
  asked: z.object({ url: z.string(), answer: endpointAnswer, redirectTo: z.string().optional() }),
  others: z.array(z.object({ url: z.string(), answer: endpointAnswer, status: z.number().optional() })),
});
