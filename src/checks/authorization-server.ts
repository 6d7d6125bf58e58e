/** What the authorization server says of itself, and how a stranger becomes its client. */
import { at } from '../case/pointer.js';
import type { CheckLevel, Judgement } from './check.js';
import {
  authorizationCheck,
  isMute,
  NEXT_SPEC,
  NO_DOCUMENT,
  ONLY_OAUTH,
  type ServerDocument,
  SPEC,
  serverOf,
  type Told,
  wrongWith,
} from './credentials.js';

const REVISION_NEXT = '2026-07-28';

const slashless = (url: string): string => (URL.canParse(url) ? new URL(url).href : url).replace(/\/+$/, '');

/** A check on the document of the authorization server. */
const onServer = (
  id: string,
  title: string,
  level: CheckLevel,
  section: string,
  test: (
    document: ServerDocument,
    told: Told,
    index: number,
  ) => Omit<Judgement, 'cites'> & { field?: keyof ServerDocument },
) =>
  authorizationCheck({
    ...{ id, title, level, section },
    test(told) {
      const found = serverOf(told.walk);
      if (!found) return NO_DOCUMENT;
      const { field, ...judged } = test(found.document, told, found.index);
      const place = ['authorization', 'serverMetadata', found.index] as const;
      const there = field !== undefined && found.document[field] !== undefined;
      return { ...judged, cites: [there ? at(...place, 'document', field) : at(...place)] };
    },
  });

const ENDPOINTS = ['authorizationEndpoint', 'tokenEndpoint', 'registrationEndpoint', 'revocationEndpoint'] as const;

/** How a stranger becomes a client of the authorization server. */
function clientsJudgement(
  { walk }: Told,
  { registrationEndpoint, clientIdMetadataDocument }: ServerDocument,
): Judgement {
  const open = [
    ...(clientIdMetadataDocument ? ['client documents'] : []),
    ...(registrationEndpoint === undefined ? [] : ['dynamic registration']),
  ];
  const { registration } = walk;
  if (
    registration &&
    ['refused', 'invalid', 'no-answer'].includes(registration.outcome) &&
    registration.how === 'dynamic'
  )
    return {
      outcome: 'warn',
      says: `registration fails: ${registration.error ?? `HTTP ${registration.status ?? '(no answer)'}`}`,
    };
  if (open.length === 0) return { outcome: 'warn', says: 'only clients that its owner registers can sign in' };
  if (registration?.outcome === 'ready' && ['dynamic', 'document'].includes(registration.how))
    return {
      outcome: 'pass',
      says: `by ${registration.how === 'dynamic' ? 'dynamic registration' : 'client documents'}`,
    };
  return { outcome: 'not-verified', says: `untried: ${open.join(' or ')}` };
}

export default [
  authorizationCheck({
    id: 'AUT-10',
    title: 'server metadata',
    level: 'MUST',
    section: `${SPEC}#authorization-server-metadata-discovery`,
    test(told) {
      const { serverMetadata } = told.walk;
      const own = serverMetadata.filter(({ via, outcome }) => via !== 'origin' && outcome !== 'unsafe');
      if (own.length === 0)
        return { outcome: 'not-applicable', says: 'applies to authorization servers that are named' };
      const there = own.find(({ document, via }) => document !== undefined && via !== 'oauth-appended');
      const telling = there ?? own.find(({ outcome }) => outcome !== 'not-found') ?? own[0];
      const cites = [at('authorization', 'serverMetadata', serverMetadata.indexOf(telling as (typeof own)[number]))];
      // RFC 8414 section 2: what no sign-in can do without.
      const lacks = [
        ...(there?.document?.tokenEndpoint === undefined ? ['token_endpoint'] : []),
        ...(there?.document?.authorizationEndpoint === undefined && told.walk.mode !== 'client-credentials'
          ? ['authorization_endpoint']
          : []),
      ];
      if (there?.outcome === 'found' && lacks.length)
        return { outcome: 'fail', says: `they lack ${lacks.join(' and ')}`, cites };
      if (there?.outcome === 'found') {
        // Most clients ask the first that is named, and no other.
        const first = own[0]?.issuer;
        if (there.issuer !== first) return { outcome: 'warn', says: `none of ${first}, which is named first`, cites };
        return { outcome: 'pass', says: there.via === 'oauth' ? 'RFC 8414' : 'OpenID Connect Discovery', cites };
      }
      if (there) return { outcome: 'fail', says: wrongWith(there, told), cites };
      if (own.some((entry) => isMute(entry, told)))
        return { outcome: 'not-verified', says: `no answer from ${telling?.issuer}`, cites };
      const says = telling?.document ? `only at ${telling.url}` : telling ? wrongWith(telling, told) : '';
      return { outcome: 'fail', says: `${says}; no client finds them`, cites };
    },
  }),
  onServer(
    'AUT-11',
    'issuer',
    'MUST',
    'https://www.rfc-editor.org/rfc/rfc8414#section-3.3',
    ({ issuer }, { walk }, index) => {
      const { issuer: wanted = '', via } = walk.serverMetadata[index] ?? {};
      if (issuer === undefined) return { outcome: 'fail', says: 'the metadata do not name it' };
      const slash = slashless(issuer) === slashless(wanted);
      if (issuer === wanted || (slash && via === 'origin'))
        return { outcome: 'pass', says: 'as it was named', field: 'issuer' };
      // Version 1 of the TypeScript SDK compares nothing, and by the rules of 2025-03-26 nobody had named one.
      if (slash || via === 'origin') return { outcome: 'warn', says: `${issuer}, asked as ${wanted}`, field: 'issuer' };
      return { outcome: 'fail', says: `${issuer}, asked as ${wanted}`, field: 'issuer' };
    },
  ),
  authorizationCheck({
    id: 'AUT-12',
    title: 'issuer with a path',
    level: 'MUST',
    section: `${SPEC}#authorization-server-metadata-discovery`,
    test({ walk }) {
      const found = serverOf(walk);
      const { issuer = '', via } = found?.entry ?? {};
      if (!found || via === 'origin' || !URL.canParse(issuer) || new URL(issuer).pathname === '/')
        return { outcome: 'not-applicable', says: 'applies to issuers with a path' };
      const cites = [at('authorization', 'serverMetadata', found.index)];
      if (via === 'oauth-appended') return { outcome: 'fail', says: 'behind the path, where no client looks', cites };
      return { outcome: 'pass', says: via === 'openid-appended' ? 'behind the path' : 'before the path', cites };
    },
  }),
  onServer('AUT-13', 'PKCE', 'MUST', `${SPEC}#authorization-code-protection`, ({ pkceMethods }, { walk }) => {
    if (walk.mode === 'client-credentials') return { outcome: 'not-applicable', says: 'applies to sign-ins of people' };
    // Well-known providers leave it out, and the SDKs go on: no reason to call a server ill.
    if (!pkceMethods) return { outcome: 'warn', says: 'not in the metadata: strict clients refuse to go on' };
    if (pkceMethods.includes('S256')) return { outcome: 'pass', says: 'S256', field: 'pkceMethods' };
    return { outcome: 'fail', says: `${pkceMethods.join(', ') || 'no method'}, without S256`, field: 'pkceMethods' };
  }),
  onServer('AUT-14', 'endpoints', 'MUST', `${SPEC}#communication-security`, (document, { walk }) => {
    const bad = walk.unsafe.find(
      ({ why, field }) => /^(?:scheme|plain-http)$/.test(why) && field !== 'resource_metadata',
    );
    if (bad) return { outcome: 'fail', says: `${bad.field} is no https address: ${bad.url}` };
    const named = ENDPOINTS.flatMap((name) => document[name] ?? []);
    return named.length > 0 && named.every((url) => /^https:/i.test(url))
      ? { outcome: 'pass', says: 'https' }
      : { outcome: 'not-applicable', says: 'applies to public addresses' };
  }),
  onServer('AUT-16', 'client documents', 'SHOULD', `${SPEC}#client-id-metadata-documents`, (document, { revision }) => {
    if (document.clientIdMetadataDocument)
      return { outcome: 'pass', says: 'clients may name a document of theirs', field: 'clientIdMetadataDocument' };
    if (revision !== undefined && revision < '2025-11-25')
      return { outcome: 'not-applicable', says: 'applies to later revisions' };
    return { outcome: 'warn', says: 'client ID metadata documents are not taken' };
  }),
  onServer(
    'AUT-17',
    'registration',
    'MAY',
    `${SPEC}#dynamic-client-registration`,
    ({ registrationEndpoint }, { revision }) => {
      if (registrationEndpoint !== undefined)
        return { outcome: 'pass', says: 'clients may register themselves', field: 'registrationEndpoint' };
      // A SHOULD until 2025-06-18.
      return revision !== undefined && revision <= '2025-06-18'
        ? { outcome: 'warn', says: `not offered, which ${revision} recommends` }
        : { outcome: 'not-applicable', says: 'not offered' };
    },
  ),
  onServer('AUT-18', 'new clients', 'advice', `${SPEC}#client-registration-approaches`, (document, told) =>
    clientsJudgement(told, document),
  ),
  onServer(
    'AUT-24',
    'iss',
    'SHOULD',
    `${NEXT_SPEC}#authorization-response-validation`,
    ({ issParameter }, { walk, revision }) => {
      if (walk.mode === 'client-credentials')
        return { outcome: 'not-applicable', says: 'applies to sign-ins of people' };
      const { outcome } = walk.response ?? {};
      if (outcome === 'issuer-missing')
        return { outcome: 'fail', says: 'promised, and not in the response', field: 'issParameter' };
      if (outcome === 'issuer-mismatch')
        return { outcome: 'fail', says: `the response names ${walk.response?.issuer ?? 'another'}`, field: 'issuer' };
      if (issParameter)
        return outcome === 'code'
          ? { outcome: 'pass', says: 'the response names the issuer', field: 'issParameter' }
          : { outcome: 'not-verified', says: ONLY_OAUTH, field: 'issParameter' };
      return revision === REVISION_NEXT
        ? { outcome: 'warn', says: `the response names no issuer, which ${revision} recommends` }
        : { outcome: 'not-applicable', says: `applies to ${REVISION_NEXT}` };
    },
  ),
];
