/** What is wrong in the challenge, in the metadata of the resource, and in the addresses that any metadata names. */
import type { Exchange } from '../case/evidence.js';
import { at } from '../case/pointer.js';
import { edgeOf, hindered, inVain, mostTelling } from './oauth-asked.js';
import {
  type Authorization,
  bare,
  exchangeAt,
  type Fault,
  meansOauth,
  resourceDocument,
  sameOrigin,
  sdkAccepts,
  showsOauth,
} from './oauth-faults.js';

const isOauth = (scheme: string): boolean => /^(?:bearer|dpop)$/i.test(scheme);

export function challengeFaults(walk: Authorization, exchanges: Exchange[]): Fault[] {
  const { challenge } = walk;
  if (!challenge || challenge.credentials === 'sent') return [];
  const found = resourceDocument(walk);
  const fault = (given: Pick<Fault, 'id' | 'cause' | 'severity'> & Partial<Fault>): Fault[] => [
    {
      step: 'challenge',
      party: 'server-owner',
      certainty: 'certain',
      ...given,
      cites: exchangeAt(challenge.exchange),
      particulars: { status: challenge.status, metadata: found?.entry.url ?? null },
    },
  ];
  if (challenge.status !== 401 && found) {
    // The site on the same host, or a wrong path: the metadata are not about this URL.
    if (found.document.resource === undefined || !sdkAccepts(walk.resource, found.document.resource)) return [];
    // A firewall, a list of addresses or a check of the Origin refuses so as well, before the server could ask for anything.
    if (edgeOf(exchanges, challenge) !== null) return [];
    // A path that the metadata name, and a page of a login: nobody else is meant. At the root of a host there may be a site as well.
    const meant =
      namesResource(found.document.resource, walk.resource, 'path') && new URL(walk.resource).pathname !== '/';
    return fault({
      id: 'challenge-not-401',
      cause: 'auth-credentials-missing',
      severity: 'broken',
      certainty: meant && challenge.status !== 403 ? 'certain' : 'likely',
    });
  }
  // From 2025-11-25 on the well-known address suffices; 2025-06-18 demands the header, and HTTP some challenge (RFC 9110 section 15.5.2).
  if (challenge.status !== 401) return [];
  if (challenge.challenges.length === 0) return fault({ id: 'challenge-absent', cause: null, severity: 'risky' });
  // Basic and others have nothing to do with it.
  const own = challenge.challenges.filter(({ scheme }) => isOauth(scheme));
  if (own.length > 0 && !own.some(({ parameters }) => parameters.resource_metadata !== undefined))
    return fault({ id: 'challenge-without-metadata', cause: null, severity: 'risky' });
  return [];
}

export function resourceFaults(walk: Authorization, exchanges: Exchange[]): Fault[] {
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
    const { how, outcome: became } = walk.registration ?? {};
    const led =
      serverMetadata.some(({ outcome }) => outcome === 'found') ||
      (how === 'dynamic' && became === 'ready') ||
      walk.grants.some(({ outcome }) => outcome === 'issued');
    // Whoever names metadata means the later rules, whatever old clients find.
    const named = challenge?.challenges.some(({ parameters }) => parameters.resource_metadata !== undefined);
    if (fallback && led && !named)
      return [{ ...common, id: 'fallback-only', cause: null, severity: 'risky', cites: best, particulars }];
    const basic = challenge?.challenges.length && !challenge.challenges.some(({ scheme }) => isOauth(scheme));
    if (mode === 'look' && basic) return [];
    const invalid = asked.some(({ outcome }) => outcome === 'invalid' || outcome === 'too-large');
    const unread = !invalid && hindered(exchanges, asked);
    return [
      {
        ...common,
        id: invalid ? 'resource-metadata-invalid' : unread ? 'resource-metadata-unread' : 'resource-metadata-missing',
        // A server with fixed keys has no metadata either, and owes none.
        ...(meansOauth(walk)
          ? ({
              cause: 'auth-metadata-missing',
              severity: 'broken',
              certainty: showsOauth(walk) && !unread ? 'certain' : 'likely',
            } as const)
          : ({ cause: null, severity: 'risky', certainty: 'possible' } as const)),
        party: particulars.edge === null ? 'server-owner' : 'edge',
        cites: best,
        particulars: { ...particulars, shown: showsOauth(walk) },
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
      certainty: hindered(exchanges, [pointed]) ? 'likely' : 'certain',
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
    const slash = bare(resource) === bare(url);
    faults.push({
      ...common,
      id: accepted ? 'resource-prefix' : 'resource-mismatch',
      cause: 'auth-resource-mismatch',
      severity: accepted ? 'degraded' : 'broken',
      // Another path of the same host: a gateway that asks for credentials before it looks at the path does so at a wrong one, too.
      certainty: accepted || slash || !sameOrigin(resource, url) ? 'certain' : 'likely',
      cites: [place('resource'), ...seen],
      particulars: { got: resource, wanted: url, slash },
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

/** RFC 9728 section 3.3, as URL parsers compare. The document at the root of a host may name the host; a query is a choice of the user. */
function namesResource(resource: string, url: string, via: Authorization['resourceMetadata'][number]['via']): boolean {
  if (resource === url) return true;
  if (!URL.canParse(resource) || !URL.canParse(url)) return false;
  const asked = new URL(url);
  const [a, b] = [new URL(resource).href, asked.href];
  return a === b || a === `${asked.origin}${asked.pathname}` || (via === 'root' && a === `${new URL(url).origin}/`);
}

/** Fields without which no sign-in comes about. */
const NEEDED =
  /^(?:resource_metadata|authorization_servers|authorization_endpoint|token_endpoint|registration_endpoint)$/;

export function unsafeFaults(walk: Authorization): Fault[] {
  // A name whose address lies in a private network shows only at the connection.
  const refused = (['resourceMetadata', 'serverMetadata'] as const).flatMap((kind): Fault[] =>
    walk[kind].flatMap((entry, i): Fault[] =>
      entry.outcome !== 'unsafe' || walk.unsafe.some(({ url }) => url === entry.url)
        ? []
        : [
            {
              step: kind === 'serverMetadata' ? 'server-metadata' : 'resource-metadata',
              id: 'address-unsafe',
              cause: 'auth-metadata-unsafe',
              party: 'server-owner',
              // Names have other addresses inside a company than outside, and its clients live inside.
              certainty: 'likely',
              severity: walk.used === undefined ? 'broken' : 'degraded',
              cites: [at('authorization', kind, i, 'url'), ...exchangeAt(entry.exchange)],
              particulars: {
                field: kind === 'serverMetadata' ? 'authorization_servers' : 'resource_metadata',
                address: entry.url,
                why: 'private-address',
              },
            },
          ],
    ),
  );
  const named = walk.unsafe.map(({ field, url, why, document }, i): Fault => {
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
  return [...named, ...refused];
}
