/** A fault in the walk through the authorization of a server: at which step, of which kind, and who must act. */
import type { Evidence } from '../case/evidence.js';
import { at } from '../case/pointer.js';
import type { Certainty, Culprit, Facts, Severity } from './cause.js';

/** The steps of OAuth as an MCP client takes them, in order. */
export const STEPS = [
  'challenge',
  'resource-metadata',
  'server-metadata',
  'registration',
  'authorization',
  'sign-in',
  'token',
  'access',
  'refresh',
] as const;
export type Step = (typeof STEPS)[number];

export type Party = 'server-owner' | 'authorization-server-owner' | 'you' | 'client' | 'edge';

/** The party as the culprit of a finding. */
export const CULPRIT_OF: Record<Party, Culprit> = {
  'server-owner': 'server',
  'authorization-server-owner': 'auth',
  you: 'config',
  client: 'client',
  edge: 'edge',
};

export const FAULTS = [
  'challenge-absent',
  'challenge-without-metadata',
  'challenge-not-401',
  'resource-metadata-missing',
  'resource-metadata-pointer-dead',
  'resource-metadata-invalid',
  'resource-metadata-unread',
  'resource-absent',
  'resource-mismatch',
  'resource-prefix',
  'authorization-servers-absent',
  'fallback-only',
  'default-endpoints',
  'server-metadata-missing',
  'server-metadata-misplaced',
  'server-metadata-invalid',
  'server-metadata-unread',
  'server-metadata-stumbles',
  'issuer-mismatch',
  'issuer-slash',
  'issuer-template',
  'pkce-absent',
  'pkce-without-s256',
  'address-unsafe',
  'registration-none',
  'registration-refused',
  'registration-failed',
  'redirect-uri-refused',
  'redirect-uris-differ',
  'client-unknown',
  'client-of-another',
  'client-authentication-refused',
  'target-refused',
  'authorization-refused',
  'authorization-unanswered',
  'response-error',
  'response-state',
  'response-issuer',
  'response-invalid',
  'response-none',
  'token-refused',
  'token-invalid',
  'token-unanswered',
  'audience-other',
  'audience-unclear',
  'token-issuer',
  'token-expired-on-arrival',
  'token-not-yet-valid',
  'token-rejected',
  'scope-insufficient',
  'given-placeholder',
  'given-odd',
  'given-expired',
  'given-audience',
  'given-refused',
  'stored-expired',
  'refresh-refused',
] as const;
export type FaultId = (typeof FAULTS)[number];

/** The root causes that a walk can show. `null`: worth a word in the table of the steps, and no root cause. */
export type CauseOfFault =
  | 'auth-credentials-missing'
  | 'auth-credentials-rejected'
  | 'auth-placeholder-unexpanded'
  | 'auth-metadata-missing'
  | 'auth-metadata-unsafe'
  | 'auth-resource-mismatch'
  | 'auth-issuer-mismatch'
  | 'auth-pkce-unsupported'
  | 'auth-registration-unsupported'
  | 'auth-registration-stale'
  | 'auth-redirect-uri-mismatch'
  | 'auth-sign-in-refused'
  | 'auth-token-request-refused'
  | 'auth-audience-mismatch'
  | 'auth-token-expired'
  | 'auth-insufficient-scope'
  | null;

export interface Fault {
  step: Step;
  id: FaultId;
  cause: CauseOfFault;
  party: Party;
  certainty: Certainty;
  /** `broken`: no client gets past it. `degraded`: strict ones stop. `risky`: none does today. */
  severity: Severity;
  /** JSON pointers, the best first. */
  cites: string[];
  particulars: Facts;
}

export type Authorization = Evidence['authorization'];
/** What the judgement of a walk reads. */
export type Walked = Partial<Pick<Evidence, 'authorization' | 'http'>>;

/** Pointer to an exchange of the walk, when there was one. */
export const exchangeAt = (index: number | undefined): string[] =>
  index === undefined ? [] : [at('http', 'exchanges', index)];

/** A URL as URL parsers write it, without the slash at its end; what is no URL stays as it is. */
export const bare = (url: string): string => (URL.canParse(url) ? new URL(url).href : url).replace(/\/+$/, '');

/** Same scheme, host and port. */
export const sameOrigin = (a: string, b: string): boolean =>
  URL.canParse(a) && URL.canParse(b) && new URL(a).origin !== 'null' && new URL(a).origin === new URL(b).origin;

/**
 * Whether the SDKs take a resource for the one of a URL (checkResourceAllowed of the TypeScript SDKs 1 and 2, as of 2026): the
 * same origin, and a path that is the beginning of the other. A slash more than the URL has is one too much for them.
 */
export function sdkAccepts(url: string, resource: string): boolean {
  if (!sameOrigin(url, resource)) return false;
  const [asked, named] = [new URL(url).pathname, new URL(resource).pathname];
  const closed = (path: string) => (path.endsWith('/') ? path : `${path}/`);
  return asked.length >= named.length && closed(asked).startsWith(closed(named));
}

/** The document of the resource that the walk went on with. */
export function resourceDocument({ resourceMetadata }: Authorization) {
  const index = resourceMetadata.findIndex(({ document }) => document !== undefined);
  const found = resourceMetadata[index];
  return found?.document ? { index, entry: found, document: found.document } : null;
}

/** The document of the authorization server that the walk went on with; without one, the first that was found. */
export function serverDocument({ serverMetadata, used }: Authorization) {
  const index = used ?? serverMetadata.findIndex(({ document }) => document !== undefined);
  const found = serverMetadata[index];
  return found?.document ? { index, entry: found, document: found.document } : null;
}

/** The MCP server served a request with these credentials. */
export const served = ({ status = 500 }: Authorization['access'][number]): boolean => status !== 401 && status !== 403;

/** Whether the server was seen to mean OAuth, rather than a fixed key: it names metadata, or has some. */
export const showsOauth = ({ challenge, resourceMetadata, serverMetadata }: Authorization): boolean =>
  (challenge?.challenges.some(({ parameters }) => parameters.resource_metadata !== undefined) ?? false) ||
  [...resourceMetadata, ...serverMetadata].some(({ outcome }) => ['found', 'invalid', 'too-large'].includes(outcome));

/** Whether OAuth is what it is about: the server shows it, or a sign-in was asked for. */
export const meansOauth = (walk: Authorization): boolean => walk.mode !== 'look' || showsOauth(walk);

/** No metadata at all, and the default endpoints of 2025-03-26 were tried: nobody said that anything stands there. */
export const guesses = ({ fallback, used, request, registration }: Authorization): boolean =>
  fallback && used === undefined && (request !== undefined || registration !== undefined);

/** One notch less grave. */
export const milder = (severity: Fault['severity']): Fault['severity'] =>
  severity === 'broken' ? 'degraded' : 'risky';
