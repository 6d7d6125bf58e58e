/** Who misses or blames credentials: challenges, bodies and entries. */
import type { Evidence, Exchange } from '../case/evidence.js';

/** What WWW-Authenticate says (RFC 9110, RFC 6750, RFC 9728). */
export function challengeOf({ headers = {} }: Exchange): {
  scheme: string | null;
  realm: string | null;
  error: string | null;
  says: string | null;
  scope: string | null;
  metadata: string | null;
} {
  const text = headers['www-authenticate'] ?? '';
  const parameter = (name: string) => new RegExp(String.raw`\b${name}="?([^",]{1,500})`, 'i').exec(text)?.[1] ?? null;
  return {
    scheme: /^(?<scheme>[A-Za-z][\w-]*)(?: |$)/.exec(text)?.groups?.scheme ?? null,
    realm: parameter('realm'),
    error: parameter('error'),
    says: parameter('error_description'),
    scope: parameter('scope'),
    metadata: parameter('resource_metadata'),
  };
}

/** Words that blame a value which was sent, and words that miss one. A few servers say "invalid_token" to both. */
export const BLAMES =
  /invalid[_ -](?:access[_ -])?(?:token|api[_ -]?key|key|credentials|signature)|(?:token|key|jwt|signature|credentials?)\b.{0,40}\b(?:expired|invalid|revoked|malformed|rejected|not valid|incorrect)|insufficient[_ ](?:scope|permission)|bad credentials|wrong (?:password|key|token)/i;
export const MISSES =
  /\b(?:missing|no|requires?d?|without|needs?|provide|expected)\b.{0,30}\b(?:authorization|authentication|auth|bearer|token|api[_ -]?key|credentials?|login)|\b(?:authorization|authentication|bearer|token|api[_ -]?key|credentials?|login)\b.{0,30}\b(?:missing|required|not (?:provided|found|present|supplied))|not authenticated|unauthenticated/i;

/** What the entry of a report carries: a header of credentials, or a placeholder that was never filled in. */
export function entryCarries({ reported, http }: Partial<Evidence>): { header: boolean; placeholder: boolean } {
  const sent = http?.exchanges.map(({ requestHeaders }) => JSON.stringify(requestHeaders ?? {})).join('') ?? '';
  const text = `${reported?.entry ?? ''}${sent}`;
  const header = /"(?:authorization|x-api-key|api[_-]?key|x-[\w-]*token|cookie)"\s*:\s*"[^"]/i.test(text);
  return {
    header,
    placeholder: header && /\$\{|\$[A-Z_]{3,}|\{env:|\{\{|%[A-Z_]{3,}%|<[a-z _-]+>|\bYOUR[_ -]/i.test(text),
  };
}
