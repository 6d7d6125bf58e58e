import { defineCause, type Match } from './cause.js';
import { FAILED_START } from './consequences.js';
import { placeOf, toldError, wordsFor } from './oauth-errors.js';
import { signedInWalk } from './oauth-example.js';
import { fromWalk } from './oauth-walk.js';
import { isOwnSignIn, SIGN_IN, UNSIGNED } from './sign-in.js';
import { targetOf } from './way.js';
import { find } from './words.js';

/** The authorization server does not know the client id, in its own words. */
const UNKNOWN = [
  /\b(?:unknown|unrecogni[sz]ed|unregistered|non-?existent) (?:oauth )?client(?:[_ ]?id)?\b(?:[:= ]{1,3}["'`]?(?<id>[\w.-]{6,80}))?/i,
  /\bclient(?:[_ -]?id)?\b[ :=]{0,3}["'`(]{0,2}(?<id>[\w.:/-]{3,120})?["'`)]{0,2}:? (?:was |is |has been |could )?(?:not (?:be )?(?:found|registered|known|recogni[sz]ed)|unknown|deleted|removed|pruned|does(?: not|n't) exist|no longer (?:exists|known|valid|registered))/i,
  /\bClient Not Registered\b|\bno (?:such )?client (?:with (?:this|that) id|found|registered)\b|\bcould not find client\b|\bclient (?:lookup|registry)\b.{0,40}\bnot found\b|\bAADSTS700016\b/i,
  /\bregistration\b.{0,60}\b(?:has )?(?:disappeared|(?:been |was |were )?(?:lost|deleted|evicted|pruned|forgotten|wiped)|is (?:no longer|stale)|expired)\b|(?<!\b(?:no|without|using|saving) )\b(?:stale|cached|stored|old) (?:DCR |dynamic )?(?:client (?:registration|id|info\w*)|client_id|registration)\b/i,
  /\bclient information is bound to authorization server\b/i,
  /\binvalid[_ ]client[_ ]?id\b|\bclient[_ ]?id\b.{0,30}\b(?:is )?(?:invalid|not valid)\b|\bInvalidClient(?:Id)?(?:Error|Exception)?\b.{0,40}client[_ ]?id/i,
];
/** The error code alone: a wrong secret has the same one. */
const CODE = /\binvalid_client\b|\bInvalidClientError\b/i;
const SECRET =
  /\bclient[_ ]?secret\b|\bAADSTS7000(?:215|222)\b|\bclient auth\w* failed|\bcredentials are (?:invalid|incorrect)|\bunsupported auth(?:entication)? method\b/i;

export default defineCause({
  id: 'auth-registration-stale',
  title: 'The client uses a client id that the authorization server no longer knows',
  culprit: 'auth',
  severity: 'broken',
  seenAs: [
    'invalid_client',
    'Invalid client_id',
    "Client ID '...' not found",
    'Unrecognized client_id',
    'OAuth error: invalid_client - Client not found',
  ],
  needs: [],
  uses: SIGN_IN,
  explains: [...FAILED_START, ...UNSIGNED, 'deploy-not-found'],
  live: fromWalk('auth-registration-stale'),

  match(given): Match<{
    url: string | null;
    id: string | null;
    client: string | null;
    secret: boolean;
    place: string | null;
  }> | null {
    if (isOwnSignIn(given) && !/mcp-remote/i.test(given.reported?.client ?? '')) return null;
    const url = given.endpoint?.asked.url ?? targetOf(given) ?? null;
    const client = given.reported?.client ?? null;
    const told = toldError(given, 'auth-registration-stale');
    const lines = wordsFor(given, 'auth-registration-stale');
    const hit = find(lines, ...UNKNOWN);
    const code = hit ? null : find(lines, CODE);
    const line = hit?.line ?? told?.line ?? code?.line;
    if (!line) return null;
    const secret = lines.some(({ text }) => SECRET.test(text));
    // An id that a person put into the entry was never registered by the client.
    const fixed = /"(?:client_?id|oauth_?client_?id)"\s*:/i.test(given.reported?.entry ?? '');
    return {
      certainty: (secret && !hit) || fixed || told?.first === false ? 'possible' : 'likely',
      cites: [line.at],
      facts: { url, id: hit?.groups.id ?? null, client, secret, place: placeOf(given, 'registration') },
    };
  },
  say: ({ url, id, client, secret }) =>
    secret && id === null
      ? `The authorization server of ${url ?? 'the server'} does not accept the client that ${client ?? 'the client'} names, or its secret.`
      : `The authorization server of ${url ?? 'the server'} does not know the client id${id === null ? '' : ` ${id}`} that ${client ?? 'the client'} keeps from an earlier registration: it was deleted, or lost with a restart of the server.`,
  fix: ({ client, url, place }) => {
    const forget: [RegExp, { say: string; run?: string; windows?: string }][] = [
      [
        /mcp-remote/i,
        {
          say: 'Let mcp-remote forget what it has registered; it registers anew at the next start:',
          run: 'rm -rf ~/.mcp-auth',
          windows: 'Remove-Item -Recurse -Force "$env:USERPROFILE\\.mcp-auth"',
        },
      ],
      [
        /claude[-_ ]?code/i,
        {
          say: 'In Claude Code: /mcp, choose the server, Clear authentication, then Authenticate; where that is not offered, remove the server and add it again:',
          run: `claude mcp remove <name> && claude mcp add --transport http <name> ${url ?? '<url>'}`,
        },
      ],
      [
        /claude/i,
        { say: 'Remove the connector in the settings of Claude and add it again, so that it registers anew.' },
      ],
      [
        /vs ?-?code|copilot/i,
        {
          say: 'In VS Code run "Authentication: Remove Dynamic Authentication Providers" from the command palette and start the server again.',
        },
      ],
      [/cursor/i, { say: 'In Cursor log out of the server (MCP settings), or clear its entry, and connect again.' }],
      [/codex/i, { say: 'Log out and in again:', run: 'codex mcp logout <name> && codex mcp login <name>' }],
      [/open-?code/i, { say: 'Log out and in again:', run: 'opencode mcp logout <name> && opencode mcp auth <name>' }],
      [/inspector/i, { say: 'In the Inspector choose "Clear OAuth State" and connect again.' }],
    ];
    const known = forget.find(([is]) => client !== null && is.test(client))?.[1];
    return [
      known ?? {
        say: 'Let the client forget its registration and its tokens for this server (log out, or remove and add the server), so that it registers anew.',
      },
      {
        say: 'If the authorization server is yours: keep the registrations in a store that outlives restarts and is shared by all replicas (FastMCP: client_storage of the OAuth proxy), and answer 401 invalid_client at the token endpoint, upon which clients register anew.',
      },
      ...(place === null
        ? []
        : [{ say: `Where the client id was made by hand, see whether it is still there: ${place}.` }]),
    ];
  },
  why: 'With dynamic registration a client gets an id once and keeps it. Many servers keep the registrations in memory, or delete them after a while; the id is then dead, and since the refusal appears in a browser page before any redirect, the client does not learn of it and tries the same id for ever.',
  refs: [
    'https://www.rfc-editor.org/rfc/rfc6749#section-5.2',
    'https://www.rfc-editor.org/rfc/rfc7591#section-3.2.1',
    'https://github.com/supabase/mcp/issues/355',
  ],
  examples: [
    {
      name: 'FastMCP',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        http: {
          body: '{"error":"invalid_request","error_description":"Client ID \'754ae90a-e262-4020-b55a\' not found"}',
        },
      },
    },
    {
      name: 'the page of an authorization server',
      finds: true,
      symptoms: { transport: 'streamable-http', clientError: '{"message":"Unrecognized client_id"}' },
    },
    {
      name: 'mcp-remote',
      finds: true,
      symptoms: { client: 'mcp-remote', clientError: 'invalid_client / Error: Invalid client_id' },
    },
    {
      name: 'a client that keeps issuers apart',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError:
          'OAuth client information is bound to authorization server https://old.acme.dev and is not presented to https://new.acme.dev',
      },
    },
    {
      name: 'a secret that ran out with its registration',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        client: 'chatgpt',
        clientError: 'invalid_client: Client secret has expired',
      },
    },
    {
      name: 'Cursor, which has none',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        client: 'cursor',
        clientError: '[info] No stored client information found\n[info] Saving client information',
      },
    },
    {
      name: 'no registration at all',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'Incompatible auth server: does not support dynamic client registration',
      },
    },
    {
      name: 'the API client of a stdio server',
      finds: false,
      symptoms: {
        transport: 'stdio',
        stderr: 'google.auth: invalid_client: The OAuth client was not found.',
        exitCode: 1,
      },
    },
    {
      name: 'a walk: the client id that was given is not known',
      finds: true,
      evidence: signedInWalk(({ request }) => ({
        registration: { how: 'given', outcome: 'ready', clientId: 'old-client' },
        request: request && {
          ...request,
          answer: 'error-page' as const,
          says: 'Error invalid_client: client is invalid',
        },
        response: undefined,
        grants: [],
        access: [],
      })),
    },
    {
      name: 'a walk: the secret is wrong',
      finds: false,
      evidence: signedInWalk({
        registration: { how: 'given', outcome: 'ready', clientId: 'client-7' },
        grants: [
          {
            grant: 'authorization_code',
            exchange: 5,
            outcome: 'refused',
            status: 401,
            error: 'invalid_client',
            refreshToken: false,
          },
        ],
        access: [],
      }),
    },
  ],
});
