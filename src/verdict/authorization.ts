/** The walk through OAuth as a table: each step with what was asked, what came back, and what that is worth. */
import type { Evidence } from '../case/evidence.js';
import { at } from '../case/pointer.js';
import {
  type Authorization,
  exchangeAt,
  type Fault,
  meansOauth,
  resourceDocument,
  STEPS,
  type Step,
  served,
  serverDocument,
} from '../causes/oauth-faults.js';
import { faultsOf } from '../causes/oauth-steps.js';
import { isOurs } from '../causes/oauth-walk.js';
import { PARTY_NAMES, STEP_TITLES, shortOf } from '../causes/oauth-words.js';
import { NO_SIGN_IN } from './path.js';
import type { AuthorizationStep } from './verdict.js';

type Row = Omit<AuthorizationStep, 'cites'> & { cites: string[] };
/** What was seen of a step: nothing, when it was not made. */
type Seen = Pick<Row, 'request' | 'answer' | 'says' | 'cites'> | null;

const ONLY_OAUTH = 'only with --auth oauth';

const lifetime = (seconds: number): string => {
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7_200 ? `${Math.round(seconds / 60)} minutes` : `${Math.round(seconds / 3_600)} hours`;
};

/** A list in few words. */
const joined = (...parts: (string | false | undefined)[]): string => parts.filter(Boolean).join(', ');

class Walked {
  readonly walk: Authorization;
  readonly #exchanges: Evidence['http']['exchanges'];

  constructor(walk: Authorization, http: Evidence['http'] | undefined) {
    this.walk = walk;
    this.#exchanges = http?.exchanges ?? [];
  }

  /** A URL as short as it can be told: on the host of the MCP server its path is enough. */
  #short(url: string): string {
    if (!URL.canParse(url) || !URL.canParse(this.walk.resource)) return url;
    const [home, there] = [new URL(this.walk.resource), new URL(url)];
    return home.origin === there.origin ? there.pathname + there.search : url;
  }

  /** Request and answer of one exchange. */
  #exchange(index: number | undefined): Pick<Row, 'request' | 'answer'> {
    const record = index === undefined ? undefined : this.#exchanges[index];
    if (!record) return {};
    const type = /json/.test(record.contentType ?? '') ? ' JSON' : /html/.test(record.contentType ?? '') ? ' HTML' : '';
    return {
      request: `${record.method} ${this.#short(record.url)}`,
      answer: record.status === undefined ? (record.error?.code ?? 'no answer') : `${record.status}${type}`,
    };
  }

  challenge(): Seen {
    const { challenge } = this.walk;
    if (!challenge) return null;
    const { challenges, exchange, credentials } = challenge;
    const named = challenges.some(({ parameters }) => parameters.resource_metadata !== undefined);
    const schemes = challenges.map(({ scheme }) => scheme).join(', ');
    const { request, answer } = this.#exchange(exchange);
    return {
      ...(request !== undefined && { request }),
      answer: `${answer?.replace(/ .*/, '') ?? challenge.status}${schemes ? ` ${schemes}` : ''}`,
      says: joined(
        credentials === 'sent' && 'the credentials that were sent are refused',
        named ? 'it names its metadata' : schemes === '' ? 'no WWW-Authenticate' : 'it names no metadata',
      ),
      cites: exchangeAt(exchange),
    };
  }

  'resource-metadata'(): Seen {
    const { resourceMetadata, fallback } = this.walk;
    const found = resourceDocument(this.walk);
    const entry = found?.entry ?? resourceMetadata[0];
    if (!entry) return null;
    const servers = found?.document.authorizationServers ?? [];
    return {
      ...this.#exchange(entry.exchange),
      says: found
        ? `names this URL${servers.length ? `; sign-in at ${servers.slice(0, 3).join(', ')}` : ''}`
        : fallback
          ? 'none'
          : (entry.why ?? entry.outcome),
      cites: [...exchangeAt(entry.exchange), at('authorization', 'resourceMetadata', resourceMetadata.indexOf(entry))],
    };
  }

  'server-metadata'(): Seen {
    const { serverMetadata, fallback } = this.walk;
    const found = serverDocument(this.walk);
    const entry = found?.entry ?? serverMetadata[0];
    if (!entry || (!found && !meansOauth(this.walk))) return null;
    const { pkceMethods, registrationEndpoint, clientIdMetadataDocument } = found?.document ?? {};
    return {
      ...this.#exchange(entry.exchange),
      says: found
        ? joined(
            pkceMethods?.includes('S256') && 'PKCE with S256',
            registrationEndpoint !== undefined && 'registration',
            clientIdMetadataDocument && 'client id metadata documents',
          ) || 'found'
        : fallback
          ? 'none: the default endpoints of 2025-03-26'
          : (entry.why ?? entry.outcome),
      cites: [...exchangeAt(entry.exchange), at('authorization', 'serverMetadata', serverMetadata.indexOf(entry))],
    };
  }

  registration(): Seen {
    const { registration } = this.walk;
    if (!registration || registration.outcome === 'not-tried') return null;
    const { how, clientId = '', exchange, why } = registration;
    const says = {
      given: `the client id that was given: ${clientId}`,
      stored: `the client id of an earlier sign-in: ${clientId}`,
      document: `a client id metadata document: ${clientId}`,
      dynamic: `registered as ${clientId}`,
      none: why ?? 'none',
    };
    return {
      ...this.#exchange(exchange),
      says: says[how],
      cites: [...exchangeAt(exchange), at('authorization', 'registration')],
    };
  }

  authorization(): Seen {
    const { request } = this.walk;
    if (!request) return null;
    const { endpoint, scope, resource, exchange, answer } = request;
    return {
      request: `GET ${this.#short(endpoint)}`,
      ...(exchange !== undefined && { answer: this.#exchange(exchange).answer ?? '' }),
      says: joined(
        { code: 'a code at once', elsewhere: 'programs are turned away' }[answer as string] ?? 'leads to the sign-in',
        scope ? `scope ${scope}` : 'without a scope',
        resource === undefined && 'without a resource',
      ),
      cites: [...exchangeAt(exchange), at('authorization', 'request')],
    };
  }

  'sign-in'(): Seen {
    const { response } = this.walk;
    if (!response) return null;
    return {
      says: joined(
        response.waitedS > 0 ? `a code after ${response.waitedS} s` : 'a code',
        response.issuer === undefined ? 'without iss' : 'with the right iss',
      ),
      cites: [at('authorization', 'response')],
    };
  }

  #grant(of: (grant: Authorization['grants'][number]) => boolean): Seen {
    const index = this.walk.grants.findLastIndex(of);
    const grant = this.walk.grants[index];
    if (!grant) return null;
    const { token, expiresInS = token?.expiresInS, scope, refreshToken, exchange } = grant;
    return {
      ...this.#exchange(exchange),
      says: joined(
        token?.format === 'jwt' ? 'a JWT' : 'an opaque token',
        token?.audience && `for ${token.audience.join(' and ')}`,
        scope !== undefined && `scope ${scope}`,
        expiresInS !== undefined && `valid for ${lifetime(expiresInS)}`,
        refreshToken ? 'with a refresh token' : undefined,
      ),
      cites: [...exchangeAt(exchange), at('authorization', 'grants', index)],
    };
  }

  token = (): Seen => this.#grant(({ grant }) => grant === 'authorization_code' || grant === 'client_credentials');

  access(): Seen {
    const index = this.walk.access.findLastIndex(({ with: how }) => how !== 'refreshed');
    const access = this.walk.access[index] ?? this.walk.access.at(-1);
    if (!access) return null;
    const what = {
      given: 'the credentials that were given',
      stored: 'the token of an earlier sign-in',
      'signed-in': 'the fresh token',
      refreshed: 'the renewed token',
      'stepped-up': 'the token with a wider scope',
    }[access.with];
    const { answer } = this.#exchange(access.exchange);
    return {
      request: `${this.#exchange(access.exchange).request ?? 'POST'}`,
      ...(answer !== undefined && { answer: answer.replace(/ .*/, '') }),
      says: `${what} ${served(access) ? 'lets us in' : 'is refused'}`,
      cites: [...exchangeAt(access.exchange), at('authorization', 'access', this.walk.access.indexOf(access))],
    };
  }

  refresh(): Seen {
    const renewed = this.#grant(({ grant }) => grant === 'refresh_token');
    if (!renewed) return null;
    const access = this.walk.access.find(({ with: how }) => how === 'refreshed');
    return { ...renewed, says: joined('renewed', access && (served(access) ? 'and accepted' : 'and refused')) };
  }

  /** Why a step was not made, when nothing before it failed. */
  notDone(step: Step): string {
    const { mode, access, ended, grants } = this.walk;
    if (step === 'refresh' && grants.some(({ outcome, refreshToken }) => outcome === 'issued' && !refreshToken))
      return 'no refresh token was issued';
    if (step === 'refresh' && access.some(served)) return mode === 'look' ? 'not needed' : 'not tried';
    if (step === 'authorization' || step === 'sign-in')
      if (mode === 'client-credentials') return 'client credentials need no user';
    if (access.some(({ with: how }) => how === 'given')) return 'credentials were given';
    if (access.some(({ with: how }) => how === 'stored')) return 'an earlier sign-in was used';
    if (!meansOauth(this.walk)) return NO_SIGN_IN;
    return mode === 'look' ? ONLY_OAUTH : (ended ?? 'not made');
  }
}

const WEIGHT = { broken: 'failed', degraded: 'weak', risky: 'weak' } as const;

function rowOf(step: Step, walked: Walked, faults: Fault[], stopped: boolean): Row {
  const seen = walked[step]();
  const [fault] = faults;
  const common = { step, title: STEP_TITLES[step] };
  if (fault) {
    const facts = { ...fault.particulars, url: walked.walk.resource };
    // A server that hands out keys by other ways owes nobody metadata.
    const suspected = fault.certainty === 'possible';
    return {
      ...common,
      ...(seen?.request !== undefined && { request: seen.request }),
      ...(seen?.answer !== undefined && { answer: seen.answer }),
      outcome: suspected ? 'weak' : WEIGHT[fault.severity],
      says: suspected ? 'none: it offers no sign-in over OAuth' : shortOf(fault.id, facts),
      ...(!suspected &&
        (fault.cause !== null || fault.severity !== 'risky') && {
          party: fault.party,
          acts: PARTY_NAMES[fault.party],
        }),
      cites: fault.cites,
    };
  }
  if (seen) return { ...common, outcome: 'ok', ...seen };
  if (stopped) return { ...common, outcome: 'not-reached', says: 'not reached', cites: [] };
  return { ...common, outcome: 'not-done', says: walked.notDone(step), cites: [] };
}

/** Every step in order; empty where nobody was asked for credentials, and for what a person pasted. */
export function authorizationSteps(evidence: Partial<Evidence>): Row[] {
  const { authorization: walk, http } = evidence;
  if (!walk || !isOurs(evidence)) return [];
  const walked = new Walked(walk, http);
  const faults = faultsOf(evidence);
  let stopped = false;
  return STEPS.map((step) => {
    const row = rowOf(
      step,
      walked,
      faults.filter((fault) => fault.step === step),
      stopped,
    );
    stopped ||= row.outcome === 'failed';
    return row;
  });
}
