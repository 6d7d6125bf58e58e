import type { Evidence, Exchange } from '../case/evidence.js';
import { answers } from './answers.js';
import { defineCause } from './cause.js';
import { FAILED_START } from './consequences.js';

/** What the parser of HTTP means, in words. https://github.com/nodejs/llhttp */
const PARSER: [RegExp, string][] = [
  [/HEADER_OVERFLOW/, 'headers of more than 64 KB'],
  [/INVALID_CONSTANT|INVALID_VERSION/, 'no HTTP at all'],
  [/CHUNK/, 'chunks whose sizes cannot be read'],
  [/CONTENT_LENGTH/, 'a Content-Length that is no number, or stands there twice'],
  [/TRANSFER_ENCODING/, 'a Content-Length beside chunks'],
  [/HEADER_TOKEN/, 'a header with control characters in it'],
  [/STATUS/, 'a status that is no number'],
  [/HPE_/, 'something that is no valid HTTP/1.1'],
  [/HTTP_INTERIM_FLOOD/, 'a hundred interim answers (1xx) and no answer'],
  [/HTTP_UPGRADED/, 'a change to another protocol (101), unasked'],
  [/CONTENT_DECODING_FAILED/, 'a body that is not in the coding its Content-Encoding names'],
  [/CONTENT_CODING_UNKNOWN/, 'a compressed body in a coding that was not asked for'],
];

/** `aside`: odd, and seldom the reason why a conversation was not opened. */
type Fault = { what: string; field: string; broken: boolean; aside: boolean; started: string | null };

/** The printable beginning of what came in place of HTTP. */
const beginning = (body = ''): string | null =>
  /[!-~]{3,}/.test(body)
    ? body
        .replace(/[^ -~]+/g, ' ')
        .trim()
        .slice(0, 80)
    : null;

function faultOf(exchange: Exchange): Fault | null {
  const { error, status, body } = exchange;
  const known = error && PARSER.find(([code]) => code.test(error.code));
  if (error && known)
    return {
      what: known[1],
      field: 'error',
      broken: true,
      aside: false,
      started: error.phase === 'headers' && error.code === 'HPE_INVALID_CONSTANT' ? beginning(body) : null,
    };
  const fault = (what: string, field: string, broken = false): Fault => {
    const aside = field === 'oddHeaders' || field === 'headerFields';
    return { what, field, broken, aside, started: null };
  };
  if (status !== undefined && (status < 100 || status > 599))
    return fault(`the status ${status}, which HTTP does not have`, 'status', true);
  if (exchange.extraBytes)
    return fault('more bytes than the body should have: others follow behind its end', 'extraBytes');
  if (exchange.invalidUtf8) return fault('text that is no UTF-8', 'invalidUtf8');
  if (exchange.oddHeaders?.length)
    return fault(
      `characters in ${exchange.oddHeaders.join(', ')} that ${exchange.oddHeaders.includes('mcp-session-id') ? 'a session id must not have (it is visible ASCII)' : 'control a terminal'}`,
      'oddHeaders',
    );
  if (exchange.headerFields) return fault(`${exchange.headerFields} header fields`, 'headerFields');
  return null;
}

const example = (fields: Partial<Exchange>, network?: Partial<Evidence['network']>): Partial<Evidence> => ({
  http: {
    omitted: 0,
    exchanges: [
      {
        purpose: 'initialize',
        method: 'POST',
        url: 'http://acme.dev/mcp',
        atMs: 0,
        ms: 3,
        credentials: 'none',
        ...fields,
      },
    ],
  },
  ...(network && {
    network: { host: 'acme.dev', port: 443, tls: false, addresses: [], attempts: [], ...network },
  }),
});
const parseError = (code: string, message: string): Partial<Exchange> => ({
  error: { code, message, phase: 'headers' },
});

export default defineCause({
  id: 'http-answer-malformed',
  title: 'The answer breaks the rules of HTTP, or of its own encoding',
  culprit: 'server',
  severity: 'broken',
  seenAs: [
    'TypeError: fetch failed (HTTPParserError: Response does not match the HTTP/1.1 protocol)',
    'Parse Error: Expected HTTP/',
  ],
  needs: ['http'],
  uses: ['handshake', 'network'],
  explains: [...FAILED_START, 'handshake-nonconforming', 'http-not-mcp', 'http-endpoint-wrong'],

  match(given) {
    // A port that speaks TLS, or the way through a proxy, has a cause of its own.
    if (given.network?.tlsAnswers) return null;
    const opened = given.handshake?.used !== undefined;
    const all = (given.http?.exchanges ?? []).map((exchange, i) => ({
      exchange,
      at: `/evidence/http/value/exchanges/${i}`,
    }));
    // What is odd about any answer of an open conversation counts, not only what a list brought.
    const talk = opened
      ? all.filter(({ exchange: { purpose } }) =>
          /^(?:initialize|notifications\/initialized|\w+(?:\/templates)?\/list|ping|server\/discover)$/.test(purpose),
        )
      : answers(given).filter(({ live }) => live);
    for (const { exchange, at } of talk) {
      const fault = faultOf(exchange);
      if (!fault) continue;
      const { what, field, broken, aside, started } = fault;
      return {
        certainty: aside && !opened ? 'likely' : 'certain',
        severity: broken || (!opened && !aside) ? 'broken' : 'degraded',
        cites: [`${at}/${field}`],
        facts: { url: exchange.url, request: exchange.purpose, what, started, code: exchange.error?.code ?? null },
      };
    }
    return null;
  },
  say: ({ url, request, what, started }) =>
    `${url} answers ${request} with ${what}${started ? `: it begins with "${started}"` : ''}.`,
  fix: ({ url, what, started, code }) => [
    {
      say: /^no HTTP/.test(what)
        ? `Another service listens there${started?.startsWith('SSH-') ? ' (SSH)' : ''}: write the port of the MCP server into the URL of the client's entry.`
        : /UTF-8|coding/.test(what)
          ? 'On the server: encode the body as UTF-8, and let only one place compress it; drop a Content-Encoding header that was set by hand or copied from an upstream answer.'
          : /session id/.test(what)
            ? 'On the server: make the session id of visible ASCII characters, for example crypto.randomUUID().'
            : /header/.test(what)
              ? 'On the server or proxy: find who adds these header fields, and take them out.'
              : 'On the server: let the web framework write headers, length and chunks; take out what sets Content-Length, Transfer-Encoding or the status line by hand, also in a proxy between.',
    },
    {
      say: `See the bytes as they come${code ? ` (${code})` : ''}:`,
      run: `curl -sS -v --http1.1 --raw --max-time 5 ${url} | head -c 2000`,
    },
  ],
  why: 'Clients read HTTP with strict parsers, and show a malformed answer as "fetch failed" or a protocol error. It comes from code that writes HTTP by hand, from a proxy that passes on headers that no longer fit the body, or from a port on which another service listens.',
  refs: ['https://www.rfc-editor.org/rfc/rfc9112', 'https://www.rfc-editor.org/rfc/rfc9110#section-8.4'],
  examples: [
    {
      name: 'SSH on the port',
      finds: true,
      evidence: example({
        ...parseError('HPE_INVALID_CONSTANT', 'Parse Error: Expected HTTP/, RTSP/ or ICE/'),
        body: 'SSH-2.0-OpenSSH_9.6\r\n',
      }),
    },
    {
      name: 'two lengths',
      finds: true,
      evidence: example(parseError('HPE_UNEXPECTED_CONTENT_LENGTH', 'Parse Error: Duplicate Content-Length')),
    },
    {
      name: 'called gzip, and is none',
      finds: true,
      evidence: example({
        status: 200,
        error: { code: 'CONTENT_DECODING_FAILED', message: 'the body is not in the coding it names', phase: 'body' },
      }),
    },
    {
      name: 'Latin-1 in an open conversation',
      finds: true,
      evidence: {
        ...example({ status: 200, invalidUtf8: true }),
        handshake: { initialize: { status: 'answered' }, discover: { status: 'not-asked' }, used: 'initialize' },
      },
    },
    {
      name: 'a port that speaks TLS',
      finds: false,
      evidence: example(parseError('HPE_INVALID_CONSTANT', 'Parse Error: Expected HTTP/, RTSP/ or ICE/'), {
        tlsAnswers: true,
      }),
    },
    {
      name: 'nobody listens',
      finds: false,
      evidence: example({ error: { code: 'ECONNREFUSED', message: 'connect ECONNREFUSED', phase: 'connect' } }),
    },
  ],
});
