/** Whether a client finds its way to the authorization server: the challenge, and the metadata of the MCP server. */
import { at } from '../case/pointer.js';
import {
  authorizationCheck,
  challengeOf,
  exchangeAt,
  isMute,
  NEXT_SPEC,
  NO_DOCUMENT,
  ONLY_OAUTH,
  resourceOf,
  SPEC,
  serverOf,
  type Walk,
  wrongWith,
} from './credentials.js';

const REVISION_CHALLENGE = '2025-06-18';
const REVISION_NEXT = '2026-07-28';

/** Somebody became a client, or could: the way by the rules of 2025-03-26 leads on. */
const leads = ({ used, grants, registration }: Walk): boolean =>
  used !== undefined || grants.length > 0 || registration?.outcome === 'ready';

/** The SDKs take a resource for that of a URL when it has the same origin and a path above it. */
function isAbove(resource: string, url: string): boolean {
  if (!URL.canParse(resource) || !URL.canParse(url)) return false;
  const [above, below] = [new URL(resource), new URL(url)];
  const closed = (path: string) => (path.endsWith('/') ? path : `${path}/`);
  return (
    above.origin === below.origin &&
    above.pathname.length <= below.pathname.length &&
    closed(below.pathname).startsWith(closed(above.pathname))
  );
}

export default [
  authorizationCheck({
    id: 'AUT-02',
    title: 'challenge',
    level: 'MUST',
    section: `https://modelcontextprotocol.io/specification/${REVISION_CHALLENGE}/basic/authorization#authorization-server-location`,
    test({ walk, revision }) {
      const { challenge } = walk;
      if (challenge?.status !== 401) return { outcome: 'not-applicable', says: 'applies to answers with 401' };
      const cites = exchangeAt(challenge.exchange);
      // RFC 9110 section 15.5.2.
      if (challenge.challenges.length === 0) return { outcome: 'warn', says: 'a 401 without WWW-Authenticate', cites };
      if (challengeOf(walk).resource_metadata !== undefined)
        return { outcome: 'pass', says: 'it names the metadata', cites };
      // 2025-06-18 demands it; clients of today look at the well-known addresses as well.
      return revision === REVISION_CHALLENGE
        ? { outcome: 'warn', says: `no resource_metadata, which ${revision} demands`, cites }
        : { outcome: 'not-applicable', says: 'no resource_metadata; clients look for it', cites };
    },
  }),
  authorizationCheck({
    id: 'AUT-03',
    title: 'metadata',
    level: 'MUST',
    section: `${SPEC}#protected-resource-metadata-discovery-requirements`,
    test(told) {
      const { walk } = told;
      const found = resourceOf(walk);
      const pointed = walk.resourceMetadata.find(({ via }) => via === 'challenge');
      if (found) {
        const cites = [at('authorization', 'resourceMetadata', found.index)];
        if (pointed && found.entry !== pointed && !isMute(pointed, told))
          return { outcome: 'fail', says: `not where the challenge says: ${wrongWith(pointed, told)}`, cites };
        const where = { challenge: 'where the challenge says', path: 'at the well-known path', root: 'at the root' };
        return { outcome: 'pass', says: where[found.entry.via], cites };
      }
      const cites = walk.resourceMetadata.length ? [at('authorization', 'resourceMetadata', 0)] : [];
      if (walk.resourceMetadata.some((entry) => isMute(entry, told)) || cites.length === 0)
        return { outcome: 'not-verified', says: 'no answer where they should be', cites };
      if (walk.fallback && !pointed && leads(walk))
        return { outcome: 'warn', says: 'none: clients must know the rules of 2025-03-26', cites };
      return { outcome: 'fail', says: 'none where clients look', cites };
    },
  }),
  authorizationCheck({
    id: 'AUT-04',
    title: 'metadata served',
    level: 'MUST',
    section: 'https://www.rfc-editor.org/rfc/rfc9728#section-3.2',
    test(told) {
      const { resourceMetadata } = told.walk;
      const found = resourceOf(told.walk);
      if (found)
        return { outcome: 'pass', says: 'as JSON', cites: [at('authorization', 'resourceMetadata', found.index)] };
      const index = resourceMetadata.findIndex(
        (entry) => !['not-found', 'unsafe'].includes(entry.outcome) && !isMute(entry, told),
      );
      const entry = resourceMetadata[index];
      if (!entry) return NO_DOCUMENT;
      return { outcome: 'fail', says: wrongWith(entry, told), cites: [at('authorization', 'resourceMetadata', index)] };
    },
  }),
  authorizationCheck({
    id: 'AUT-05',
    title: 'sign-in at',
    level: 'MUST',
    section: `${SPEC}#authorization-server-location`,
    test({ walk }) {
      const found = resourceOf(walk);
      if (!found) return NO_DOCUMENT;
      const { authorizationServers } = found.document;
      const cites = [at('authorization', 'resourceMetadata', found.index, 'document', 'authorizationServers')];
      const more = authorizationServers.length > 1 ? ` and ${authorizationServers.length - 1} more` : '';
      return authorizationServers.length
        ? { outcome: 'pass', says: `${authorizationServers[0]}${more}`, cites }
        : { outcome: 'fail', says: 'the metadata name none', cites };
    },
  }),
  authorizationCheck({
    id: 'AUT-06',
    title: 'resource',
    level: 'MUST',
    section: 'https://www.rfc-editor.org/rfc/rfc9728#section-3.3',
    test({ walk }) {
      const found = resourceOf(walk);
      if (!found) return NO_DOCUMENT;
      const { resource } = found.document;
      const place = ['authorization', 'resourceMetadata', found.index] as const;
      if (resource === undefined)
        return { outcome: 'fail', says: 'the metadata do not name it', cites: [at(...place)] };
      const cites = [at(...place, 'document', 'resource')];
      const same = URL.canParse(resource) && new URL(resource).href === new URL(walk.resource).href;
      if (resource === walk.resource || same) return { outcome: 'pass', says: 'the URL itself', cites };
      // The document at the root of a host may name the host; and clients accept what stands above their URL.
      if (isAbove(resource, walk.resource))
        return found.entry.via === 'root' && new URL(resource).pathname === '/'
          ? { outcome: 'pass', says: 'the host', cites }
          : { outcome: 'warn', says: `${resource}: the URL is only below it`, cites };
      return { outcome: 'fail', says: `${resource} is not this URL`, cites };
    },
  }),
  authorizationCheck({
    id: 'AUT-08',
    title: 'scope',
    level: 'SHOULD',
    section: `${SPEC}#scope-selection-strategy`,
    test({ walk }) {
      const { challenge } = walk;
      if (challenge?.status !== 401) return { outcome: 'not-applicable', says: 'applies to answers with 401' };
      const cites = exchangeAt(challenge.exchange);
      const { scope } = challengeOf(walk);
      if (scope !== undefined) return { outcome: 'pass', says: `the challenge asks for ${scope}`, cites };
      const listed = resourceOf(walk)?.document.scopes ?? [];
      if (listed.length === 0) return { outcome: 'not-applicable', says: 'applies to servers that name scopes' };
      return { outcome: 'warn', says: `not in the challenge: clients ask for all ${listed.length}`, cites };
    },
  }),
  authorizationCheck({
    id: 'AUT-25',
    title: 'offline_access',
    level: 'SHOULD',
    section: `${NEXT_SPEC}#refresh-tokens`,
    test({ walk, revision }) {
      if (revision !== REVISION_NEXT) return { outcome: 'not-applicable', says: `applies to ${REVISION_NEXT}` };
      const found = resourceOf(walk);
      const asked = (challengeOf(walk).scope ?? '').split(' ').includes('offline_access');
      if (asked)
        return {
          outcome: 'warn',
          says: 'the challenge asks for it, which is the matter of clients',
          cites: exchangeAt(walk.challenge?.exchange),
        };
      const cites = found ? [at('authorization', 'resourceMetadata', found.index)] : [];
      return found?.document.scopes?.includes('offline_access')
        ? { outcome: 'warn', says: 'the metadata list it, which is the matter of clients', cites }
        : { outcome: 'pass', says: 'left to the clients', cites };
    },
  }),
  authorizationCheck({
    id: 'AUT-26',
    title: 'rules of 2025-03-26',
    level: 'SHOULD',
    section: 'https://modelcontextprotocol.io/specification/2025-03-26/basic/authorization#server-metadata-discovery',
    test({ walk }) {
      if (!walk.fallback)
        return { outcome: 'not-applicable', says: 'applies to servers without metadata of their own' };
      const index = walk.serverMetadata.findIndex(({ via, document }) => via === 'origin' && document !== undefined);
      if (index >= 0)
        return {
          outcome: 'pass',
          says: 'metadata at the root of the host',
          cites: [at('authorization', 'serverMetadata', index)],
        };
      if (walk.grants.some(({ outcome }) => outcome === 'issued'))
        return {
          outcome: 'pass',
          says: '/authorize and /token, without metadata',
          cites: [at('authorization', 'grants')],
        };
      if (walk.mode === 'look') return { outcome: 'not-verified', says: ONLY_OAUTH };
      return {
        outcome: 'warn',
        says: 'no metadata, and the default endpoints lead nowhere',
        cites: [at('authorization', 'resourceMetadata')],
      };
    },
  }),
  authorizationCheck({
    id: 'AUT-30',
    title: 'metadata for all',
    level: 'advice',
    section: 'https://www.rfc-editor.org/rfc/rfc9728#section-3.1',
    test({ walk }) {
      const all = (['resourceMetadata', 'serverMetadata'] as const).flatMap((kind) =>
        walk[kind].map((entry, index) => ({ entry, cites: [at('authorization', kind, index)] })),
      );
      const closed = all.find(({ entry }) => entry.outcome === 'refused');
      if (closed) return { outcome: 'warn', says: 'they ask for credentials themselves', cites: closed.cites };
      const found = all.filter(({ entry }) => entry.document !== undefined);
      const hidden = found.find(({ entry }) => entry.allowOrigin === undefined);
      if (hidden)
        return { outcome: 'warn', says: 'no Access-Control-Allow-Origin: not for browsers', cites: hidden.cites };
      return found[0] ? { outcome: 'pass', says: 'also from other sites', cites: found[0].cites } : NO_DOCUMENT;
    },
  }),
  authorizationCheck({
    id: 'AUT-33',
    title: 'metadata addresses',
    level: 'advice',
    section: 'https://www.rfc-editor.org/rfc/rfc9728#section-7.7',
    test({ walk }) {
      const index = walk.unsafe.findIndex(
        ({ why, field }) => !/^(?:scheme|plain-http)$/.test(why) || field === 'resource_metadata',
      );
      const bad = walk.unsafe[index];
      if (bad)
        return {
          outcome: 'fail',
          says: `${bad.field} leads clients to ${bad.url} (${bad.why})`,
          cites: [at('authorization', 'unsafe', index)],
        };
      const refused = (['resourceMetadata', 'serverMetadata'] as const).flatMap((kind) =>
        walk[kind].flatMap(({ outcome, url }, i) =>
          outcome === 'unsafe' ? [{ url, cites: [at('authorization', kind, i)] }] : [],
        ),
      )[0];
      if (refused)
        return { outcome: 'fail', says: `they lead clients to ${refused.url} (private-address)`, cites: refused.cites };
      const seen = resourceOf(walk) ?? serverOf(walk);
      return seen ? { outcome: 'pass', says: 'none leads astray', cites: [at('authorization')] } : NO_DOCUMENT;
    },
  }),
];
