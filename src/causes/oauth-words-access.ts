/** The words for faults that show when the MCP server is asked with credentials. See oauth-words.ts. */
import type { Facts, FixStep } from './cause.js';
import type { FaultId } from './oauth-faults.js';
import { list, text, told } from './oauth-tell.js';
import type { Words } from './oauth-words.js';
import { server, signIn } from './oauth-words-sign-in.js';

const withToken: FixStep = {
  say: 'Check the new one, with the token in the environment variable TOKEN:',
  run: 'mcp-verdict verify --bearer-env TOKEN <url>',
};
const newToken = (say: string): FixStep => ({
  say,
  edit: { file: 'the client config', at: 'headers', to: '"headers": { "Authorization": "Bearer <new token>" }' },
});

const reason = (facts: Facts): string => told(text(facts, 'reason'));
const audience = (facts: Facts): string => list(facts, 'got').join(', ') || 'nobody that can be read';
const ago = (seconds: unknown): string => {
  const s = Number(seconds);
  if (s < 120) return `${s} s`;
  if (s < 7_200) return `${Math.round(s / 60)} minutes`;
  return s < 172_800 ? `${Math.round(s / 3_600)} hours` : `${Math.round(s / 86_400)} days`;
};

const decode: FixStep = {
  say: 'See what the token says (the part between the dots, decoded), with it in the environment variable TOKEN:',
  run: "node -p \"JSON.parse(Buffer.from(process.env.TOKEN.split('.')[1], 'base64url'))\"",
};
const rightAudience = (facts: Facts): FixStep => ({
  say: 'Let the authorization server put the identifier of the MCP server into aud: it is asked for with the resource parameter (RFC 8707), or set by an audience mapper (Keycloak), an API of that identifier (Auth0, Entra ID):',
  edit: { file: 'the authorization server', at: 'aud', to: `"aud": "${text(facts, 'wanted')}"` },
});
const checkedAudience = (facts: Facts): FixStep => ({
  say: 'Or, if the authorization server names only a client or an API of its own, let the MCP server check that name:',
  edit: {
    file: 'the code of the server',
    to: `audience: "${list(facts, 'got')[0] ?? text(facts, 'wanted')}"`,
  },
});

/** What is odd about a value, and what to do. */
const ODD: Record<string, [string, string]> = {
  empty: ['is empty', 'Put the value in'],
  'scheme-twice': ['names the scheme twice', 'Write "Bearer" once: many clients put it there by themselves'],
  'scheme-missing': ['has no scheme before the token', 'Write "Bearer " before the token'],
  quoted: ['has quotes around the value', 'Leave the quotes out'],
  spaces: ['has spaces or line ends around the value', 'Leave them out'],
};

export const ACCESS_WORDS = {
  'audience-other': {
    short: (facts) => `token for ${audience(facts)}, not for this server`,
    say: (facts) =>
      `The sign-in succeeds, and ${server(facts)} refuses the fresh token with ${text(facts, 'status')}${reason(facts)}: it was issued for the audience ${audience(facts)}, while the server is ${text(facts, 'wanted')}. Signing in again gives the same token.`,
    fix: (facts) => [rightAudience(facts), checkedAudience(facts), signIn],
  },
  'audience-unclear': {
    short: (facts) => `refuses the fresh token${reason(facts)}`,
    say: (facts) =>
      `The sign-in succeeds, and ${server(facts)} refuses the fresh token with ${text(facts, 'status')}${reason(facts)}. ${list(facts, 'got').length ? `It names the audience ${audience(facts)}` : 'It does not say for whom it is'}, ${
        !facts.told
          ? 'and most often the server checks another audience than the one that the authorization server writes'
          : facts.fits === 'same'
            ? 'which is not the one that the server checks, although its own metadata names it'
            : 'and the server says that it is for somebody else'
      }.`,
    fix: (facts) => {
      const steps = facts.opaque ? [] : [decode];
      if (facts.fits !== 'same') return [rightAudience(facts), checkedAudience(facts), ...steps, signIn];
      const own = {
        say: 'Let the MCP server check for the audience that its own metadata names as the resource:',
        edit: { file: 'the code of the server', at: 'audience', to: `audience: "${text(facts, 'wanted')}"` },
      };
      return [own, ...steps, signIn];
    },
  },
  'token-issuer': {
    short: (facts) => `token of the issuer ${text(facts, 'got', 'that the server does not trust')}`,
    say: (facts) =>
      `${server(facts)} refuses the token with ${text(facts, 'status')}${reason(facts)}: it names the issuer ${text(facts, 'got', 'that the server does not trust')}${text(facts, 'wanted') ? `, while the authorization server calls itself ${text(facts, 'wanted')}` : ''}. Often only a slash at the end, a tenant, or version 1 against 2 of the same sign-in differs.`,
    fix: (facts) => [
      {
        say: 'Give whatever checks the token in the MCP server exactly the issuer that stands in it (JWTVerifier: issuer=; Spring: issuer-uri; ASP.NET: ValidIssuer; jose: issuer):',
        edit: { file: 'the code of the server', at: 'issuer', to: text(facts, 'got', '<iss of the token>') },
      },
      signIn,
    ],
  },
  'token-expired-on-arrival': {
    short: (facts) =>
      facts.expired ? `fresh token expired ${ago(facts.sinceS)} ago` : 'says that the fresh token has expired',
    say: (facts) =>
      facts.expired
        ? `The authorization server issued a token that had expired ${ago(facts.sinceS)} before it arrived, so ${server(facts)} refuses it (${text(facts, 'status')}): its clock is wrong, or the lifetime it sets.`
        : `${server(facts)} says that a token of this minute has expired (${text(facts, 'status')})${reason(facts)}: its clock is ahead of that of the authorization server.`,
    fix: () => [
      {
        say: 'Set the clocks of both servers by a time server, and compare them:',
        run: 'curl -sI <url> | grep -i ^date; date -u',
      },
      {
        say: 'Let the authorization server set a lifetime of minutes to hours, and let the MCP server allow a minute of difference.',
      },
      signIn,
    ],
  },
  'token-not-yet-valid': {
    short: (facts) =>
      Number(facts.inS) > 0 ? `token valid only in ${ago(facts.inS)}` : 'says that the token is not valid yet',
    say: (facts) =>
      `${server(facts)} refuses the token with ${text(facts, 'status')}${reason(facts)}: it is not valid yet${Number(facts.inS) > 0 ? `, and becomes so in ${ago(facts.inS)}` : ''}, so the clocks of the two servers differ.`,
    fix: () => [
      {
        say: 'Set the clocks of both servers by a time server, and compare them:',
        run: 'curl -sI <url> | grep -i ^date; date -u',
      },
      { say: 'Let the MCP server allow a minute of difference.' },
    ],
  },
  'token-rejected': {
    short: (facts) => `refuses the fresh token with ${text(facts, 'status')}${reason(facts)}`,
    say: (facts) =>
      `The sign-in succeeds, and ${server(facts)} refuses the fresh token of its own authorization server with ${text(facts, 'status')}${reason(facts)}.`,
    fix: () => [
      {
        say: 'Let the MCP server check tokens with the keys of this very authorization server (its jwks_uri, fetched anew when a key is not known), and let the account that signed in use the server.',
      },
      signIn,
    ],
  },
  'scope-insufficient': {
    short: (facts) => `the scope ${text(facts, 'scope', 'it needs')} is missing`,
    say: (facts) =>
      `${server(facts)} knows the token but does not allow this with it (${text(facts, 'status')}, insufficient_scope)${text(facts, 'scope') ? `: it needs the scope ${text(facts, 'scope')}` : ''}${text(facts, 'got') ? `, and the token has ${text(facts, 'got')}` : ''}.${
        facts.party === 'authorization-server-owner'
          ? ' The scope was asked for and not granted.'
          : facts.party === 'server-owner'
            ? ' Neither the 401 of the server nor its metadata names it, so clients do not ask for it.'
            : ''
      }`,
    fix: (facts) => [
      facts.party === 'authorization-server-owner'
        ? {
            say: 'Let the authorization server grant the scope to this client and this account:',
            edit: {
              file: 'the client at the authorization server',
              at: 'scope',
              to: `"scope": "${text(facts, 'scope')}"`,
            },
          }
        : facts.party === 'server-owner'
          ? {
              say: 'Name the scope in the challenge of the 401, or in the metadata, so that clients ask for it from the start:',
              edit: {
                file: 'the 401 answer of the server',
                at: 'www-authenticate',
                to: `scope="${text(facts, 'scope', '<scope>')}"`,
              },
            }
          : newToken(
              `Issue a token with ${text(facts, 'scope') ? `the scope ${text(facts, 'scope')}` : 'the scope that the server asks for'} and put it into the entry:`,
            ),
      facts.party === 'you' ? withToken : signIn,
    ],
  },
  'given-placeholder': {
    short: (facts) => `${text(facts, 'header')} holds ${text(facts, 'name')}, which nothing filled in`,
    say: (facts) =>
      `The text ${text(facts, 'name')} was sent in ${text(facts, 'header')} in place of a value, and ${server(facts)} refuses it (${text(facts, 'status')}): nothing filled the variable in.`,
    fix: (facts) => [
      {
        say: 'Write the variable in the form that the client fills in (Claude Code: ${TOKEN}; Cursor and Windsurf: ${env:TOKEN}; VS Code: ${input:token}; opencode: {env:TOKEN}), or the value itself, in a file that is not shared:',
        edit: {
          file: 'the client config',
          at: 'headers',
          to: `"headers": { "${text(facts, 'header', 'Authorization')}": "Bearer <your token>" }`,
        },
      },
      withToken,
    ],
  },
  'given-odd': {
    short: (facts) => `${text(facts, 'header')} ${ODD[text(facts, 'odd')]?.[0]}`,
    say: (facts) =>
      `${text(facts, 'header')} ${ODD[text(facts, 'odd')]?.[0]}, and ${server(facts)} refuses it (${text(facts, 'status')})${reason(facts)}.`,
    fix: (facts) => [
      {
        say: `${ODD[text(facts, 'odd')]?.[1]}:`,
        edit: {
          file: 'the client config',
          at: 'headers',
          to: `"headers": { "${text(facts, 'header', 'Authorization')}": "Bearer <your token>" }`,
        },
      },
      withToken,
    ],
  },
  'given-expired': {
    short: (facts) =>
      facts.expired ? `the token expired ${ago(facts.sinceS)} ago` : 'says that the token has expired',
    say: (facts) =>
      facts.expired
        ? `The token that was sent to ${server(facts)} expired ${ago(facts.sinceS)} ago (its claim exp), so the server refuses it (${text(facts, 'status')}).`
        : `${server(facts)} refuses the token that was sent, because it has expired (${text(facts, 'status')})${reason(facts)}.`,
    fix: (facts) => [
      facts.with === 'stored'
        ? { say: 'Sign in again:', run: 'mcp-verdict verify --auth oauth <url>' }
        : newToken(
            'Issue a new token and put it into the entry; one that renews itself comes from a sign-in through the client:',
          ),
      withToken,
    ],
  },
  'given-audience': {
    short: (facts) => `token for ${audience(facts)}, not for this server`,
    say: (facts) =>
      `${server(facts)} refuses the token that was sent (${text(facts, 'status')})${reason(facts)}: it was issued for the audience ${audience(facts)}, while the server is ${text(facts, 'wanted')}.`,
    fix: (facts) => [
      newToken(
        `Issue a token for this very server (audience or resource ${text(facts, 'wanted')}) and put it into the entry:`,
      ),
      decode,
      withToken,
    ],
  },
  'stored-expired': {
    short: () => 'no refresh token came with the sign-in that was kept',
    say: (facts) =>
      `The token that was kept for ${server(facts)} is no longer accepted (${text(facts, 'status')}), and no refresh token came with it: somebody has to sign in again each time a token runs out.`,
    fix: () => [
      {
        say: 'Let the authorization server issue refresh tokens to public clients (grant_types with refresh_token; scope offline_access where it wants one), rotated at each use:',
        edit: {
          file: 'the authorization-server metadata',
          at: 'grant_types_supported',
          to: '"grant_types_supported": ["authorization_code", "refresh_token"]',
        },
      },
      signIn,
    ],
  },
  'given-refused': {
    short: (facts) =>
      facts.silent ? 'refused with 403; nothing says why' : `refuses the credentials that were sent${reason(facts)}`,
    say: (facts) =>
      `${server(facts)} received credentials and refused them (${text(facts, 'status')})${reason(facts)}.`,
    fix: (facts) =>
      facts.with === 'stored'
        ? [
            {
              say: 'Forget the sign-in that was kept, and sign in anew:',
              run: 'mcp-verdict auth logout <url> && mcp-verdict verify --auth oauth <url>',
            },
          ]
        : [
            newToken(
              'Issue a new token or key for this very server and put it in the entry, exactly as the server wants it ("Bearer " before a token, no quotes, no line end):',
            ),
            withToken,
          ],
  },
} satisfies Partial<Record<FaultId, Words>>;
