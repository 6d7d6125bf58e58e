import { at } from '../case/pointer.js';
import { defineCause, type Match } from './cause.js';
import { FAILED_START } from './consequences.js';
import { knownToLack, placeOf, toldError, wordsFor } from './oauth-errors.js';
import { serverDocumentWith, signedInWalk } from './oauth-example.js';
import { fromWalk } from './oauth-walk.js';
import { isOwnSignIn, OFFERED, SIGN_IN, UNSIGNED, wellKnown } from './sign-in.js';
import { wasTold } from './told.js';
import { targetOf } from './way.js';
import { find } from './words.js';

type What = 'none' | 'refused' | 'failed';

/** Clients that found no way to register. */
const NONE = [
  /\bdoes(?: not|n't) support (?:dynamic )?(?:client )?registration\b|\b(?:dynamic (?:client )?registration|DCR|client registration|RFC ?7591)\b.{0,30}\b(?:is |was |are )?(?:not|n't|un)\W?(?:supported|available|offered|enabled|advertised|implemented|allowed)\b|\b(?:dynamic (?:client )?registration|DCR)\b.{0,20}\b(?:disabled|unsupported|unavailable)\b/i,
  /\b(?:does(?: not|n't)|do(?: not|n't)) support (?:RFC ?7591|DCR|client[_ ]ID[_ ]metadata)|\bno (?:configured )?client registration methods? (?:are|is) supported\b|\bno authentication provider (?:found |was found )?for\b|\bcould(?:n.t| not) register with\b|\bRegistrierung beim Anmeldedienst\b|\bservice de connexion\b.{0,60}\binscri\w+|\binscri\w+.{0,60}\bservice de connexion\b|\bregistrar\w*\b.{0,60}\bservicio de inicio de sesi|\bregistrar\w*\b.{0,60}\bserviço de login/i,
  /\b(?:automatic|dynamic) (?:client )?registration\b.{0,20}\b(?:isn.t|is not|not) (?:supported|available|offered)\b/i,
  /\bno registration[_ ]endpoint\b|\bregistration[_ ]endpoint\b.{0,40}\b(?:missing|not (?:found|present|provided|available|advertised)|absent|undefined|null|omitted)\b|\b(?:missing|without|no|lacks?)\b.{0,15}\bregistration_endpoint\b/i,
  /\b(?:needs?|requires?|must (?:have|use|provide|configure)|provide) (?:an? )?(?:pre-?registered|static|explicit|existing) (?:OAuth )?client\b|\b(?:client[_ ]?id|clientId) (?:is )?required\b.{0,60}\b(?:registration|DCR)|\bno client[_ ]?id\b.{0,40}\bregistration\b/i,
];
/** Sign-ins that are known to offer none, by name. */
const BY_NAME =
  /\b(?:Entra(?: ID)?|Azure AD|Google|GitHub|Okta|Cognito|Auth0|Keycloak|Slack|ADFS)\b.{0,30}\b(?:does(?: not|n't)|do(?: not|n't)|has no|lacks?|without)\b.{0,25}\b(?:DCR|dynamic (?:client )?registration|client registration|register\w*)\b/i;
/** The authorization server has the endpoint, and turns the client away. */
const REFUSED = [
  /\bclient_id metadata document\b.{0,40}\b(?:fail\w*|invalid|not (?:found|allowed)|rejected|refused)\b/i,
  /\b(?:dynamic )?(?:client )?registration (?:failed|error|rejected)\b.{0,60}\b(?:HTTP|status|code)?\W{0,3}(?<status>40[013])\b/i,
  /\bPolicy 'Trusted Hosts' rejected|\bclient-registration (?:service|policy)\b|\binvalid_client_metadata\b|\bInvalidClientMetadataError\b|\bunapproved_software_statement\b|\binvalid_software_statement\b/i,
  /\b(?:dynamic )?(?:client )?registration\b.{0,40}\b(?:forbidden|denied|rejected|unauthori[sz]ed|not permitted|requires? (?:an? )?(?:initial access )?(?:token|authentication))\b/i,
  /(?<![.\w])\/(?:[\w-]{1,30}\/){0,4}register\b["'`]?(?: HTTP\/[\d.]+)?["'`]?[^\w\n]{0,20}(?:(?:returns?|returned|responds|gives|status|with|HTTP)\W{1,3}){0,3}\(?(?<status>40[0135]|404|501)\b/i,
];
const FAILED =
  /\b(?:dynamic )?client registration (?:failed|error)|\b(?:failed|unable|error) to (?:dynamically )?register (?:the |a |as )?(?:OAuth )?client|\bregistration failed\b|\bDCR failed\b|\bmcp_registration_failed\b/i;
/** What a registration that got through is refused for has causes of its own. */
const REDIRECT = /redirect[_ ]?ur[il]/i;

export default defineCause({
  id: 'auth-registration-unsupported',
  title: 'The client needs to register itself, which the authorization server does not offer',
  culprit: 'auth',
  severity: 'broken',
  seenAs: [
    'Incompatible auth server: does not support dynamic client registration',
    'Registration failed: Dynamic client registration not supported',
    'SDK auth failed: Incompatible auth server: does not support dynamic client registration',
  ],
  needs: [],
  uses: SIGN_IN,
  explains: [
    ...FAILED_START,
    ...UNSIGNED,
    'auth-client-discovery-wrong',
    // What a bridge tried before it came to the sign-in.
    'transport-streamable-client-on-sse-server',
  ],
  live: fromWalk('auth-registration-unsupported'),

  match(given): Match<{
    url: string | null;
    what: What;
    client: string | null;
    status: number | null;
    place: string | null;
  }> | null {
    if (isOwnSignIn(given)) return null;
    const url = given.endpoint?.asked.url ?? targetOf(given) ?? null;
    const client = given.reported?.client ?? null;
    const told = toldError(given, 'auth-registration-unsupported');
    const lines = wordsFor(given, 'auth-registration-unsupported').filter(
      ({ text }) => !REDIRECT.test(text) || /dynamic client registration/i.test(text),
    );
    const none = find(lines, ...NONE, BY_NAME);
    const refused = none ? null : find(lines, ...REFUSED);
    const failed = none || refused ? null : find(lines, FAILED);
    const hit = none ?? refused ?? failed;
    const asked = (given.http?.exchanges ?? []).findIndex(
      (exchange) => wasTold(exchange) && /\/register\/?$/.test(exchange.url) && (exchange.status ?? 0) >= 400,
    );
    if (!hit && asked >= 0)
      return {
        // A server that fails over a registration refuses nobody.
        certainty: (given.http?.exchanges[asked]?.status ?? 0) >= 500 ? 'possible' : 'likely',
        cites: [at('http', 'exchanges', asked)],
        facts: {
          url,
          client,
          what: 'refused',
          status: given.http?.exchanges[asked]?.status ?? null,
          place: placeOf(given, 'registration'),
        },
      };
    if (!hit && told)
      return {
        certainty: told.first ? 'likely' : 'possible',
        cites: [told.line.at],
        facts: { url, client, what: 'refused', status: null, place: placeOf(given, 'registration') },
      };
    const known = hit ? null : knownToLack(given, 'registration');
    if (known)
      return {
        certainty: 'possible',
        cites: [known.at],
        facts: { url, client, what: 'none', status: null, place: placeOf(given, 'registration') },
      };
    if (!hit) return null;
    const status = Number(refused?.groups.status ?? 0) || null;
    // The client itself had found where to register.
    const offered = lines.some(({ text }) => OFFERED.test(text));
    const documents = wellKnown(given).some((asked) => asked.status < 300);
    return {
      // A registration that is not found may have been sought in the wrong place.
      certainty:
        failed || offered || (status === 400 && !documents) || (status === 404 && documents) ? 'possible' : 'likely',
      cites: [hit.line.at],
      facts: {
        url,
        client,
        what: none ? 'none' : refused ? 'refused' : 'failed',
        status,
        place: placeOf(given, 'registration'),
      },
    };
  },
  say: ({ url, what, client, status }) => {
    const who = client ?? 'The client';
    if (what === 'none')
      return `${who} has no client id for ${url ?? 'this server'} and wants to register itself, but the authorization server offers no dynamic registration.`;
    return `${who} tried to register itself at the authorization server of ${url ?? 'this server'} and was turned away${status === null ? '' : ` (${status})`}.`;
  },
  fix: ({ client, url, place }) => {
    const target = url ?? '<url>';
    const how: [RegExp, string, string][] = [
      [
        /claude[-_ ]?code/i,
        '',
        `claude mcp add --transport http --client-id <client id> --client-secret --callback-port 8080 <name> ${target}`,
      ],
      [/mcp-remote/i, '', `npx -y mcp-remote ${target} 8080 --static-oauth-client-info '{"client_id":"<client id>"}'`],
    ];
    const known = how.find(([is]) => client !== null && is.test(client))?.[2];
    return [
      {
        say: `Register the client once by hand at the authorization server (with the redirect address of the client) and give it the client id${place === null ? '' : `; there: ${place}`}:`,
        ...(known ? { run: known } : {}),
      },
      ...(known
        ? []
        : [
            {
              say: 'Where that goes depends on the client: "oauth": { "clientId": ... } in its entry, or the advanced settings of a connector.',
              edit: { file: 'the client config', at: 'oauth', to: '"oauth": { "clientId": "<client id>" }' },
            },
          ]),
      {
        say: 'If the authorization server is yours, offer registration: a registration_endpoint in its metadata (RFC 7591), or client_id_metadata_document_supported: true.',
        edit: {
          file: 'the authorization-server metadata',
          to: '"registration_endpoint": "https://<issuer>/register"',
        },
      },
      {
        say: 'Google, GitHub and Entra ID offer none: put a proxy with registration of its own before them (FastMCP: GoogleProvider, GitHubProvider, AzureProvider).',
      },
    ];
  },
  why: 'An MCP client meets servers it has never heard of, so it has no client id for them. Dynamic registration, or a document at an https client id, closes that gap; most company sign-ins offer neither, and then somebody has to register the client by hand.',
  refs: [
    'https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#client-registration-approaches',
    'https://www.rfc-editor.org/rfc/rfc7591',
    'https://github.com/DevCycleHQ/cli/pull/581',
  ],
  examples: [
    {
      name: 'SDK v1',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        client: 'claude-code',
        clientError: 'SDK auth failed: Incompatible auth server: does not support dynamic client registration',
        http: { status: 404 },
      },
    },
    {
      name: 'Codex',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        client: 'codex',
        clientError: 'Registration failed: Dynamic client registration not supported',
      },
    },
    {
      name: 'a bridge, which tried other transports before',
      finds: true,
      symptoms: {
        transport: 'stdio',
        client: 'mcp-remote',
        url: 'http://localhost:8000/mcp',
        stderr:
          '[74465] Received error: Error POSTing to endpoint (HTTP 405): {"detail":"Method Not Allowed"}\n[74465] Recursively reconnecting for reason: falling-back-to-alternate-transport\n[74465] Using transport strategy: sse-only\n[74465] Connection error: Error: Incompatible auth server: does not support dynamic client registration',
      },
    },
    {
      name: 'Keycloak',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError:
          'HTTP 403: {"error":"insufficient_scope","error_description":"Policy \'Trusted Hosts\' rejected request to client-registration service."}',
      },
    },
    {
      name: 'claude.ai, in German',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        client: 'claude-ai',
        clientError: 'Registrierung beim Anmeldedienst von acme fehlgeschlagen.',
      },
    },
    {
      name: 'a provider that takes only clients it knows',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        http: {
          method: 'POST',
          status: 403,
          body: '{"error":"unapproved_client","error_description":"client_name is not on the approved list."}',
        },
      },
    },
    {
      name: 'a registration that succeeds',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        serverLog: '"POST /register HTTP/1.1" 201 Created\n"POST /mcp HTTP/1.1" 401',
      },
    },
    {
      name: 'a client that the server has forgotten',
      finds: false,
      symptoms: { transport: 'streamable-http', clientError: 'invalid_client: Client ID abc not found' },
    },
    {
      name: 'a walk: neither an endpoint nor documents',
      finds: true,
      evidence: serverDocumentWith({ registrationEndpoint: undefined }),
    },
    {
      name: 'a walk: turned away',
      finds: true,
      evidence: signedInWalk({
        registration: { how: 'dynamic', outcome: 'refused', exchange: 3, status: 403, error: 'access_denied' },
        request: undefined,
        response: undefined,
        grants: [],
        access: [],
      }),
    },
    {
      name: 'a walk with client id metadata documents',
      finds: false,
      evidence: serverDocumentWith({ registrationEndpoint: undefined, clientIdMetadataDocument: true }),
    },
  ],
});
