/** What is wrong in the metadata of the authorization server, and at its registration. */
import type { Exchange } from '../case/evidence.js';
import { at } from '../case/pointer.js';
import { edgeOf, hindered, inVain, mostTelling } from './oauth-asked.js';
import {
  type Authorization,
  bare,
  exchangeAt,
  type Fault,
  guesses,
  meansOauth,
  milder,
  sameOrigin,
  serverDocument,
} from './oauth-faults.js';

/** The first authorization server that is named, which most clients take; then the one that the walk took, when that is another. */
export function serverFaults(walk: Authorization, exchanges: Exchange[]): Fault[] {
  const issuers = [...new Set(walk.serverMetadata.map(({ issuer }) => issuer))];
  const used = walk.used === undefined ? undefined : walk.serverMetadata[walk.used]?.issuer;
  const [first] = issuers;
  if (first === undefined) return [];
  if (used === undefined || used === first) return faultsOfServer(walk, first, exchanges);
  const passed = faultsOfServer(walk, first, exchanges);
  return [
    ...passed.map((fault) => ({ ...fault, severity: milder(fault.severity), party: 'server-owner' as const })),
    ...faultsOfServer(walk, used, exchanges),
  ];
}

function faultsOfServer(walk: Authorization, asked: string, exchanges: Exchange[]): Fault[] {
  const { serverMetadata, mode } = walk;
  const common = { step: 'server-metadata', party: 'authorization-server-owner', certainty: 'certain' } as const;
  const own = serverMetadata.filter(({ issuer, outcome }) => issuer === asked && outcome !== 'unsafe');
  const used = walk.used === undefined ? undefined : serverMetadata[walk.used];
  const entry = used?.issuer === asked ? used : own.find(({ document }) => document !== undefined);
  if (!entry?.document) {
    // By the rules of 2025-03-26 a server need not have any.
    const ruled = own.filter(({ via }) => via !== 'origin');
    const telling = mostTelling(ruled);
    const [origin] = own;
    if (!telling && origin && meansOauth(walk))
      return [
        {
          ...common,
          id: 'default-endpoints',
          cause: null,
          party: 'server-owner',
          severity: 'risky',
          cites: [
            ...exchangeAt(origin.exchange),
            at('authorization', 'serverMetadata', serverMetadata.indexOf(origin)),
          ],
          particulars: { address: origin.url },
        },
      ];
    if (!telling) return [];
    const invalid = telling.outcome === 'invalid' || telling.outcome === 'too-large';
    const unread = !invalid && hindered(exchanges, ruled);
    return [
      {
        ...common,
        id: invalid ? 'server-metadata-invalid' : unread ? 'server-metadata-unread' : 'server-metadata-missing',
        certainty: unread ? 'likely' : 'certain',
        cause: 'auth-metadata-missing',
        severity: 'broken',
        party: edgeOf(exchanges, telling) === null ? 'authorization-server-owner' : 'edge',
        cites: [
          ...exchangeAt(telling.exchange),
          at('authorization', 'serverMetadata', serverMetadata.indexOf(telling)),
        ],
        particulars: { ...inVain(exchanges, ruled), issuer: asked },
      },
    ];
  }
  const { document } = entry;
  const index = serverMetadata.indexOf(entry);
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
        particulars: { issuer: asked, address: entry.url, right: insertedAddress(asked) },
      },
    ];
  const lacking = [
    ...(document.authorizationEndpoint === undefined && mode !== 'client-credentials'
      ? ['authorization_endpoint']
      : []),
    ...(document.tokenEndpoint === undefined ? ['token_endpoint'] : []),
    ...(document.responseTypes && !document.responseTypes.includes('code') && mode !== 'client-credentials'
      ? ['"code" among response_types_supported']
      : []),
  ].filter((name) => !walk.unsafe.some(({ field }) => field === name));
  const named = walk.challenge?.challenges.some(({ parameters }) => parameters.resource_metadata !== undefined);
  // A copy for old clients beside metadata that are missing: those are the fault.
  const issuer = entry.via === 'origin' && named ? [] : issuerFaults(walk, entry, [place('issuer'), ...whole]);
  if (lacking.length)
    return [
      {
        ...common,
        id: 'server-metadata-invalid',
        cause: 'auth-metadata-missing',
        severity: 'broken',
        cites: whole,
        particulars: { address: entry.url, issuer: asked, why: `it lacks ${lacking.join(' and ')}`, status: null },
      },
      ...issuer,
    ];
  const { pkceMethods } = document;
  const stumbles = stumbleBefore(walk, index, exchanges);
  if (mode === 'client-credentials' || pkceMethods?.includes('S256')) return [...stumbles, ...issuer];
  return [
    ...stumbles,
    ...issuer,
    {
      ...common,
      id: pkceMethods === undefined ? 'pkce-absent' : 'pkce-without-s256',
      cause: 'auth-pkce-unsupported',
      // The SDKs go on when the field is absent; by 2025-11-25 clients must refuse, and no client goes on without S256 in it.
      severity: pkceMethods === undefined ? 'degraded' : 'broken',
      // Entra ID, Cognito and older Keycloak check S256 and do not say so.
      certainty: pkceMethods === undefined ? 'likely' : 'certain',
      cites: [...(pkceMethods === undefined ? [] : [place('pkceMethods')]), ...whole],
      particulars: { issuer: asked, address: entry.url, methods: pkceMethods ?? [] },
    },
  ];
}

/** An address before the one that has the document answers 5xx: the SDKs go on after 4xx alone. */
function stumbleBefore({ serverMetadata }: Authorization, index: number, exchanges: Exchange[]): Fault[] {
  const at5xx = serverMetadata.findIndex(
    ({ issuer, exchange }, i) =>
      i < index && issuer === serverMetadata[index]?.issuer && (exchanges[exchange ?? -1]?.status ?? 0) >= 500,
  );
  const entry = serverMetadata[at5xx];
  if (!entry) return [];
  return [
    {
      ...{ step: 'server-metadata', id: 'server-metadata-stumbles', cause: 'auth-metadata-missing' },
      ...{ party: 'authorization-server-owner', certainty: 'likely', severity: 'degraded' },
      cites: [...exchangeAt(entry.exchange), at('authorization', 'serverMetadata', at5xx)],
      particulars: {
        address: entry.url,
        status: exchanges[entry.exchange ?? -1]?.status ?? null,
        found: serverMetadata[index]?.url ?? null,
      },
    },
  ];
}

/** RFC 8414 section 3.3: character by character. By the rules of 2025-03-26 the origin was asked, and a slash more counts for nothing. */
function issuerFaults(
  walk: Authorization,
  { issuer: wanted, document, via, url }: Authorization['serverMetadata'][number],
  cites: string[],
): Fault[] {
  const got = document?.issuer;
  const slash = got !== undefined && bare(got) === bare(wanted);
  if (got === wanted || (via === 'origin' && slash)) return [];
  const template = got !== undefined && /\{[^}]{1,40}\}|%7B/i.test(got);
  // A copy of a foreign document on the host of the MCP server, or a name that misses a slash or a tenant, is its owner's to mend.
  const copied = sameOrigin(wanted, walk.resource);
  return [
    {
      step: 'server-metadata',
      id: template ? 'issuer-template' : slash ? 'issuer-slash' : 'issuer-mismatch',
      cause: 'auth-issuer-mismatch',
      certainty: 'certain',
      // Version 1 of the TypeScript SDK compares nothing, version 2 forgives a slash that the document lacks.
      severity: slash ? 'degraded' : 'broken',
      party: slash || template || copied ? 'server-owner' : 'authorization-server-owner',
      cites: got === undefined ? cites.slice(1) : cites,
      particulars: {
        got: got ?? null,
        wanted,
        address: url,
        spelling: slash && got.replace(/\/$/, '') !== wanted.replace(/\/$/, ''),
      },
    },
  ];
}

/** RFC 8414 section 3.1: the well-known name stands between the host and the path of the issuer. */
const insertedAddress = (issuer: string): string | null => {
  if (!URL.canParse(issuer)) return null;
  const { origin, pathname } = new URL(issuer);
  return `${origin}/.well-known/oauth-authorization-server${pathname.replace(/\/$/, '')}`;
};

export function registrationFaults(walk: Authorization, exchanges: Exchange[]): Fault[] {
  const { registration, request } = walk;
  const common = { step: 'registration', party: 'authorization-server-owner', certainty: 'certain' } as const;
  const found = serverDocument(walk);
  const how = registration?.how ?? 'none';
  if (how === 'given' && registration?.outcome === 'impossible')
    return [
      {
        ...{ step: 'registration', id: 'client-of-another', cause: 'auth-issuer-mismatch', party: 'you' },
        ...{ certainty: 'certain', severity: 'broken', cites: [at('authorization', 'registration')] },
        particulars: {
          client: registration.clientId ?? null,
          why: registration.why ?? null,
          issuer: found?.entry.issuer ?? null,
        },
      },
    ];
  if (how === 'none' || registration?.outcome === 'impossible') {
    if (!found || found.document.registrationEndpoint !== undefined || found.document.clientIdMetadataDocument)
      return [];
    // A document of no use says nothing about registration.
    if (
      found.document.tokenEndpoint === undefined ||
      found.entry.via === 'oauth-appended' ||
      walk.unsafe.some(({ field }) => field === 'registration_endpoint')
    )
      return [];
    const place = at('authorization', 'serverMetadata', found.index);
    return [
      {
        ...common,
        id: 'registration-none',
        cause: 'auth-registration-unsupported',
        severity: 'broken',
        // Clients that are registered by hand need none, and nobody told whether ours is one.
        certainty: walk.mode === 'look' ? 'likely' : 'certain',
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
  if (outcome === 'refused' || outcome === 'invalid' || outcome === 'no-answer') {
    // Answers of HTTP rather than of OAuth: overloaded, broken, moved, or kept out by a firewall.
    const plain = outcome === 'refused' && error === null && ![400, 401, 404, 405].includes(status ?? 0);
    const barred = edgeOf(exchanges, registration) !== null;
    return [
      {
        ...common,
        id: outcome === 'refused' ? 'registration-refused' : 'registration-failed',
        // Nobody said that there is a registration, so what is missing is that somebody does.
        ...(guesses(walk)
          ? ({ cause: null, severity: 'risky' } as const)
          : ({ cause: 'auth-registration-unsupported', severity: 'broken' } as const)),
        certainty: plain || barred || outcome === 'no-answer' ? 'likely' : 'certain',
        cites,
        particulars: { ...particulars, outcome, why: registration.why ?? null, passing: plain || barred },
      },
    ];
  }
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
