/** The proxy that the environment names: whether it applies to a URL, and what a client that obeys it meets. */
import { request } from 'node:http';
import type { Evidence } from '../case/evidence.js';
import { errorOf } from '../wire/http-exchange.js';

type Proxy = NonNullable<Evidence['network']['proxy']>;
type Environment = Record<string, string | undefined>;

const NAMES = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY'];
const KEPT_BODY = 500;
const MAX_INTERIM = 100;

/**
 * Whether NO_PROXY exempts a host: `*`, a name, a name with its subdomains (with or without a dot in front), each perhaps with a
 * port. There is no standard; this is what curl, Go, Python requests and undici have in common.
 */
export function isExempt({ hostname, port, protocol }: URL, noProxy: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const own = port || (protocol === 'https:' ? '443' : '80');
  return noProxy
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean)
    .some((entry) => {
      const [, name = '', wanted] = /^(.*?)(?::(\d+))?$/.exec(entry) ?? [];
      if (wanted !== undefined && wanted !== own) return false;
      const bare = (wanted === undefined ? entry : name).replace(/^\*?\./, '').replace(/^\[|\]$/g, '');
      return bare === '*' || host === bare || host.endsWith(`.${bare}`);
    });
}

/** The variable that names the proxy for a URL. Lower case wins, as in curl; `http_proxy` alone is read for plain HTTP. */
function variableFor(url: URL, env: Environment): string | undefined {
  const scheme = url.protocol === 'https:' ? 'https_proxy' : 'http_proxy';
  return [scheme, scheme.toUpperCase(), 'all_proxy', 'ALL_PROXY'].find((name) => env[name]);
}

/** Ask the proxy the way a client does: CONNECT for https (RFC 9110 section 9.3.6), the whole URL otherwise. */
function askThrough(proxy: URL, url: URL, timeoutMs: number): Promise<NonNullable<Proxy['through']>> {
  const from = performance.now();
  const ms = () => performance.now() - from;
  const tunnel = url.protocol === 'https:';
  const target = `${url.hostname}:${url.port || (tunnel ? 443 : 80)}`;
  return new Promise((resolve) => {
    let status: number | undefined;
    let body = '';
    const end = (error?: NonNullable<Proxy['through']>['error']) => {
      clearTimeout(timer);
      asked.destroy();
      resolve({
        ms: ms(),
        ...(status !== undefined && { status }),
        ...(body && { body: body.slice(0, KEPT_BODY) }),
        ...(error && { error }),
      });
    };
    // A limit for the whole: an answer that trickles is never idle. What came of a refusal until then is kept.
    const timer = setTimeout(
      () => end(status === undefined ? { code: 'ETIMEDOUT', message: 'the proxy: ETIMEDOUT' } : undefined),
      timeoutMs,
    );
    const asked = request({
      host: proxy.hostname.replace(/^\[|\]$/g, ''),
      port: proxy.port || 80,
      method: tunnel ? 'CONNECT' : 'GET',
      path: tunnel ? target : `${url.origin}${url.pathname}`,
      headers: {
        host: tunnel ? target : url.host,
        accept: 'text/event-stream',
        ...(proxy.username && {
          'proxy-authorization': `Basic ${Buffer.from(`${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`).toString('base64')}`,
        }),
      },
      agent: false,
    });
    asked.once('connect', (response, socket) => {
      socket.destroy();
      status = response.statusCode;
      end();
    });
    let interim = 0;
    asked.on('information', () => {
      if (++interim === MAX_INTERIM) end({ code: 'HTTP_INTERIM_FLOOD', message: 'the proxy: HTTP_INTERIM_FLOOD' });
    });
    asked.once('response', (response) => {
      status = response.statusCode;
      response.on('error', () => end());
      // The body of a refusal names the proxy; that of the server may be a stream without an end.
      if ((status ?? 0) < 400) return end();
      response.setEncoding('latin1');
      response.on('data', (part: string) => {
        body += part;
        if (body.length > KEPT_BODY) end();
      });
      return void response.once('end', () => end());
    });
    // The address of the proxy is the value of a variable: the code alone is kept.
    asked.on('error', (error) => {
      const { code } = errorOf(error);
      end({ code, message: `the proxy: ${code}` });
    });
    asked.once('close', () => end({ code: 'UND_ERR_SOCKET', message: 'the proxy: UND_ERR_SOCKET' }));
    asked.end();
  });
}

/** What the environment says of proxies, and what its proxy answers when it may be `asked`. Undefined when no variable is set. */
export async function observeProxy(
  url: URL,
  env: Environment,
  timeoutMs: number,
  asked = true,
): Promise<Proxy | undefined> {
  const variables = NAMES.flatMap((name) => [name, name.toLowerCase()]).filter((name) => env[name]);
  const name = variableFor(url, env);
  if (variables.length === 0) return undefined;
  const exempt = isExempt(url, env.no_proxy ?? env.NO_PROXY ?? '');
  if (name === undefined || exempt) return { variables, exempt };
  const value = env[name] ?? '';
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`;
  // SOCKS and TLS towards the proxy are said, not spoken.
  if (!asked || !URL.canParse(text) || new URL(text).protocol !== 'http:') return { variables, exempt, applies: name };
  return { variables, exempt, applies: name, through: await askThrough(new URL(text), url, timeoutMs) };
}
