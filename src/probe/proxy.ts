/** The proxy that the environment names: whether it applies to a URL, and what a client that obeys it meets. */
import { request } from 'node:http';
import type { Evidence } from '../case/evidence.js';
import { errorOf } from '../wire/http-exchange.js';

type Proxy = NonNullable<Evidence['network']['proxy']>;
type Environment = Record<string, string | undefined>;

const NAMES = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY'];
const KEPT_BODY = 500;

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
    asked.setTimeout(timeoutMs, () => asked.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })));
    asked.once('connect', (response, socket) => {
      socket.destroy();
      resolve({ ms: ms(), status: response.statusCode });
    });
    asked.once('response', (response) => {
      let body = '';
      const end = () => {
        asked.destroy();
        resolve({ ms: ms(), status: response.statusCode, ...(body && { body: body.slice(0, KEPT_BODY) }) });
      };
      // The body of a refusal names the proxy; that of the server may be a stream without an end.
      if ((response.statusCode ?? 0) < 400) return end();
      response.setEncoding('latin1');
      response.on('data', (part: string) => {
        body += part;
        if (body.length > KEPT_BODY) end();
      });
      response.once('end', end);
      return undefined;
    });
    // The address of the proxy is the value of a variable: the code alone is kept.
    asked.once('error', (error) => {
      const { code } = errorOf(error);
      resolve({ ms: ms(), error: { code, message: `the proxy: ${code}` } });
    });
    asked.end();
  });
}

/** What the environment says of proxies, and what its proxy answers. Undefined when no variable is set. */
export async function observeProxy(url: URL, env: Environment, timeoutMs: number): Promise<Proxy | undefined> {
  const variables = NAMES.flatMap((name) => [name, name.toLowerCase()]).filter((name) => env[name]);
  const name = variableFor(url, env);
  if (variables.length === 0) return undefined;
  const exempt = isExempt(url, env.no_proxy ?? env.NO_PROXY ?? '');
  if (name === undefined || exempt) return { variables, exempt };
  const value = env[name] ?? '';
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`;
  // SOCKS and TLS towards the proxy are said, not spoken.
  if (!URL.canParse(text) || new URL(text).protocol !== 'http:') return { variables, exempt, applies: name };
  return { variables, exempt, applies: name, through: await askThrough(new URL(text), url, timeoutMs) };
}
