/** How browsers name a failed request, with the code that Node gives the same failure and the phase in which it happened. */
import type { Exchange } from './evidence.js';

type Failure = NonNullable<Exchange['error']>;

/** Chrome: https://source.chromium.org/chromium/chromium/src/+/main:net/base/net_error_list.h */
const CHROME: [RegExp, string, Failure['phase']][] = [
  [/CONNECTION_REFUSED/, 'ECONNREFUSED', 'connect'],
  [/NAME_NOT_RESOLVED|NAME_RESOLUTION_FAILED/, 'ENOTFOUND', 'connect'],
  [/CONNECTION_TIMED_OUT/, 'UND_ERR_CONNECT_TIMEOUT', 'connect'],
  [/ADDRESS_UNREACHABLE/, 'EHOSTUNREACH', 'connect'],
  [/INTERNET_DISCONNECTED|NETWORK_CHANGED|NETWORK_IO_SUSPENDED/, 'ENETUNREACH', 'connect'],
  [/CERT_DATE_INVALID/, 'CERT_HAS_EXPIRED', 'connect'],
  [/CERT_AUTHORITY_INVALID/, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'connect'],
  [/CERT_COMMON_NAME_INVALID/, 'ERR_TLS_CERT_ALTNAME_INVALID', 'connect'],
  [/CERT_/, 'CERT_UNTRUSTED', 'connect'],
  [/SSL_PROTOCOL_ERROR/, 'ERR_SSL_WRONG_VERSION_NUMBER', 'connect'],
  [/SSL_|ECH_/, 'EPROTO', 'connect'],
  [/PROXY_CONNECTION_FAILED|TUNNEL_CONNECTION_FAILED/, 'ERR_PROXY_CONNECTION_FAILED', 'connect'],
  [/CONNECTION_RESET/, 'ECONNRESET', 'headers'],
  [/EMPTY_RESPONSE|CONNECTION_CLOSED|CONNECTION_ABORTED/, 'UND_ERR_SOCKET', 'headers'],
  [/TIMED_OUT/, 'UND_ERR_HEADERS_TIMEOUT', 'headers'],
  [/HTTP2_|QUIC_/, 'ERR_HTTP2_ERROR', 'headers'],
  [/INVALID_HTTP_RESPONSE|INVALID_CHUNKED/, 'HPE_INVALID_CONSTANT', 'headers'],
  [/INCOMPLETE_CHUNKED|CONTENT_LENGTH_MISMATCH/, 'UND_ERR_SOCKET', 'body'],
];

/** The failure that a name such as `net::ERR_CONNECTION_REFUSED` stands for; undefined for one that the page itself caused. */
export function browserFailure(name: string): Failure | undefined {
  if (/ERR_(?:ABORTED|CACHE_MISS)$/.test(name)) return undefined;
  const [, code, phase] = CHROME.find(([pattern]) => pattern.test(name)) ?? [];
  return {
    code: code ?? name.replace(/^net::/, '').slice(0, 60),
    message: name.slice(0, 200),
    phase: phase ?? 'headers',
  };
}
