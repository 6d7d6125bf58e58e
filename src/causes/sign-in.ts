/** A sign-in over OAuth, as far as it was told: what was said of it, metadata that was seen, well-known addresses that were asked. */
import type { Evidence } from '../case/evidence.js';
import { at } from '../case/pointer.js';
import { answers } from './answers.js';
import { wasTold } from './told.js';
import { isRemote } from './way.js';
import { type Line, WORDS, words } from './words.js';

/** Kinds a cause lists in `uses` when it reads about a sign-in. */
export const SIGN_IN = ['http', ...WORDS, 'launch', 'endpoint', 'authorization'] as const;

type Told = Partial<
  Pick<Evidence, 'http' | 'stderr' | 'stdout' | 'reported' | 'process' | 'handshake' | 'launch' | 'endpoint'>
>;

/** A server over stdio signs in at services of its own, which no MCP client sees. A bridge is no such server. */
export const isOwnSignIn = (given: Told): boolean => given.reported?.transport === 'stdio' && !isRemote(given);

/** Everything that was said: words, and the bodies and challenges of the answers. */
export function signInWords(given: Told): Line[] {
  if (isOwnSignIn(given)) return [];
  // What a healthy server says of tokens in the descriptions of its tools is no failure: of what we saw, refusals count.
  const exchanges = (given.http?.exchanges ?? [])
    .map((exchange, i) => ({ exchange, place: at('http', 'exchanges', i) }))
    .filter(
      ({ exchange, place }) =>
        wasTold(exchange) || ((exchange.status ?? 0) >= 400 && answers(given).some((answer) => answer.at === place)),
    );
  const texts = exchanges.flatMap(({ exchange: { body, headers = {} }, place }): Line[] => [
    ...(headers['www-authenticate']
      ? [{ text: headers['www-authenticate'], at: `${place}/headers/www-authenticate`, from: 'client' as const }]
      : []),
    ...(headers.location
      ? [{ text: decoded(headers.location), at: `${place}/headers/location`, from: 'client' as const }]
      : []),
    ...(body ? [{ text: body.slice(0, 2_000), at: `${place}/body`, from: 'client' as const }] : []),
  ]);
  const told = given.reported || given.http ? words(given) : [];
  const { entry } = given.reported ?? {};
  // What a person noted beside the entry of a client, in their own words.
  const noted: Line[] = entry ? [{ text: entry, at: at('reported', 'entry'), from: 'client' }] : [];
  return [...told, ...indented(told), ...texts, ...noted].map((line) => ({
    ...line,
    text: (/[?&]error_description=/.test(line.text) ? decoded(line.text) : line.text)
      .replaceAll('\\"', '"')
      .replaceAll('**', ''),
  }));
}

/** What follows of a sentence on the next lines, set in by the terminal. Frames of a stack and lists begin otherwise. */
const GOES_ON = /^\s{2,}(?:https?:|["'(]?[a-z])(?!t (?:\w|\/|file:|async))/;
function indented(lines: Line[]): Line[] {
  if (lines.length > 150) return [];
  return lines.flatMap((line, i): Line[] => {
    const rest: string[] = [];
    for (let next = lines[i + 1]; rest.length < 3 && next; next = lines[i + 1 + rest.length]) {
      if (next.from !== line.from || next.joined || !GOES_ON.test(next.text)) break;
      rest.push(next.text.trim());
    }
    return rest.length === 0 || line.joined || GOES_ON.test(line.text)
      ? []
      : [{ ...line, text: [line.text.trimEnd(), ...rest].join(' ').slice(0, 1_000), joined: true }];
  });
}

/** An error of OAuth travels in the query of a redirect. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

export interface Metadata {
  at: string;
  resource: string | null;
  issuer: string | null;
  servers: string[];
}

const FIELD = (name: string) =>
  new RegExp(
    String.raw`["'\`]?\b${name}["'\`]?(?:\s?[:=]|\s+is)\s?["'\`]{1,2}(?<value>https?://[^"'\`\s]{1,300})["'\`]`,
    'i',
  );
const RESOURCE = FIELD('resource');
const ISSUER = FIELD('issuer');
const SERVERS = /["'`]?authorization_servers["'`]?(?:\s?[:=]|\s+is)\s?`?\[(?<list>[^\]]{0,1000})/i;

/** Metadata documents (RFC 9728, RFC 8414) that were pasted, whole or in part; several lines of one are one. */
export function metadata(given: Told): Metadata | null {
  const lines = signInWords(given);
  const first = (form: RegExp) => lines.find(({ text }) => form.test(text));
  const [resource, issuer, servers] = [first(RESOURCE), first(ISSUER), first(SERVERS)];
  const place = issuer ?? resource ?? servers;
  if (!place) return null;
  return {
    at: place.at,
    resource: resource ? (RESOURCE.exec(resource.text)?.groups?.value ?? null) : null,
    issuer: issuer ? (ISSUER.exec(issuer.text)?.groups?.value ?? null) : null,
    servers: servers
      ? [...(SERVERS.exec(servers.text)?.groups?.list ?? '').matchAll(/https?:\/\/[^"'`\s,]+/g)].map(([url]) => url)
      : [],
  };
}

export interface WellKnown {
  line: Line;
  kind: 'resource' | 'server';
  path: string;
  status: number;
}

const ADDRESS = String.raw`\.well-known/(?<name>oauth-protected-resource|oauth-authorization-server|openid-configuration)[^\s"'\`,;]{0,120}`;
/** Address, then status; several may stand in one line that whoever pasted it joined. */
const ANSWERED = new RegExp(
  String.raw`(?<path>/(?:[\w.~%-]{1,60}/){0,6}${ADDRESS})["'\`]?(?: HTTP/[\d.]+)?["'\`]?[^\w\n]{0,50}(?:(?:HTTP(?:/[\d.]+)?|returns?|returned|responded|responds|status|with|got|gives|is|was|code)\W{1,3}){0,4}\(?(?<status>[2-5]\d\d)\b`,
  'g',
);
const STATUS_FIRST = new RegExp(
  String.raw`\b(?<status>40[0-5]|50\d|200)\b[^\n]{0,40}?(?<path>/(?:[\w.~%-]{1,60}/){0,6}${ADDRESS})`,
);

/** Requests for metadata and how they were answered: in access logs, in words, and as exchanges. */
export function wellKnown(given: Told): WellKnown[] {
  const kindOf = (name = ''): WellKnown['kind'] => (/protected-resource/.test(name) ? 'resource' : 'server');
  const logged = signInWords(given).flatMap((line): WellKnown[] => {
    if (line.joined) return [];
    const all = [...line.text.matchAll(ANSWERED)];
    const first = all.length > 0 ? null : STATUS_FIRST.exec(line.text);
    return [...all, ...(first ? [first] : [])].map(({ groups }) => ({
      line,
      kind: kindOf(groups?.name),
      path: groups?.path ?? '',
      status: Number(groups?.status),
    }));
  });
  // Those of our own walk are judged step by step.
  const asked = (given.http?.exchanges ?? []).flatMap((exchange, i): WellKnown[] => {
    const { url, status } = exchange;
    return wasTold(exchange) && /\.well-known\/(?:oauth|openid)/.test(url) && status !== undefined
      ? [
          {
            line: { text: url, at: at('http', 'exchanges', i), from: 'client' },
            kind: kindOf(url),
            path: URL.canParse(url) ? new URL(url).pathname : url,
            status,
          },
        ]
      : [];
  });
  return [...logged, ...asked];
}

/** What follows when a sign-in fails: the request stays without credentials, or what is left of an old sign-in is refused. */
export const UNSIGNED = [
  'auth-credentials-missing',
  'auth-credentials-rejected',
  'http-endpoint-wrong',
  'http-not-mcp',
  'http-server-error',
  'handshake-refused',
  // Its requests go to other addresses than the endpoint, and their answers are shown beside the error.
  'transport-get-stream-mishandled',
  'edge-bad-gateway',
  'session-stale-not-404',
  'client-hosted-unreachable',
  'config-shape-wrong',
  // The program that ends with it is a bridge.
  'process-crashed',
  'process-port-in-use',
  'stdio-polluted-by-server',
  // Words like "missing client secret" of an OAuth error are no complaint of a process, and its 400 none about the transport.
  'process-config-rejected',
  'process-env-missing',
  'transport-sse-client-on-streamable-server',
] as const;

/** The metadata names where to register, as a client tells or as it stands there: it was found. */
export const OFFERED =
  /\bregistration is supported\b|\bregistration_endpoint["'`]?\s?[:=]\s?["']?https?:|\bregistration endpoint (?:found|discovered)\b/i;

/** Somebody found that a client leaves out a step of the discovery: what it got in place of that is no fault of the server. */
export const CLIENT_OMITS =
  /\b(?:does(?: not|n't)|do(?: not|n't)|never|fails to|won't|should) (?:(?:also|even|correctly) )?(?:try|tries|fall ?back|fetch\w*|request|check|look|ask|use|follow|honou?r|read|probe|attempt)\w*\b.{0,60}\b(?:openid-configuration|oauth-authorization-server|oauth-protected-resource|authorization_servers|resource_metadata|OIDC discovery|OpenID (?:Connect )?discovery|path-aware|path insertion|path-suffixed)\b|\b(?:tries|asks?|requests?|checks?|probes?|fetche?s)\b.{0,200}\bbut (?:not|never)\b.{0,100}\.well-known\b/i;
