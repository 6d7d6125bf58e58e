/** Who misses or blames credentials: challenges, bodies and entries. */
import { oauthChallenge, parseChallenges } from '../case/challenges.js';
import type { Evidence, Exchange } from '../case/evidence.js';
import { words } from './words.js';

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
  // Of a header that was pasted without its scheme the parameters are left.
  const bare = /^\s*[\w-]+\s*=/.test(text);
  const challenges = parseChallenges(bare ? `Bearer ${text}` : text);
  const one = oauthChallenge(challenges) ?? challenges[0];
  const parameter = (name: string) => one?.parameters[name] || null;
  return {
    scheme: bare ? null : (one?.scheme ?? null),
    realm: parameter('realm'),
    error: parameter('error'),
    says: parameter('error_description'),
    scope: parameter('scope'),
    metadata: parameter('resource_metadata'),
  };
}

/** Words that blame a value which was sent, and words that miss one. A few servers say "invalid_token" to both. */
export const BLAMES =
  /invalid[_ -](?:or[_ -]expired[_ -])?(?:access[_ -]|bearer[_ -]|auth\w*[_ -])?(?:token|api[_ -]?key|key|credentials|signature)|(?:token|key|jwt|signature|credentials?|PAT)\b.{0,40}\b(?:expired|invalid|revoked|malformed|rejected|not valid|incorrect|not recogni[sz]ed)|(?:token|jwt|signature|credentials?) (?:verification|validation|introspection|check) failed|(?:could(?: not|n't)|unable to|failed to|cannot|error) (?:verify|validate|decode|verifying|validating|decoding) (?:the )?(?:access |bearer )?(?:token|jwt|credentials)|\b(?:expired|revoked|unknown|unrecogni[sz]ed|incorrect) (?:access |bearer )?(?:token|api[_ -]?key|credentials)|insufficient[_ -](?:scopes?|permissions?|privileges)|bad credentials|wrong (?:password|key|token)|ExpiredSignature|InvalidSignature|JWT(?:Expired|Invalid)|\bIDX10\d{3}\b/i;
export const MISSES =
  /\b(?:missing|no|requires?d?|without|needs?|provide|expected)\b.{0,30}\b(?:authorization|authentication|auth|bearer|token|api[_ -]?key|credentials?|login)|\b(?:authorization|authentication|bearer|token|api[_ -]?key|credentials?|login)\b.{0,30}\b(?:missing|required|not (?:provided|found|present|supplied|set))|not authenticated|unauthenticated/i;

/** The header itself is missed. */
const ABSENT =
  /\b(?:missing|no|without|lacks?)\b.{0,12}\b(?:required )?(?:the )?['"`]?authorization['"`]? header\b|\bauthorization header\b.{0,20}\b(?:is |was )?(?:missing|not (?:found|present|provided|set|sent)|required|absent)\b/i;

/** The server says that no header came. What the entry carries under a wrong key never reaches it. */
export const missesHeader = (given: Partial<Evidence>): boolean =>
  [
    ...words(given).map(({ text }) => text),
    ...(given.http?.exchanges ?? []).map(({ body, headers }) => `${headers?.['www-authenticate'] ?? ''} ${body ?? ''}`),
  ].some((text) => ABSENT.test(text));

/** What API Gateway of AWS says to a path that it does not know; no credentials are missing. */
export const NO_ROUTE = /"message"\s*:\s*"Missing Authentication Token"/;

/** Keys under which clients and frameworks keep credentials. Variables (GITHUB_TOKEN) are not sent. */
const CARRIER =
  /^(?:proxy-)?(?:authorization|cookie|(?:x[-_])?[\w-]*(?:api|subscription|auth|access)[-_]?key|[\w-]*token|bearer|bearer_token_env_var|personal_?access_?token|pat|password|secret)$/i;

/** An argument with which bridges and clients are handed a header or a token. */
const ARGUMENT =
  /(?:^| )(?:--?headers?|-H)[ =]"?(?:authorization|x-[\w-]+|[\w-]*(?:token|key))\b|--(?:bearer|(?:api|access|auth|bearer)-?(?:key|token)|token)[ =]\S/i;

/** A client or a server says that something was sent. */
const TOLD =
  /\b(?:using|with|sent|sending|send|adding|added|attach(?:ed|ing)|passing|included?|including)\b.{0,20}\b(?:bearer|api[ _-]?key|access[ _-]token|auth\w* (?:header|token)|(?:custom |static )?(?:token|credentials))\b|\bauthorization["']?\s*:\s*["']?(?:bearer|basic|token)\b/i;

/** What a report says was sent: credentials in the entry or in words, or a placeholder that was never filled in. */
export function entryCarries(given: Partial<Evidence>): { header: boolean; placeholder: boolean } {
  const { reported, http, launch } = given;
  const sent =
    http?.exchanges
      .filter(({ credentials }) => credentials !== 'none')
      .map(({ requestHeaders }) => JSON.stringify(requestHeaders ?? {}))
      .join('') ?? '';
  const pairs = [...`${reported?.entry ?? ''}${sent}`.matchAll(/"([\w-]{1,60})"\s*:\s*"([^"]{1,300})"/g)];
  // A scheme with nothing behind it carries nothing.
  const kept = pairs.filter(
    ([, key = '', value = '']) =>
      !/^(?:Bearer|Basic|Token)\s*$/i.test(value) && CARRIER.test(key) && !/^[A-Z0-9]+_[A-Z0-9_]+$/.test(key),
  );
  const inUrl = /[?&][^=&\s]*(?:key|token|secret)[^=&\s]*=[^&\s]/i.test(reported?.url ?? '');
  const told = words(given).some(
    ({ text }) => TOLD.test(text) && !MISSES.test(text) && !/provide|please|try|should|must/i.test(text),
  );
  return {
    header: kept.length > 0 || inUrl || told || ARGUMENT.test((launch?.args ?? []).join(' ')),
    // "<set>" and "<redacted ...>" are our own marks for a value that was there.
    placeholder: kept.some(([, , value = '']) =>
      /\$\{|\$[A-Z_]{3,}|\{env:|\{\{|%[A-Z_]{3,}%|<(?!set>|redacted)[a-z _-]+>|\bYOUR[_ -]/i.test(value),
    ),
  };
}
