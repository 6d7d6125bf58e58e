import { defineCause, type Match } from './cause.js';
import { FAILED_START } from './consequences.js';
import { placeOf, toldError, wordsFor } from './oauth-errors.js';
import { signedInWalk } from './oauth-example.js';
import { fromWalk } from './oauth-walk.js';
import { isOwnSignIn, SIGN_IN, signInWords, UNSIGNED } from './sign-in.js';
import { find } from './words.js';

const SAID = [
  /\bredirect[_ ]?ur[il]s?\b[^\n]{0,20}?["'`]?(?<sent>[a-z][\w+.-]{2,30}:\/\/[^\s"'`,;)]{1,200})["'`]?[^\n]{0,60}?\b(?:does(?: not|n't) match|did not match|not (?:registered|allowed|permitted|found|in|valid|whitelisted|accepted|authori[sz]ed)|is(?: not|n't)|mismatch|unregistered|invalid)\b/i,
  /\bredirect[_ ]?ur[il]s?\b[^\n]{0,100}\b(?:mismatch\w*|does(?: not|n't) match|do(?: not|n't) match|did not match|must (?:match|be|use|start|begin)|not (?:registered|allowed|permitted|found|in|valid|whitelisted|accepted|authori[sz]ed|associated|supported)|is(?: not|n't) (?:registered|allowed|valid|permitted|associated|whitelisted)|invalid|unregistered|rejected|disallowed)\b/i,
  /\b(?:invalid|unregistered|mismatch(?:ed|ing)?|unauthori[sz]ed|unknown|bad|disallowed|unexpected|wrong|illegal)\b.{0,30}\bredirect[_ -]?ur[il]s?\b|\bredirect_uri_mismatch\b|\binvalid_redirect_ur[il]\b|\binvalid parameter:? redirect_uri\b/i,
  /\bcallback (?:ur[il]|address)\b.{0,40}\b(?:mismatch|not (?:in|registered|allowed|valid|whitelisted)|does(?: not|n't) match|invalid)\b|\b(?:invalid|mismatched|unregistered) callback (?:ur[il]|address)\b|\bAADSTS50011\b|\bAADSTS900971\b/i,
  /\bcallback (?:port|ur[il]|address)\b.{0,120}\b(?:changed|changes|differs?|not (?:allowed|registered|accepted|permitted)|is random|random)\b/i,
  /\bredirect[_ -]?ur[il]s?\b.{0,30}(?:\bnot\b|n't\b).{0,12}\b(?:allow\w*|on|among|part of|white\w*|listed)\b/i,
  /\bPassed URI: (?<sent>[a-z][\w+.-]{2,30}:\/\/\S{1,200})/,
];
/** The browser comes back to a port where the client no longer, or never, listens. */
const NOBODY =
  /\b(?:localhost|127\.0\.0\.1)(?::\d+)?\b.{0,60}\b(?:refused to connect|ERR_CONNECTION_REFUSED)\b|\bERR_CONNECTION_REFUSED\b/i;
const ABOUT = /\bcallback\b|\bredirect\b|\bcode[_ ]?verifier\b|\bauthori[sz]ation code\b|\boauth\b/i;
const CALLBACK =
  /(?<sent>(?:https?|[a-z][\w+.-]{2,30}):\/\/[^\s"'`,;)<>]{1,160}(?:callback|redirect|oauth)[^\s"'`,;)<>]{0,80})/i;

/** Where the registration lists its addresses, and where a request names the one it wants. */
const LISTED =
  /\bredirect_uris?\b["'\s:=\\n]{0,12}\[(?<list>[^\]]{8,600})\]|\b(?:only )?(?:accepts?|allows?|registered|expects?|whitelists?)\b(?: only)?(?: for)?[:\s"'`]{1,6}(?<one>https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\])[^\s"'`,;)<>]{0,120})/i;
const ASKED =
  /[?&]redirect_uri=(?<encoded>[^&\s"'<>]{8,300})|\b(?:sends?|sent|uses?|used|opens?|passes|got|received)\b[:\s"'`]{1,6}(?<plain>https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\])[^\s"'`,;)<>]{0,120})/i;

const plainly = (uri: string): string => {
  try {
    return decodeURIComponent(uri);
  } catch {
    return uri;
  }
};

/** Both are shown, and one is not among the other. The port of a loopback address may differ. */
function unlike(
  given: Parameters<typeof signInWords>[0],
  client: string | null,
): Match<{ sent: string | null; client: string | null; unheard: boolean; place: string | null }> | null {
  const lines = signInWords(given);
  const all = lines
    .filter(({ joined }) => !joined)
    .map(({ text }) => text)
    .join('\n');
  const list = LISTED.exec(all)?.groups;
  const query = ASKED.exec(`${given.reported?.url ?? ''}\n${all}`)?.groups;
  const sent = query?.encoded === undefined ? query?.plain : plainly(query.encoded);
  const registered = list?.list
    ? [...list.list.matchAll(/[a-z][\w+.-]{2,30}:\/\/[^\s"'`,\\]+/gi)].map(([uri]) => uri)
    : [list?.one ?? ''];
  if (!sent || !registered[0]) return null;
  const loose = (uri: string): string => uri.replace(/^(https?:\/\/(?:127\.0\.0\.1|\[::1\]|localhost)):\d+/, '$1');
  if (registered.some((uri) => loose(uri) === loose(sent))) return null;
  const place = lines.find(({ text }) => LISTED.test(text) || text.includes(registered[0] ?? ' '))?.at;
  return place
    ? {
        certainty: 'likely',
        cites: [place],
        facts: { sent, client, unheard: false, place: placeOf(given, 'redirect') },
      }
    : null;
}

export default defineCause({
  id: 'auth-redirect-uri-mismatch',
  title: 'The redirect address that the client sends is not the one that is registered',
  culprit: 'auth',
  severity: 'broken',
  seenAs: [
    'redirect_uri_mismatch',
    "Redirect URI 'https://claude.ai/api/mcp/auth_callback' not registered for client",
    'Invalid redirect URI. The redirect URI provided does not match any registered URI for this client.',
    'Invalid parameter: redirect_uri',
    'AADSTS50011',
  ],
  needs: [],
  uses: SIGN_IN,
  explains: [
    ...FAILED_START,
    ...UNSIGNED,
    'auth-registration-stale',
    'auth-registration-unsupported',
    'network-loopback-family-mismatch',
  ],
  live: fromWalk('auth-redirect-uri-mismatch'),

  match(given): Match<{ sent: string | null; client: string | null; unheard: boolean; place: string | null }> | null {
    if (isOwnSignIn(given)) return null;
    const client = given.reported?.client ?? null;
    const told = toldError(given, 'auth-redirect-uri-mismatch');
    const lines = wordsFor(given, 'auth-redirect-uri-mismatch');
    const hit = find(lines, ...SAID);
    const nobody = hit || !lines.some(({ text }) => ABOUT.test(text)) ? null : find(lines, NOBODY);
    const line = hit?.line ?? told?.line ?? nobody?.line;
    const place = placeOf(given, 'redirect');
    if (!line) return unlike(given, client);
    return {
      certainty: hit || told?.first ? 'likely' : 'possible',
      cites: [line.at],
      facts: {
        sent: hit?.groups.sent ?? CALLBACK.exec(line.text)?.groups?.sent ?? null,
        client,
        unheard: line === nobody?.line,
        place,
      },
    };
  },
  say: ({ sent, client, unheard }) =>
    unheard
      ? `The browser comes back from the sign-in to an address where ${client ?? 'the client'} does not listen${sent === null ? '' : ` (${sent})`}: the registered port and the one it opened differ, or it gave up before.`
      : `${client ?? 'The client'} asks to be called back at ${sent ?? 'an address'}, which is not among the redirect addresses that the authorization server has for it.`,
  fix: ({ sent, client, place }) => {
    const known: [RegExp, string][] = [
      [/claude[-_ ]?code/i, 'http://localhost:<port>/callback (any port; a fixed one with --callback-port)'],
      [/claude/i, 'https://claude.ai/api/mcp/auth_callback and https://claude.com/api/mcp/auth_callback'],
      [/vs ?-?code|copilot/i, 'http://127.0.0.1:33418 and https://vscode.dev/redirect'],
      [/cursor/i, 'cursor://anysphere.cursor-mcp/oauth/callback'],
      [/mcp-remote/i, 'http://localhost:<port>/oauth/callback (the port is its second argument)'],
      [/inspector/i, 'http://localhost:6274/oauth/callback and /oauth/callback/debug'],
      [/chatgpt|openai/i, 'https://chatgpt.com/connector_platform_oauth_redirect'],
      [/gemini/i, 'http://localhost:<port>/oauth/callback'],
    ];
    const address = known.find(([is]) => client !== null && is.test(client))?.[1];
    return [
      {
        say: `Register the address exactly as it is sent, with scheme, host, port and path${sent === null && address ? ` (${client}: ${address})` : ''}${place === null ? '' : `; there: ${place}`}:`,
        edit: {
          file: 'the client at the authorization server',
          at: 'redirect_uris',
          to: `"redirect_uris": ["${sent ?? 'http://localhost:<port>/callback'}"]`,
        },
      },
      {
        say: 'Where the authorization server is yours, ignore the port of loopback addresses and take 127.0.0.1 and localhost alike, as RFC 8252 asks: native clients open another port each time.',
      },
      {
        say: 'Where an old registration names other addresses, let the client forget it and register anew.',
      },
    ];
  },
  why: 'An authorization server sends the code only to addresses it knows, character by character. Desktop clients listen on a port of their own choice, web clients have a fixed address, and some have several; a proxy in the middle (FastMCP, a company sign-in) has a list of its own as well.',
  refs: [
    'https://www.rfc-editor.org/rfc/rfc8252#section-7.3',
    'https://www.rfc-editor.org/rfc/rfc6749#section-3.1.2.4',
    'https://github.com/PrefectHQ/fastmcp/issues/1564',
  ],
  examples: [
    {
      name: 'the address that is registered and the one that is sent, side by side',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError:
          'The client only accepts:\nhttp://localhost:3118/callback\nand the login sends:\nhttp://127.0.0.1:3118/callback',
      },
    },
    {
      name: 'a loopback address on another port',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        url: 'https://acme.dev/authorize?redirect_uri=http%3A%2F%2Flocalhost%3A5001%2Fcallback',
        serverLog: '"redirect_uris": ["http://localhost:3118/callback"]',
      },
    },
    {
      name: 'FastMCP',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        client: 'claude-desktop',
        clientError:
          '{ "error": "invalid_request", "error_description": "Redirect URI \'https://claude.ai/api/mcp/auth_callback\' not registered for client" }',
      },
    },
    {
      name: 'the code alone',
      finds: true,
      symptoms: { transport: 'streamable-http', client: 'claude-code', clientError: 'redirect_uri_mismatch' },
    },
    {
      name: 'Slack',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError:
          'redirect_uri did not match any configured URIs. Passed URI: http://127.0.0.1:19876/mcp/oauth/callback',
      },
    },
    {
      name: 'Keycloak',
      finds: true,
      symptoms: { transport: 'streamable-http', clientError: 'We are sorry... Invalid parameter: redirect_uri' },
    },
    {
      name: 'a redirect of the endpoint',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'Error POSTing to endpoint: redirected to https://acme.dev/mcp/',
        http: { status: 307, headers: { location: 'https://acme.dev/mcp/' } },
      },
    },
    {
      name: 'the sign-in of a stdio server at Google',
      finds: false,
      symptoms: { transport: 'stdio', stderr: 'Error 400: redirect_uri_mismatch', exitCode: 1 },
    },
    {
      name: 'a walk: registered with another address',
      finds: true,
      evidence: signedInWalk(({ registration }) => ({
        registration: registration && { ...registration, redirectUris: ['https://app.acme.dev/callback'] },
        response: undefined,
        grants: [],
        access: [],
      })),
    },
    {
      name: 'a walk: another port of this machine',
      finds: false,
      evidence: signedInWalk(({ registration }) => ({
        registration: registration && { ...registration, redirectUris: ['http://127.0.0.1:8080/callback'] },
      })),
    },
  ],
});
