import { at } from '../case/pointer.js';
import { defineCause, type Match } from './cause.js';
import { FAILED_START } from './consequences.js';
import { targetOf, wayWords, withoutInstallers } from './way.js';
import { failed, find, WORDS, words } from './words.js';

/** A TLS client that was answered "HTTP/1.1 400 ..." and read the letters as a TLS record: these can mean nothing else. */
const HTTP_IN_TLS = [
  /server gave HTTP response to HTTPS client|first record does not look like a TLS handshake/i,
  /\b(?:ERR_SSL_)?WRONG_VERSION_NUMBER\b|\bUNKNOWN_PROTOCOL\b|\bSSL\w*[^\n]{0,40}\bunknown protocol\b|\bSSL\w*[^\n]{0,60}\bhttp(?:s proxy)? request\b|\bwrong version number\b|\b(?:ERR_SSL_)?PACKET_LENGTH_TOO_LONG\b|\bpacket length too long\b|record layer failure|RECORD_LAYER_FAILURE/i,
  // Java, .NET, rustls, Firefox, macOS.
  /Unsupported or unrecognized SSL message|plaintext connection\?|frame size or a corrupted frame was received|unexpected packet format|received corrupt message of type InvalidContentType|SSL_ERROR_RX_RECORD_TOO_LONG|record overflow|ERR_SSL_PROTOCOL_ERROR|Cannot determine the frame size|not an SSL\/TLS record|InvalidMessage\(InvalidContentType\)|tls_process.{0,40}http request/i,
];

/** The other side of it, in the log of a plain HTTP server: the first bytes of a TLS ClientHello, or a bad request line. */
const HELLO_IN_LOG = /\\x16\\x03[\\\w]|\\u0016\\u0003|\\026\\003/;
/** Servers that do not print what they got: uvicorn, h11, hypercorn, Node.js, Go, Kestrel. */
const BAD_REQUEST =
  /\bInvalid HTTP request received\b|\bInvalid (?:HTTP )?method encountered\b|\bHPE_INVALID_METHOD\b|\bmalformed HTTP (?:request|version)\b|\bBad request (?:syntax|version)\b|\bInvalid request line\b|\bUnrecognized HTTP version\b/i;

/** TLS could not be spoken, for this reason or for another one. */
const VAGUE =
  /\bEPROTO\b|\bSSLError\b(?!.{0,80}certificate)|\bcurl: \(35\)|\bcURL error 35\b|\bSSL_ERROR_SYSCALL\b|\bSEC_E_INVALID_TOKEN\b|\b(?:SSL|TLS) (?:connect(?:ion)? )?(?:error|handshake (?:failed|error|failure))\b(?!.{0,80}certificate)|\bUNEXPECTED_EOF_WHILE_READING\b|\bunexpected eof while reading\b|\bSSLHandshakeException\b(?!.{0,80}(?:certif|PKIX))|\bSSLEOFError\b|\bsocket disconnected before secure TLS connection\b|\btls handshake (?:eof|failure)\b|\bhandshake failure\b|\bERR_SSL_(?!WRONG|PACKET)\w+|\bsecure connection failed\b|\bHandshakeFailure\b|\bcould not establish (?:a )?(?:SSL|TLS) connection\b/i;

/** The other way round: a port with TLS, and a URL without. The first are answers in plain HTTP, so they reach the client. */
const PLAIN_IN_TLS =
  /\bplain HTTP request was sent to (?:an )?HTTPS port\b|\bClient sent an HTTP request to an HTTPS server\b|\bspeaking plain HTTP to an SSL-enabled server port\b|\bThis combination of host and port requires TLS\b|\bhttp request sent to https\b|\b(?:SSL|TLS) required\b|\bHTTP_REQUEST\] http request\b/i;

const plain = (url: string) => url.replace(/^https:/i, 'http:');
const secure = (url: string) => url.replace(/^http:/i, 'https:');

type Found = { url: string | null; authority: string | null; behind: boolean; reverse: boolean };

export default defineCause({
  id: 'network-tls-on-plain-http',
  title: 'The URL says https and the port speaks plain http, or the other way round',
  culprit: 'config',
  severity: 'broken',
  seenAs: [
    'fetch failed',
    'write EPROTO ... wrong version number',
    'packet length too long',
    'http: server gave HTTP response to HTTPS client',
  ],
  needs: [],
  uses: [...WORDS, 'launch', 'network', 'endpoint', 'http'],
  explains: [...FAILED_START, 'network-tls-untrusted', 'process-backend-unreachable'],

  match(given): Match<Found> | null {
    if (given.handshake && !failed(given)) return null;
    const { tlsError, tls, host = '', port = 0, plainHttpAnswers, tlsAnswers, certificate } = given.network ?? {};
    const url = given.endpoint?.asked.url ?? targetOf(given) ?? null;
    const place = `${host.includes(':') ? `[${host}]` : host}:${port}`;
    if (!tls && tlsAnswers)
      return {
        certainty: 'certain',
        cites: [at('network', 'tlsAnswers')],
        facts: { url, authority: place, behind: false, reverse: true },
      };
    const told = given.http?.exchanges.findIndex(({ body }) => PLAIN_IN_TLS.test(body ?? '')) ?? -1;
    const words_ = told < 0 ? find(wayWords(given), PLAIN_IN_TLS) : null;
    if (told >= 0 || (words_ && !/^https:/i.test(url ?? '')))
      return {
        certainty: 'likely',
        cites: [told >= 0 ? at('http', 'exchanges', told) : (words_?.line.at ?? '')],
        facts: { url, authority: null, behind: false, reverse: true },
      };
    if (tls && tlsError && !certificate) {
      const record = HTTP_IN_TLS.some((pattern) => pattern.test(`${tlsError.code} ${tlsError.message}`));
      if (plainHttpAnswers || record) {
        const cites = [
          at('network', 'tlsError', 'message'),
          ...(plainHttpAnswers ? [at('network', 'plainHttpAnswers')] : []),
        ];
        return {
          certainty: plainHttpAnswers ? 'certain' : 'likely',
          cites,
          facts: { url, authority: place, behind: false, reverse: false },
        };
      }
    }
    const onWay = find(wayWords(given), ...HTTP_IN_TLS);
    const behind = onWay ? null : find(withoutInstallers(words(given)), ...HTTP_IN_TLS);
    const log = words(given).filter(
      // What a server's logger wrote, whichever field it was pasted into.
      ({ from, text }) => from !== 'client' || HELLO_IN_LOG.test(text) || /^\W{0,3}(?:WARNING|WARN|INFO)\b/.test(text),
    );
    const hello = find(log, HELLO_IN_LOG);
    const bad = given.reported?.transport === 'stdio' ? null : find(log, BAD_REQUEST);
    // The code alone: TLS could not be spoken, for this reason or for another one.
    const vague = find(wayWords(given), VAGUE);
    const said =
      onWay ??
      behind ??
      hello ??
      bad ??
      (/^https:/i.test(url ?? '') || (url === null && /\(35\)|error 35/.test(vague?.match[0] ?? '')) ? vague : null);
    // "https_proxy=https://..." towards a plain proxy leaves the same words; http: URLs do not.
    // Bytes of a TLS hello in the log of the server are what they are, whatever the report says of the URL.
    if (!said || (!behind && said !== hello && url !== null && /^http:/i.test(url))) return null;
    if (behind) {
      const authority =
        /https:\/\/(?:[^\s/@]+@)?(?<place>[\w.-]+(?::\d+)?)/i.exec(said.line.text)?.groups?.place ?? null;
      return {
        certainty: 'likely',
        cites: [said.line.at],
        facts: { url: null, authority, behind: true, reverse: false },
      };
    }
    const sure =
      said.line.from === 'client' && /gave HTTP response|packet length too long/i.test(said.match[0]) && url !== null;
    return {
      // A bad request line is bytes of TLS, or of anything else that is no HTTP.
      certainty: sure
        ? 'certain'
        : said === vague || (said === bad && !/^https:/i.test(url ?? ''))
          ? 'possible'
          : 'likely',
      cites: [said.line.at],
      facts: { url, authority: null, behind: false, reverse: false },
    };
  },
  say: ({ url, authority, behind, reverse }) =>
    reverse
      ? `The client spoke plain HTTP to ${authority ?? url ?? 'the server'}, and that port has TLS: it wants https.`
      : `${behind ? 'The server' : 'The client'} opened TLS towards ${authority ?? url ?? (behind ? 'a service that it needs' : 'the server')}, and the other side answered in plain HTTP: it has no TLS on this port.`,
  fix: ({ url, authority, behind, reverse }) =>
    reverse
      ? [
          {
            say: "Write https:// in place of http:// in the URL of the client's entry:",
            edit: {
              file: 'the client config',
              at: 'url',
              to: `"url": "${url ? secure(url) : `https://${authority ?? '<host>:<port>'}/<path>`}"`,
            },
          },
          {
            say: 'Where a proxy calls the server, the same holds for its address (nginx: proxy_pass https://...; a tunnel: --url https://...).',
          },
        ]
      : behind
        ? [
            {
              say: `Write http:// in place of https:// in the setting of the server that names ${authority ?? 'this service'} (a variable in the entry, an argument, or its own file), or name the port on which the service has TLS.`,
            },
            { say: 'See which of the two the port speaks:', run: `curl -i http://${authority ?? '<host>:<port>'}/` },
          ]
        : [
            {
              say: "Write http:// in place of https:// in the URL of the client's entry:",
              edit: {
                file: 'the client config',
                at: 'url',
                to: `"url": "${url ? plain(url) : `http://${authority ?? '<host>:<port>'}/<path>`}"`,
              },
            },
            {
              say: 'For clients that accept https only, put a reverse proxy with a certificate (Caddy, nginx, a tunnel) before the server and use its URL.',
            },
          ],
  why: 'Development servers speak plain HTTP unless they were given a certificate. The TLS library of the client takes the letters "HTTP" for a record header and complains about a version number or a length, which hides how simple the matter is.',
  refs: ['https://www.rfc-editor.org/rfc/rfc8446#section-5.1'],
  examples: [
    {
      name: 'live, the port answers plain HTTP',
      finds: true,
      evidence: {
        network: {
          host: '127.0.0.1',
          port: 3000,
          tls: true,
          addresses: [{ address: '127.0.0.1', family: 4 }],
          attempts: [{ address: '127.0.0.1', ms: 1 }],
          tlsError: { code: 'ERR_SSL_PACKET_LENGTH_TOO_LONG', message: 'packet length too long' },
          plainHttpAnswers: true,
        },
      },
    },
    {
      name: 'Node',
      finds: true,
      symptoms: {
        url: 'https://localhost:3000/sse',
        clientError:
          'SSE error: request to https://localhost:3000/sse failed, reason: write EPROTO C0ECEEC9:error:0A0000C6:SSL routines:tls_get_more_records:packet length too long',
      },
    },
    {
      name: 'Go',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'Post "https://localhost:8080/mcp": http: server gave HTTP response to HTTPS client',
      },
    },
    {
      name: 'Python',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'httpx.ConnectError: [SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)',
      },
    },
    {
      name: 'Java',
      finds: true,
      symptoms: {
        transport: 'sse',
        clientError: 'javax.net.ssl.SSLException: Unsupported or unrecognized SSL message',
      },
    },
    {
      name: 'a stdio server towards its backend',
      finds: true,
      symptoms: {
        transport: 'stdio',
        entry: { command: 'acme-mcp', args: ['stdio'] },
        stderr:
          'Error: failed to fetch schema: Get "https://localhost:8088/api": http: server gave HTTP response to HTTPS client',
        exitCode: 1,
      },
    },
    {
      name: 'an image from a registry without TLS',
      finds: false,
      symptoms: {
        transport: 'stdio',
        entry: { command: 'docker', args: ['run', '-i', 'reg.corp.example:5000/acme-mcp'] },
        stderr:
          'docker: Error response from daemon: Get "https://reg.corp.example:5000/v2/": http: server gave HTTP response to HTTPS client.',
        exitCode: 125,
      },
    },
    {
      name: 'the log of a Python server',
      finds: true,
      symptoms: {
        transport: 'sse',
        serverLog:
          "127.0.0.1 - - [22/Nov/2026 08:00:01] code 400, message Bad request version ('\\x16\\x03\\x01\\x02\\x00\\x01')",
      },
    },
    {
      name: 'the other way round: nginx got plain HTTP on a port with TLS',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        url: 'http://mcp.acme.dev:8443/mcp',
        http: {
          status: 400,
          body: '<h1>400 Bad Request</h1><center>The plain HTTP request was sent to HTTPS port</center>',
        },
      },
    },
    {
      name: 'uvicorn, which does not print what it got',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        url: 'https://localhost:8000/mcp',
        serverLog: 'WARNING:  Invalid HTTP request received.',
      },
    },
    {
      name: 'a certificate that is not trusted',
      finds: false,
      symptoms: { url: 'https://localhost:3000/mcp', clientError: 'fetch failed: self-signed certificate' },
    },
    {
      name: 'the URL has http already',
      finds: false,
      symptoms: { url: 'http://localhost:3000/mcp', clientError: 'wrong version number' },
    },
    {
      name: 'curl alone',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        url: 'https://localhost:8443/mcp',
        clientError: 'curl: (35) OpenSSL SSL_connect: SSL_ERROR_SYSCALL in connection to localhost:8443',
      },
    },
  ],
});
