/** What the checks of authorization read off the evidence: whether credentials are asked for, by which rules, and how each try ended. */
import type { Evidence, Exchange } from '../case/evidence.js';
import { at } from '../case/pointer.js';
import { type Check, type CheckLevel, defineCheck, type Judgement } from './check.js';

/** The page of 2025-11-25. 2026-07-28 splits it into several, with the same rules where nothing else is said. */
export const SPEC = 'https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization';
export const NEXT_SPEC = 'https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization';

/** What nobody sees who does not sign in. */
export const ONLY_OAUTH = 'only with --auth oauth';

export type Walk = Evidence['authorization'];
type Run = Evidence['series']['runs'][number];

/** What a check of authorization is told. */
export interface Told {
  walk: Walk;
  exchanges: Exchange[];
  runs: Run[] | undefined;
  /** The revision that was agreed on: of the later era when the server speaks that. Undefined: no conversation was opened. */
  revision: string | undefined;
  /** `initialize` was answered: what is refused without credentials is not refused for the want of the era. */
  legacy: boolean;
}

/** One try at being let in. */
export interface Try {
  index: number;
  exchange: Exchange;
  /** `served`: it was done. `refused`: it was not, by whatever status. `unclear`: the answer is about something else. */
  end: 'served' | 'refused' | 'unclear';
}

const isMcp = ({ contentType }: Exchange): boolean =>
  /^(?:application\/json|text\/event-stream)\b/i.test(contentType ?? '');

/** Whether somebody was let in. An error in JSON-RPC behind HTTP 200, a page and a redirect are refusals in disguise. */
function endOf(exchange: Exchange): Try['end'] {
  const { status, body = '' } = exchange;
  if (status === undefined || status === 429 || status >= 500) return 'unclear';
  if (status >= 300) return 'refused';
  return isMcp(exchange) && !(/"error"\s*:\s*\{/.test(body) && !/"result"\s*:/.test(body)) ? 'served' : 'refused';
}

/** The tries of one experiment, in their order. */
export function triesOf({ runs, exchanges }: Told, experiment: Run['experiment']): Try[] {
  const run = runs?.find((entry) => entry.experiment === experiment);
  return (run?.exchanges ?? []).flatMap((index) => {
    const exchange = exchanges[index];
    return exchange ? [{ index, exchange, end: endOf(exchange) }] : [];
  });
}

/** Why an experiment was not made, as a judgement: what the server does not have needs no proof, what was not tried has none. */
export function untried({ runs }: Told, experiment: Run['experiment']): Judgement {
  const run = runs?.find((entry) => entry.experiment === experiment);
  const says = run?.skipped ?? (runs ? 'nobody tried' : 'the experiments were not made');
  if (says === 'the conversation was never opened') return { outcome: 'not-verified', says: ONLY_OAUTH };
  if (/^(?:the server gave no|the token is opaque)/.test(says)) return { outcome: 'not-applicable', says };
  if (/^there (?:is no bearer token|are no credentials)/.test(says))
    return { outcome: 'not-applicable', says: `applies to tokens: ${says}` };
  return { outcome: 'not-verified', says };
}

/** What an answer was, in few words. */
export const saying = ({ status, error, contentType }: Exchange): string => {
  if (status === undefined) return error?.code ?? 'no answer';
  return `HTTP ${status}${status === 200 && /^text\/html\b/i.test(contentType ?? '') ? ' and a page' : ''}`;
};

export const exchangeAt = (index: number | undefined): string[] =>
  index === undefined ? [] : [at('http', 'exchanges', index)];

/** The requests without any credentials: initialize, the harmless request, and that within the session of somebody who is let in. */
export function bareTries(told: Told): { open: Try | undefined; plain: Try | undefined; within: Try | undefined } {
  const tries = triesOf(told, 'without-credentials');
  return {
    open: tries.find(({ exchange }) => exchange.rpc === 'initialize'),
    plain: tries.find(({ exchange }) => exchange.rpc !== undefined && exchange.rpc !== 'initialize'),
    within: triesOf(told, 'session-without-credentials')[0],
  };
}

/** The first request of a client without credentials, and how it ended. */
export function firstTry(told: Told): Try | undefined {
  const { open, plain } = bareTries(told);
  const { challenge } = told.walk;
  if (open || plain) return told.legacy ? (open ?? plain) : (plain ?? open);
  const exchange = challenge?.credentials === 'none' ? told.exchanges[challenge.exchange] : undefined;
  return challenge && exchange ? { index: challenge.exchange, exchange, end: endOf(exchange) } : undefined;
}

/** A list that was given to somebody without credentials, outside of anybody's session. */
export function listedBare({ exchanges }: Told): Try | undefined {
  const index = exchanges.findIndex(
    (exchange) =>
      exchange.credentials === 'none' &&
      /\/list$/.test(exchange.rpc ?? '') &&
      [exchange.rpc, 'auth-challenge', 'without-credentials'].includes(exchange.purpose) &&
      endOf(exchange) === 'served',
  );
  const exchange = exchanges[index];
  return exchange && { index, exchange, end: 'served' };
}

/** Whether requests are served without credentials: then no try with a wrong token shows anything. */
export function isOpen(told: Told): boolean {
  const { open, plain } = bareTries(told);
  return open?.end === 'served' || plain?.end === 'served' || listedBare(told) !== undefined;
}

/** Somebody without credentials was refused for that reason. */
const isDemand = ({ status, headers }: Pick<Exchange, 'status' | 'headers'>): boolean =>
  status === 401 || (status === 403 && headers?.['www-authenticate'] !== undefined);

/** Whether OAuth is meant, rather than a fixed key: metadata are named or there, or somebody tried to sign in. */
export const meansOauth = ({ challenge, resourceMetadata, serverMetadata, grants, registration }: Walk): boolean =>
  (challenge?.challenges.some(({ parameters }) => parameters.resource_metadata !== undefined) ?? false) ||
  [...resourceMetadata, ...serverMetadata].some(({ outcome }) =>
    ['found', 'invalid', 'too-large', 'unsafe'].includes(outcome),
  ) ||
  grants.length > 0 ||
  (registration !== undefined && registration.outcome !== 'not-tried');

/** Whether somebody who brings no credentials is told to bring some. */
export const demandsCredentials = ({ walk, exchanges }: Told): boolean =>
  meansOauth(walk) ||
  walk.challenge?.credentials === 'none' ||
  exchanges.some((exchange) => exchange.credentials === 'none' && isDemand(exchange));

export type ServerDocument = NonNullable<Walk['serverMetadata'][number]['document']>;
type Asked = Walk['resourceMetadata'][number] | Walk['serverMetadata'][number];

export const challengeOf = ({ challenge }: Walk) =>
  challenge?.challenges.find(({ scheme }) => /^(?:bearer|dpop)$/i.test(scheme))?.parameters ?? {};

/** The first document of the resource, which clients take. */
export function resourceOf({ resourceMetadata }: Walk) {
  const index = resourceMetadata.findIndex(({ document }) => document !== undefined);
  const entry = resourceMetadata[index];
  return entry?.document && { index, entry, document: entry.document };
}

/** The document of the authorization server: the one that was used, else the first. */
export function serverOf({ serverMetadata, used }: Walk) {
  const index = used ?? serverMetadata.findIndex(({ document }) => document !== undefined);
  const entry = serverMetadata[index];
  return entry?.document && { index, entry, document: entry.document };
}

export const NO_DOCUMENT: Judgement = { outcome: 'not-applicable', says: 'applies to metadata that are there' };

/** The answer says that somebody is to come again later, or there was none: nothing about the document. */
export const isMute = ({ outcome, exchange = -1 }: Asked, { exchanges }: Told): boolean =>
  outcome === 'no-answer' || [429, 503].includes(exchanges[exchange]?.status ?? 0);

/** What is wrong with a document that was not there, or not as it must be. */
export function wrongWith({ outcome, why, exchange = -1 }: Asked, { exchanges }: Told): string {
  const status = `HTTP ${exchanges[exchange]?.status ?? '(no answer)'}`;
  const words: Partial<Record<Asked['outcome'], string>> = {
    refused: `${status}: it asks for credentials`,
    'not-json': `${status}, but no JSON`,
    'too-large': 'it does not end',
    redirect: why ?? 'it redirects',
    invalid: why ?? 'it lacks what it must have',
    unsafe: 'its address is not asked',
  };
  return words[outcome] ?? status;
}

interface AuthorizationCheck {
  id: string;
  title: string;
  level: CheckLevel;
  section: string;
  /** Whether it also concerns servers that are opened by a fixed key. */
  keys?: boolean;
  test(told: Told): Judgement;
}

/** A check that applies to servers that ask for credentials, and to OAuth unless it says otherwise. */
export function authorizationCheck({ test, keys = false, ...spec }: AuthorizationCheck): Check {
  return defineCheck({
    ...spec,
    transport: 'http',
    needs: ['http'],
    uses: ['authorization', 'series', 'handshake'],
    test({ http, authorization: walk, series, handshake }) {
      if (!walk)
        return http.exchanges.some(isDemand)
          ? { outcome: 'not-verified', says: 'nobody looked at its authorization' }
          : { outcome: 'not-applicable', says: 'applies to servers that ask for credentials' };
      const modern = handshake?.discover.status === 'answered' ? '2026-07-28' : undefined;
      const told = {
        walk,
        exchanges: http.exchanges,
        runs: series?.runs,
        revision: modern ?? handshake?.initialize.revision,
        legacy: handshake?.initialize.status === 'answered',
      };
      if (!demandsCredentials(told) && !bareTries(told).open && walk.challenge === undefined)
        return { outcome: 'not-applicable', says: 'applies to servers that ask for credentials' };
      if (!keys && !meansOauth(walk)) return { outcome: 'not-applicable', says: 'applies to servers with OAuth' };
      return test(told);
    },
  });
}
