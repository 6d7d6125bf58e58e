/** A client complains of what a walk of ours found sound: it went another way, or it speaks of another day. */
import { at } from '../case/pointer.js';
import type { Live } from './cause.js';
import {
  type Authorization,
  bare,
  CULPRIT_OF,
  exchangeAt,
  resourceDocument,
  STEPS,
  type Step,
  serverDocument,
} from './oauth-faults.js';
import { faultsOf } from './oauth-steps.js';
import { pasteable } from './oauth-tell.js';
import { isOurs } from './oauth-walk.js';
import { nameOf } from './oauth-words.js';
import { hostOf } from './way.js';

/** What a client says of the steps before a sign-in, and that they failed. */
const BLAMED: [Step, RegExp][] = [
  ['registration', /\bregist(?:er|ration)\w*\b|\bDCR\b/i],
  ['server-metadata', /\bissuer\b|\bauthorization[- _]servers?\b|oauth-authorization-server|openid-configuration/i],
  ['resource-metadata', /\bprotected[- _]resource\b|\bresource[- _]metadata\b/i],
  [
    'server-metadata',
    /\bmetadata\b|\bdiscover\w*\b|\.?well-known\b|\bdoes(?: not|n't) (?:implement|support) OAuth\b|\/(?:authorize|token)\b/i,
  ],
];
const FAILS =
  /\b(?:fail\w*|error|mismatch\w*|not|cannot|could(?: not|n't)|does(?:n't| not)|unable|missing|invalid|incompatible|unsupported|rejected|40\d|50\d)\b|n't\b/i;

const urlsIn = (text: string): string[] => text.match(/https?:\/\/[^\s"'`,;)\]}>]+/g) ?? [];

/** `https://host/.well-known/<name><path>`, and the other places where clients may look. */
function placesOf(base: string, names: readonly string[]): string[] {
  const { origin, pathname } = new URL(base);
  const path = pathname.replace(/\/$/, '');
  return names.flatMap((name) => [`${origin}/.well-known/${name}${path}`, `${origin}${path}/.well-known/${name}`]);
}

type Named = { walk: Authorization; issuer: string; endpoints: (string | undefined)[]; resource: string };

/** What a complaint names that is wrong by the very metadata of the walk. */
function strayed(text: string, { walk, issuer, endpoints, resource }: Named): string | null {
  const home = new URL(walk.resource).origin;
  const urls = urlsIn(text);
  // The identifier to compare with is the entry of authorization_servers.
  if (/\bissuer\b/i.test(text) && bare(issuer) !== bare(home) && bare(issuer) !== bare(walk.resource)) {
    const compared = urls.find((url) => bare(url) === bare(walk.resource) || bare(url) === bare(home));
    if (compared) return compared;
  }
  const right = [
    ...walk.resourceMetadata.map(({ url }) => url),
    ...placesOf(walk.resource, ['oauth-protected-resource']),
    `${home}/.well-known/oauth-protected-resource`,
    resource,
    ...placesOf(issuer, ['oauth-authorization-server', 'openid-configuration']),
  ];
  const asked = [
    ...urls,
    ...[...text.matchAll(/(?:^|[\s"'`(])(?<path>\/[^\s"'`,;)]{3,200})/g)].map(({ groups }) => `${home}${groups?.path}`),
  ];
  const place = asked.find((url) => url.includes('/.well-known/') && !right.some((one) => bare(one) === bare(url)));
  if (place) return place;
  // Endpoints that a client makes up on the host of the MCP server, while the metadata name others.
  return (
    asked.find(
      (url) =>
        hostOf(url) === hostOf(home) &&
        /\/(?:register|authorize|token)\/?(?:\?.*)?$/.test(url) &&
        !endpoints.some(
          (one) => one !== undefined && URL.canParse(one) && new URL(one).pathname === new URL(url).pathname,
        ),
    ) ?? null
  );
}

/** The walk up to the sign-in is sound, and the client says that just that failed. */
export const misled: Live = {
  match(given) {
    const { authorization: walk, complaint } = given;
    if (!walk || !complaint || !isOurs(given) || walk.used === undefined) return null;
    const faults = faultsOf(given).filter(({ step }) => STEPS.indexOf(step) < STEPS.indexOf('authorization'));
    const [resource, server] = [resourceDocument(walk), serverDocument(walk)];
    if (faults.some(({ cause }) => cause !== null) || !resource || !server) return null;
    const { issuer } = server.entry;
    const { authorizationEndpoint, tokenEndpoint, registrationEndpoint } = server.document;
    const endpoints = [authorizationEndpoint, tokenEndpoint, registrationEndpoint];
    const named = { walk, issuer, endpoints, resource: resource.entry.url };
    const told = complaint.lines.flatMap((text, i) => {
      const step = BLAMED.find(([, words]) => words.test(text))?.[0];
      if (!step || !FAILS.test(text)) return [];
      // A client that cannot use what is offered in place of dynamic registration is merely older.
      if (step === 'registration' && registrationEndpoint === undefined) return [];
      return [{ step, i, wrong: strayed(text, named) }];
    });
    const first = told.find(({ wrong }) => wrong !== null) ?? told[0];
    if (!first) return null;
    const { step, i, wrong } = first;
    return {
      // What names no address may be old, or speak of another server.
      certainty: wrong === null ? 'likely' : 'certain',
      culprit: CULPRIT_OF.client,
      order: STEPS.indexOf(step),
      cites: [
        at('complaint', 'lines', i),
        ...exchangeAt(step === 'resource-metadata' ? resource.entry.exchange : server.entry.exchange),
      ],
      facts: {
        fault: 'client-misled',
        step,
        party: 'client',
        url: walk.resource,
        client: complaint.client ?? null,
        wrong,
        issuer,
        resource: resource.entry.url,
        server: server.entry.url,
      },
    };
  },
  excludes: () => false,
  say({ step, client, url, wrong, issuer, resource, server }) {
    const who = client ?? 'The client';
    const sound = `the metadata of the resource stands at ${resource} and names ${url}, that of the authorization server at ${server} and names ${issuer}`;
    const means =
      wrong === null
        ? `${who} says that the step "${nameOf(step as Step)}" fails for ${url}, and asked now as the specification says it does not: ${sound}.`
        : `${who} goes by ${wrong}, which the metadata of ${url} do not name: ${sound}.`;
    return `${means} Failing step: ${nameOf(step as Step)}. Who must act: the maker of the client.`;
  },
  fix: ({ client, resource, server }) => [
    {
      say: `Update ${client ?? 'the client'}; if the newest version says the same, report it to its maker with the two addresses that it must ask, in this order:`,
      run: `curl -s ${pasteable(String(resource), '<resource metadata>')} && curl -s ${pasteable(String(server), '<authorization server metadata>')}`,
    },
    {
      say: 'See the server work with a client that keeps to the specification:',
      run: 'mcp-verdict verify --auth oauth <url>',
    },
  ],
};
