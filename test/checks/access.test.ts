/** Who is let in, on evidence of what real servers show too seldom. */
import checks from '../../src/checks/access.js';
import { holdTo, type Row } from '../support/authorization/rows.js';
import { CHALLENGE, refused, served, type Walk } from '../support/authorization/told.js';

const grant = (more: Partial<Walk['grants'][number]>): Walk['grants'][number] => ({
  grant: 'authorization_code',
  outcome: 'issued',
  refreshToken: false,
  ...more,
});
const jwt = (more: object) => ({ format: 'jwt' as const, ...more });
const givenToken = (token: object): Partial<Walk> => ({
  mode: 'look',
  registration: undefined,
  request: undefined,
  response: undefined,
  grants: [],
  given: [{ how: 'bearer', name: 'authorization', scheme: 'Bearer', token: jwt(token) }],
  access: [{ with: 'given', exchange: 3, status: 200 }],
});
const cors = { 'access-control-allow-origin': '*', 'www-authenticate': CHALLENGE };
const preflight = { status: 204, headers: { 'access-control-allow-origin': '*' } };
const page = { status: 200, contentType: 'text/html; charset=utf-8', body: '<h1>Sign in</h1>', headers: {} };
const hidden = {
  ...served,
  body: '{"jsonrpc":"2.0","id":1,"error":{"code":-32001,"message":"Unauthorized"}}',
  headers: {},
};
const lacking = 'Bearer error="insufficient_scope"';

/** Whoever comes is served. */
const letIn = { open: served, plain: served, fromBrowser: undefined, within: undefined };

const ROWS: Row[] = [
  ['AUT-01', 'pass', /^401 for no token, a made-up token$/],
  ['AUT-01', 'pass', /an expired token$/, { tries: { expired: refused } }],
  ['AUT-01', 'fail', /^tools\/list is served without credentials/, { tries: { plain: served } }],
  ['AUT-01', 'fail', /^a made-up token is accepted/, { tries: { madeUp: served } }],
  ['AUT-01', 'fail', /^an expired token is accepted/, { tries: { expired: served } }],
  ['AUT-01', 'fail', /^HTTP 403 for no token/, { tries: { open: { status: 403 } } }],
  ['AUT-01', 'fail', /^HTTP 302 for no token/, { tries: { open: { status: 302 } } }],
  ['AUT-01', 'fail', /^HTTP 200 and a page for no token/, { tries: { open: page } }],
  ['AUT-01', 'fail', /^HTTP 200 for no token/, { tries: { open: hidden } }],
  ['AUT-01', 'fail', /^HTTP 403 for an expired token/, { tries: { expired: { status: 403 } } }],
  ['AUT-01', 'fail', /^a token that expired 2 h ago is accepted/, { walk: givenToken({ expiresInS: -7_200 }) }],
  ['AUT-01', 'pass', /^401/, { walk: givenToken({ expiresInS: -30 }) }],
  ['AUT-01', 'warn', /^HTTP 400 for a made-up token/, { tries: { madeUp: { status: 400 } } }],
  ['AUT-01', 'warn', /^HTTP 500 for a made-up token/, { tries: { madeUp: { status: 500 } } }],
  ['AUT-01', 'warn', /^without credentials: initialize, and no more/, { tries: { open: served } }],
  ['AUT-01', 'warn', /^without credentials: ping/, { tries: { plain: { ...served, rpc: 'ping' } } }],
  ['AUT-01', 'not-verified', /^HTTP 503/, { tries: { open: { status: 503 } } }],
  [
    'AUT-01',
    'not-verified',
    /a wrong one: Retry-After/,
    { tries: { madeUp: undefined }, skipped: { 'token-made-up': 'Retry-After: 60' } },
  ],
  [
    'AUT-01',
    'pass',
    /^401 for no token$/,
    { tries: { madeUp: undefined }, skipped: { 'token-made-up': 'there is no bearer token' } },
  ],

  ['AUT-01', 'pass', /^credentials are optional; a made-up token: HTTP 401/, { unasked: true, tries: letIn }],
  ['AUT-01', 'warn', /nobody checks them/, { unasked: true, tries: { ...letIn, madeUp: served } }],
  ['AUT-22', 'not-applicable', /^applies to/, { unasked: true, tries: letIn }],
  ['AUT-22', 'not-verified', /^HTTP 429/, { tries: { plain: { status: 429 } } }],
  ['AUT-27', 'not-verified', /^HTTP 503/, { tries: { open: { status: 503 } } }],
  ['AUT-28', 'not-applicable', /^applies to requests that are refused/, { tries: { open: served } }],
  ['AUT-31', 'not-verified', /--auth oauth/, { walk: { access: [] } }],

  [
    'AUT-09',
    'pass',
    /scope that is needed/,
    {
      more: [
        {
          status: 403,
          headers: {
            'www-authenticate': `${lacking}, scope="notes:write", resource_metadata="https://mcp.example.com/x"`,
          },
        },
      ],
    },
  ],
  [
    'AUT-09',
    'warn',
    /lacks scope and resource_metadata/,
    { more: [{ status: 403, headers: { 'www-authenticate': lacking } }] },
  ],
  [
    'AUT-09',
    'warn',
    /the status 403/,
    { more: [{ status: 401, headers: { 'www-authenticate': `${lacking}, scope="a", resource_metadata="b"` } }] },
  ],
  ['AUT-09', 'not-applicable', /^applies to/],

  ['AUT-19', 'pass', /^refused: HTTP 401/, { tries: { otherAudience: refused } }],
  ['AUT-19', 'fail', /for another resource is accepted/, { tries: { otherAudience: served } }],
  [
    'AUT-19',
    'warn',
    /^the token is for https:\/\/graph\.example\.com/,
    { walk: givenToken({ audience: ['https://graph.example.com'], issuer: 'https://login.example.com' }) },
  ],
  ['AUT-19', 'not-verified', /nobody tried/, { walk: givenToken({ audience: ['api://notes'] }) }],
  ['AUT-19', 'not-verified', /without any token/, { tries: { otherAudience: served, plain: served } }],

  ['AUT-21', 'pass', /refused/, { tries: { inQuery: refused } }],
  ['AUT-21', 'fail', /^accepted/, { tries: { inQuery: served } }],
  ['AUT-21', 'warn', /\(api_key\)/, { walk: { given: [{ how: 'query', name: 'api_key' }] } }],
  ['AUT-21', 'not-verified', /^only with --full$/, { skipped: { 'token-in-query': 'only with --full' } }],

  ['AUT-22', 'pass', /alike/],
  ['AUT-22', 'fail', /^tools\/list asks for less/, { tries: { plain: served } }],
  ['AUT-22', 'fail', /^tools\/list asks for less/, { tries: { plain: { status: 400 }, within: served } }],
  ['AUT-22', 'warn', /^ping asks for less/, { tries: { plain: { ...served, rpc: 'ping' } } }],

  ['AUT-23', 'pass', /refused/],
  ['AUT-23', 'fail', /opens the server/, { tries: { within: served } }],
  ['AUT-23', 'warn', /opens the server/, { tries: { within: { ...served, rpc: 'ping' } } }],
  [
    'AUT-23',
    'not-applicable',
    /no session id/,
    { tries: { within: undefined }, skipped: { 'session-without-credentials': 'the server gave no session id' } },
  ],
  ['AUT-23', 'not-verified', /^HTTP 502$/, { tries: { within: { status: 502 } } }],

  ['AUT-27', 'pass', /HTTP 401/],
  ['AUT-27', 'warn', /^HTTP 404/, { tries: { open: { status: 404 } } }],
  ['AUT-27', 'warn', /^HTTP 200 and a page/, { tries: { open: page } }],
  ['AUT-27', 'warn', /^HTTP 200;/, { tries: { open: hidden } }],
  ['AUT-27', 'not-applicable', /^applies to/, { tries: { open: served } }],

  [
    'AUT-28',
    'pass',
    /can be read/,
    {
      tries: {
        preflight,
        fromBrowser: {
          ...refused,
          headers: { ...cors, 'access-control-expose-headers': 'Mcp-Session-Id, WWW-Authenticate' },
        },
      },
    },
  ],
  [
    'AUT-28',
    'warn',
    /lacks WWW-Authenticate/,
    {
      tries: {
        preflight,
        fromBrowser: { ...refused, headers: { ...cors, 'access-control-expose-headers': 'Mcp-Session-Id' } },
      },
    },
  ],
  ['AUT-28', 'warn', /no CORS header/, { tries: { preflight } }],
  ['AUT-28', 'warn', /for OPTIONS/, { tries: { preflight: refused, fromBrowser: { ...refused, headers: cors } } }],
  ['AUT-28', 'not-applicable', /^applies to/],

  ['AUT-29', 'pass', /1 h/],
  ['AUT-29', 'warn', /30 days/, { walk: { grants: [grant({ expiresInS: 2_592_000 })] } }],
  ['AUT-29', 'warn', /nobody says/, { walk: { grants: [grant({})] } }],
  [
    'AUT-29',
    'warn',
    /stays$/,
    {
      walk: {
        grants: [grant({ expiresInS: 600, refreshToken: true }), grant({ grant: 'refresh_token', expiresInS: 600 })],
      },
    },
  ],
  ['AUT-29', 'not-verified', /--auth oauth/, { walk: { grants: [] } }],

  ['AUT-31', 'pass', /^none of/],
  [
    'AUT-31',
    'fail',
    /the body and www-authenticate/,
    { tries: { madeUp: { ...refused, echoes: ['body', 'www-authenticate'] } } },
  ],
  // The authorization server gives tokens: that is what it is for.
  ['AUT-31', 'pass', /^none of/, { more: [{ purpose: 'auth-token', status: 200, echoes: ['body'] }] }],
  [
    'AUT-31',
    'not-verified',
    /only what is sent as Authorization/,
    { walk: { given: [{ how: 'header', name: 'x-api-key' }] } },
  ],

  ['AUT-32', 'pass', /refused/, { tries: { unsigned: refused } }],
  ['AUT-32', 'fail', /alg none/, { tries: { unsigned: served } }],
  [
    'AUT-32',
    'not-applicable',
    /opaque/,
    { skipped: { 'token-unsigned': 'the token is opaque: it has no claims to repeat' } },
  ],
];

holdTo(checks, ROWS);
