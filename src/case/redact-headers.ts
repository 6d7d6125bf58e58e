/** Headers as a case file keeps them. */
import { isPlaceholder, type Redactor } from './redact.js';

/** Response headers whose values may be kept. Everything else is kept as its name alone. */
const KEPT_HEADERS = new Set([
  'access-control-allow-headers',
  'access-control-allow-methods',
  'access-control-allow-origin',
  'access-control-expose-headers',
  'age',
  'allow',
  'alt-svc',
  'cache-control',
  'cf-cache-status',
  'cf-mitigated',
  'cf-ray',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'date',
  'fly-request-id',
  'keep-alive',
  'location',
  'mcp-protocol-version',
  'ngrok-error-code',
  'proxy-agent',
  'proxy-status',
  'retry-after',
  'server',
  'strict-transport-security',
  'transfer-encoding',
  'upgrade',
  'vary',
  'via',
  'www-authenticate',
  'x-accel-buffering',
  'x-amzn-errortype',
  'x-amzn-waf-action',
  'x-cache',
  'x-cdn',
  'x-envoy-upstream-service-time',
  'x-powered-by',
  'x-railway-edge',
  'x-railway-fallback',
  'x-railway-request-id',
  'x-render-routing',
  'x-report-abuse',
  'x-served-by',
  'x-squid-error',
  'x-vercel-error',
  'x-vercel-id',
  'x-vercel-mitigated',
]);

/** Whether the value of a response header may be kept. Its name is in lower case. */
export const isKeptHeader = (name: string): boolean => KEPT_HEADERS.has(name);

/** What a person writes in place of a value: "(absent)", "(dropped by proxy)". */
const REMARK = /^\([a-z]{2,20}(?: [a-z]{1,20}){0,6}\)$/i;

/** Headers by allow-list: the value of a known one, `<set>` for any other. A remark in place of a value is kept. */
export function redactHeaders(headers: Record<string, string>, redact: Redactor): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => {
      const key = name.toLowerCase();
      return [key, KEPT_HEADERS.has(key) || REMARK.test(value) ? redact(value).slice(0, 1_000) : '<set>'];
    }),
  );
}

/** Request headers that a person reported. Of credentials the scheme is kept, and a placeholder that was never filled in. */
export function redactRequestHeaders(headers: Record<string, string>, redact: Redactor): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => {
      if (
        /^(?:accept|accept-encoding|access-control-request-(?:headers|method)|content-type|host|last-event-id|mcp-method|mcp-protocol-version|origin|user-agent)$/i.test(
          name,
        )
      )
        return [name, redact(value).slice(0, 1_000)];
      if (isPlaceholder(value)) return [name, value];
      const scheme = /^(?:(?:Bearer|Basic|Token|Digest) +){1,2}/i.exec(value)?.[0] ?? '';
      return [name, `${scheme}<set>`];
    }),
  );
}
