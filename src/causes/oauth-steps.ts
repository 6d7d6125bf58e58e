/**
 * The one place that decides what is wrong in each step of OAuth. The first half is here: the challenge, the metadata of both
 * servers, and the registration; what follows them is in oauth-sign-in.ts and oauth-access.ts.
 */
import type { Exchange } from '../case/evidence.js';
import { at } from '../case/pointer.js';
import { edgeAnswer } from './edges.js';
import { accessFaults } from './oauth-access.js';
import {
  type Authorization,
  bare,
  exchangeAt,
  type Fault,
  meansOauth,
  resourceDocument,
  STEPS,
  sameOrigin,
  sdkAccepts,
  serverDocument,
  type Walked,
} from './oauth-faults.js';
import { signInFaults } from './oauth-sign-in.js';
import { wasTold } from './told.js';

type Asked = Authorization['resourceMetadata'][number] | Authorization['serverMetadata'][number];

/** Of several addresses that were asked in vain, the one that tells most: an answer before silence, a fault before a plain 404. */
const TELLING = ['invalid', 'too-large', 'not-json', 'server-error', 'redirect', 'refused', 'not-found', 'no-answer'];
const mostTelling = <T extends Asked>(asked: T[]): T | undefined =>
  [...asked].sort((a, b) => TELLING.indexOf(a.outcome) - TELLING.indexOf(b.outcome))[0];

const statusOf = (exchanges: Exchange[], { exchange }: Asked): number | null =>
  exchange === undefined ? null : (exchanges[exchange]?.status ?? null);

/** An edge that signs what it answers in place of the server. */
const edgeOf = (exchanges: Exchange[], { exchange }: Asked): string | null => {
  const record = exchange === undefined ? undefined : exchanges[exchange];
  const answer = record ? edgeAnswer(record) : null;
  return answer?.signed ? answer.edge : null;
};

/** What was asked in vain, in the words of a report. */
const inVain = (exchanges: Exchange[], asked: Asked[]) => {
  const telling = mostTelling(asked);
  return {
    asked: asked.map(({ url }) => url),
    address: telling?.url ?? null,
    outcome: telling?.outcome ?? null,
    why: telling?.why ?? null,
    status: telling ? statusOf(exchanges, telling) : null,
    edge: telling ? edgeOf(exchanges, telling) : null,
  };
};

const isOauth = (scheme: string): boolean => /^(?:bearer|dpop)$/i.test(scheme);

function challengeFaults(walk: Authorization): Fault[] {
  const { challenge } = walk;
  if (!challenge || challenge.credentials === 'sent') return [];
  const found = resourceDocument(walk);
  const fault = (given: Pick<Fault, 'id' | 'cause' | 'severity'>): Fault[] => [
    {
      ...given,
      step: 'challenge',
      party: 'server-owner',
      certainty: 'certain',
      cites: exchangeAt(challenge.exchange),
      particulars: { status: challenge.status, metadata: found?.entry.url ?? null },
    },
  ];
  // What leads nowhere at all is told at the metadata that is missing.
  if (!found) return [];
  if (challenge.status !== 401)
    return fault({ id: 'challenge-not-401', cause: 'auth-metadata-missing', severity: 'broken' });
  if (challenge.challenges.length === 0)
    return fault({ id: 'challenge-absent', cause: 'auth-metadata-missing', severity: 'degraded' });
  // From 2025-11-25 on the well-known address suffices; 2025-06-18 demands the header.
  if (!challenge.challenges.some(({ parameters }) => parameters.resource_metadata !== undefined))
    return fault({ id: 'challenge-without-metadata', cause: null, severity: 'risky' });
  return [];
}

function resourceFaults(walk: Authorization, exchanges: Exchange[]): Fault[] {
  const { resourceMetadata, challenge, fallback, resource: url, mode, serverMetadata } = walk;
  const common = { step: 'resource-metadata', party: 'server-owner', certainty: 'certain' } as const;
  const found = resourceDocument(walk);
  if (!found) {
    const asked = resourceMetadata.filter(({ outcome }) => outcome !== 'unsafe');
    if (asked.length === 0 || resourceMetadata.some(({ outcome }) => outcome === 'unsafe')) return [];
    const particulars = { ...inVain(exchanges, asked), header: (challenge?.challenges.length ?? 0) > 0 };
    const cites = [
      ...exchangeAt(mostTelling(asked)?.exchange ?? asked.find(({ exchange }) => exchange !== undefined)?.exchange),
      ...exchangeAt(challenge?.exchange),
    ];
    const best = cites.length ? cites : [at('authorization', 'resourceMetadata', 0)];
    if (fallback && serverMetadata.some(({ outcome }) => outcome === 'found'))
      return [{ ...common, id: 'fallback-only', cause: null, severity: 'risky', cites: best, particulars }];
    const basic = challenge?.challenges.length && !challenge.challenges.some(({ scheme }) => isOauth(scheme));
    if (mode === 'look' && basic) return [];
    const invalid = asked.some(({ outcome }) => outcome === 'invalid' || outcome === 'too-large');
    return [
      {
        ...common,
        id: invalid ? 'resource-metadata-invalid' : 'resource-metadata-missing',
        cause: 'auth-metadata-missing',
        // A server with fixed keys has no metadata either, and owes none.
        certainty: meansOauth(walk) ? 'certain' : 'possible',
        severity: 'broken',
        party: particulars.edge === null ? 'server-owner' : 'edge',
        cites: best,
        particulars,
      },
    ];
  }
  const { entry, index, document } = found;
  const place = (field: string) => at('authorization', 'resourceMetadata', index, 'document', field);
  const seen = exchangeAt(entry.exchange);
  const faults: Fault[] = [];
  const pointed = resourceMetadata.find(({ via }) => via === 'challenge');
  if (pointed && entry.via !== 'challenge' && pointed.outcome !== 'unsafe')
    faults.push({
      ...common,
      id: 'resource-metadata-pointer-dead',
      cause: 'auth-metadata-missing',
      severity: 'broken',
      cites: [...exchangeAt(pointed.exchange), ...seen],
      particulars: { ...inVain(exchanges, [pointed]), metadata: entry.url },
    });
  const { resource } = document;
  if (resource === undefined)
    faults.push({
      ...common,
      id: 'resource-absent',
      cause: 'auth-resource-mismatch',
      severity: 'broken',
      cites: seen.length ? seen : [at('authorization', 'resourceMetadata', index)],
      particulars: { wanted: url },
    });
  else if (!namesResource(resource, url, entry.via)) {
    const accepted = sdkAccepts(url, resource);
    faults.push({
      ...common,
      id: accepted ? 'resource-prefix' : 'resource-mismatch',
      cause: 'auth-resource-mismatch',
      severity: accepted ? 'degraded' : 'broken',
      cites: [place('resource'), ...seen],
      particulars: { got: resource, wanted: url, slash: bare(resource) === bare(url) },
    });
  }
  if (document.authorizationServers.length === 0)
    faults.push({
      ...common,
      id: 'authorization-servers-absent',
      cause: 'auth-metadata-missing',
      // Clients then look on the host of the MCP server, as in 2025-03-26.
      severity: serverMetadata.some(({ outcome }) => outcome === 'found') ? 'degraded' : 'broken',
      cites: [place('authorizationServers'), ...seen],
      particulars: { address: entry.url },
    });
  return faults;
}

/** RFC 9728 section 3.3, as URL parsers compare. The document at the root of a host may name the host. */
function namesResource(resource: string, url: string, via: Authorization['resourceMetadata'][number]['via']): boolean {
  if (resource === url) return true;
  if (!URL.canParse(resource) || !URL.canParse(url)) return false;
  const [a, b] = [new URL(resource).href, new URL(url).href];
  return a === b || (via === 'root' && a === `${new URL(url).origin}/`);
}

function serverFaults(walk: Authorization, exchanges: Exchange[]): Fault[] {
  const { serverMetadata, mode, used } = walk;
  const common = { step: 'server-metadata', party: 'authorization-server-owner', certainty: 'certain' } as const;
  const asked = serverMetadata.filter(({ outcome }) => outcome !== 'unsafe');
  const found = serverDocument(walk);
  // By the rules of 2025-03-26 a server need not have any.
  const ruled = asked.filter(({ via }) => via !== 'origin');
  if (!found) {
    const telling = mostTelling(ruled);
    if (!telling) return [];
    const invalid = telling.outcome === 'invalid' || telling.outcome === 'too-large';
    return [
      {
        ...common,
        id: invalid ? 'server-metadata-invalid' : 'server-metadata-missing',
        cause: 'auth-metadata-missing',
        severity: 'broken',
        party: edgeOf(exchanges, telling) === null ? 'authorization-server-owner' : 'edge',
        cites: [
          ...exchangeAt(telling.exchange),
          at('authorization', 'serverMetadata', serverMetadata.indexOf(telling)),
        ],
        particulars: { ...inVain(exchanges, ruled), issuer: telling.issuer },
      },
    ];
  }
  const { entry, index, document } = found;
  const place = (...field: string[]) => at('authorization', 'serverMetadata', index, 'document', ...field);
  const seen = exchangeAt(entry.exchange);
  const whole = seen.length ? seen : [at('authorization', 'serverMetadata', index)];
  if (entry.via === 'oauth-appended')
    return [
      {
        ...common,
        id: 'server-metadata-misplaced',
        cause: 'auth-metadata-missing',
        severity: 'broken',
        cites: whole,
        particulars: { issuer: entry.issuer, address: entry.url, right: insertedAddress(entry.issuer) },
      },
    ];
  const faults: Fault[] = [];
  const { issuer } = document;
  if (issuer !== entry.issuer) {
    const template = issuer !== undefined && /\{[^}]{1,40}\}|%7B/i.test(issuer);
    const slash = issuer !== undefined && bare(issuer) === bare(entry.issuer);
    // A copy of a foreign document on the host of the MCP server, or a name that misses a slash or a tenant, is its owner's to mend.
    const copied = sameOrigin(entry.issuer, walk.resource);
    faults.push({
      ...common,
      id: template ? 'issuer-template' : slash ? 'issuer-slash' : 'issuer-mismatch',
      cause: 'auth-issuer-mismatch',
      // Version 1 of the SDK compares nothing, version 2 forgives a slash that the document lacks.
      severity: slash || (entry.via === 'origin' && used === index) ? 'degraded' : 'broken',
      party: slash || template || copied ? 'server-owner' : 'authorization-server-owner',
      cites: [...(issuer === undefined ? [] : [place('issuer')]), ...whole],
      particulars: { got: issuer ?? null, wanted: entry.issuer, address: entry.url },
    });
  }
  const missing = [
    ...(document.authorizationEndpoint === undefined && mode !== 'client-credentials'
      ? ['authorization_endpoint']
      : []),
    ...(document.tokenEndpoint === undefined ? ['token_endpoint'] : []),
    ...(document.responseTypes && !document.responseTypes.includes('code') && mode !== 'client-credentials'
      ? ['"code" among response_types_supported']
      : []),
  ].filter((name) => !walk.unsafe.some(({ field }) => field === name));
  if (missing.length)
    faults.push({
      ...common,
      id: 'server-metadata-invalid',
      cause: 'auth-metadata-missing',
      severity: 'broken',
      cites: whole,
      particulars: { address: entry.url, issuer: entry.issuer, why: `it lacks ${missing.join(' and ')}`, status: null },
    });
  const { pkceMethods } = document;
  if (mode !== 'client-credentials' && !pkceMethods?.includes('S256'))
    faults.push({
      ...common,
      id: pkceMethods === undefined ? 'pkce-absent' : 'pkce-without-s256',
      cause: 'auth-pkce-unsupported',
      // The SDKs go on when the field is absent; by 2025-11-25 clients must refuse, and no client goes on without S256 in it.
      severity: pkceMethods === undefined ? 'degraded' : 'broken',
      cites: [...(pkceMethods === undefined ? [] : [place('pkceMethods')]), ...whole],
      particulars: { issuer: entry.issuer, address: entry.url, methods: pkceMethods ?? [] },
    });
  return faults;
}

/** RFC 8414 section 3.1: the well-known name stands between the host and the path of the issuer. */
const insertedAddress = (issuer: string): string | null => {
  if (!URL.canParse(issuer)) return null;
  const { origin, pathname } = new URL(issuer);
  return `${origin}/.well-known/oauth-authorization-server${pathname.replace(/\/$/, '')}`;
};

/** Fields without which no sign-in comes about. */
const NEEDED =
  /^(?:resource_metadata|authorization_servers|authorization_endpoint|token_endpoint|registration_endpoint)$/;

function unsafeFaults(walk: Authorization): Fault[] {
  return walk.unsafe.map(({ field, url, why, document }, i): Fault => {
    const ofServer = !/^(?:resource_metadata|authorization_servers|resource)$/.test(field);
    const spared = field === 'authorization_servers' && walk.used !== undefined;
    const entry =
      document === undefined ? undefined : (ofServer ? walk.serverMetadata : walk.resourceMetadata)[document];
    return {
      step: field === 'resource_metadata' ? 'challenge' : ofServer ? 'server-metadata' : 'resource-metadata',
      id: 'address-unsafe',
      cause: 'auth-metadata-unsafe',
      party: ofServer ? 'authorization-server-owner' : 'server-owner',
      certainty: 'certain',
      severity: NEEDED.test(field) && !spared ? 'broken' : 'degraded',
      cites: [at('authorization', 'unsafe', i, 'url'), ...exchangeAt(entry?.exchange)],
      particulars: { field, address: url, why },
    };
  });
}

function registrationFaults(walk: Authorization): Fault[] {
  const { registration, request } = walk;
  const common = { step: 'registration', party: 'authorization-server-owner', certainty: 'certain' } as const;
  const found = serverDocument(walk);
  const how = registration?.how ?? 'none';
  if (how === 'none' || registration?.outcome === 'impossible') {
    if (!found || found.document.registrationEndpoint !== undefined || found.document.clientIdMetadataDocument)
      return [];
    // By the rules of 2025-03-26 clients register at /register also where no metadata says so.
    if (found.entry.via === 'oauth-appended' || walk.unsafe.some(({ field }) => field === 'registration_endpoint'))
      return [];
    const place = at('authorization', 'serverMetadata', found.index);
    return [
      {
        ...common,
        id: 'registration-none',
        cause: 'auth-registration-unsupported',
        severity: 'broken',
        cites: [...exchangeAt(found.entry.exchange), place].slice(0, 1),
        particulars: { issuer: found.entry.issuer },
      },
    ];
  }
  if (!registration) return [];
  const { outcome, status = null, error = null, description = null, redirectUris } = registration;
  const cites = [...exchangeAt(registration.exchange), at('authorization', 'registration')].slice(0, 1);
  const particulars = { status, error, description, how, client: registration.clientId ?? null };
  if (outcome === 'refused' && /redirect[_ ]?ur[il]/i.test(`${error} ${description}`))
    return [
      {
        ...common,
        id: 'redirect-uri-refused',
        cause: 'auth-redirect-uri-mismatch',
        severity: 'broken',
        cites,
        particulars: { ...particulars, sent: request?.redirectUri ?? null },
      },
    ];
  if (outcome === 'refused' || outcome === 'invalid' || outcome === 'no-answer')
    return [
      {
        ...common,
        id: outcome === 'refused' ? 'registration-refused' : 'registration-failed',
        cause: 'auth-registration-unsupported',
        severity: 'broken',
        cites,
        particulars: { ...particulars, outcome, why: registration.why ?? null },
      },
    ];
  const sent = request?.redirectUri;
  if (sent !== undefined && redirectUris && !redirectUris.some((uri) => sameRedirect(uri, sent)))
    return [
      {
        ...common,
        id: 'redirect-uris-differ',
        cause: 'auth-redirect-uri-mismatch',
        severity: 'broken',
        cites: [at('authorization', 'registration', 'redirectUris'), ...cites],
        particulars: { ...particulars, sent, registered: redirectUris },
      },
    ];
  return [];
}

/** Character by character, except for the port of a loopback address (RFC 8252 section 7.3). */
function sameRedirect(registered: string, sent: string): boolean {
  const portless = (uri: string) =>
    uri.replace(/^(http:\/\/(?:127\.0\.0\.1|\[::1\]|localhost))(?::\d+)?(?=\/|$)/, '$1');
  return registered === sent || portless(registered) === portless(sent);
}

/** Every fault of the walk, in the order of the steps; of one step, what no client gets past stands first. */
export function faultsOf({ authorization: walk, http }: Walked): Fault[] {
  if (!walk) return [];
  const exchanges = http?.exchanges ?? [];
  const all = [
    ...unsafeFaults(walk),
    ...challengeFaults(walk),
    ...resourceFaults(walk, exchanges),
    ...serverFaults(walk, exchanges),
    ...registrationFaults(walk),
    ...signInFaults(walk),
    ...accessFaults(walk, exchanges),
  ];
  // A person may have pasted half of a document or of a walk.
  const told = exchanges.some(wasTold);
  const sure = all.map((fault) =>
    told && fault.certainty === 'certain' ? { ...fault, certainty: 'likely' as const } : fault,
  );
  const grave = (fault: Fault) => ['broken', 'degraded', 'risky'].indexOf(fault.severity);
  return sure.sort((a, b) => STEPS.indexOf(a.step) - STEPS.indexOf(b.step) || grave(a) - grave(b));
}
