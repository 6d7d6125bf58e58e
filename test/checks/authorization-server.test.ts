/** What the authorization server says of itself, on evidence of what real ones show too seldom. */
import checks from '../../src/checks/authorization-server.js';
import { holdTo, type Row } from '../support/authorization/rows.js';
import { serverSays, type Walk, walked } from '../support/authorization/told.js';

const ofServer = (
  outcome: Walk['serverMetadata'][number]['outcome'],
  more: Partial<Walk['serverMetadata'][number]> = {},
) => ({
  serverMetadata: [
    {
      issuer: 'https://login.example.com',
      via: 'oauth' as const,
      url: 'https://login.example.com/x',
      outcome,
      ...more,
    },
  ],
  used: undefined,
});
const unsafe = (field: string, url: string, why: Walk['unsafe'][number]['why']): Partial<Walk> => ({
  unsafe: [{ field, url, why }],
});

const ROWS: Row[] = [
  ['AUT-10', 'pass', /RFC 8414/],
  [
    'AUT-10',
    'pass',
    /OpenID/,
    {
      walk: {
        serverMetadata: [
          { ...walked().authorization?.serverMetadata[0], via: 'openid' } as Walk['serverMetadata'][number],
        ],
      },
    },
  ],
  ['AUT-10', 'fail', /no client finds them/, { walk: ofServer('not-found') }],
  ['AUT-10', 'fail', /^they lack token_endpoint/, { walk: serverSays({ tokenEndpoint: undefined }) }],
  ['AUT-10', 'not-verified', /^no answer from/, { walk: ofServer('no-answer') }],
  [
    'AUT-10',
    'not-verified',
    /^no answer from/,
    { walk: ofServer('server-error', { exchange: 4 }), tries: { open: { status: 503 } } },
  ],

  [
    'AUT-10',
    'warn',
    /^none of https:\/\/gone\.example, which is named first/,
    {
      walk: {
        serverMetadata: [
          { issuer: 'https://gone.example', via: 'oauth', url: 'https://gone.example/x', outcome: 'not-found' },
          ...(walked().authorization?.serverMetadata ?? []),
        ],
        used: 1,
      },
    },
  ],

  ['AUT-10', 'not-applicable', /^applies to/, { walk: { serverMetadata: [], used: undefined } }],
  [
    'AUT-10',
    'fail',
    /^it has no "issuer"/,
    {
      walk: ofServer('invalid', {
        why: 'it has no "issuer"',
        document: {
          tokenEndpoint: 'https://login.example.com/token',
          authorizationEndpoint: 'https://login.example.com/authorize',
          ...{ clientIdMetadataDocument: false, issParameter: false },
        },
      }),
    },
  ],
  ['AUT-24', 'not-applicable', /^applies to sign-ins of people/, { walk: { mode: 'client-credentials' } }],

  ['AUT-11', 'pass', /as it was named/],
  ['AUT-11', 'warn', /asked as/, { walk: serverSays({ issuer: 'https://login.example.com/' }) }],
  ['AUT-11', 'fail', /asked as/, { walk: serverSays({ issuer: 'https://login.internal.example' }) }],
  ['AUT-11', 'fail', /do not name it/, { walk: serverSays({ issuer: undefined }) }],

  ['AUT-12', 'not-applicable', /^applies to/],
  ...(['oauth', 'openid-appended', 'oauth-appended'] as const).map(
    (via): Row => [
      'AUT-12',
      via === 'oauth-appended' ? 'fail' : 'pass',
      /the path/,
      {
        walk: {
          serverMetadata: [
            {
              ...walked().authorization?.serverMetadata[0],
              via,
              issuer: 'https://login.example.com/t1',
            } as Walk['serverMetadata'][number],
          ],
        },
      },
    ],
  ),

  ['AUT-13', 'pass', /S256/],
  ['AUT-13', 'fail', /^plain, without S256/, { walk: serverSays({ pkceMethods: ['plain'] }) }],
  ['AUT-13', 'warn', /strict clients/, { walk: serverSays({ pkceMethods: undefined }) }],
  ['AUT-13', 'not-applicable', /^applies to/, { walk: { mode: 'client-credentials' } }],

  ['AUT-14', 'pass', /https/],
  [
    'AUT-14',
    'fail',
    /^token_endpoint is no https address: http:/,
    { walk: unsafe('token_endpoint', 'http://login.example.com/token', 'plain-http') },
  ],
  ['AUT-14', 'fail', /javascript:/, { walk: unsafe('authorization_endpoint', 'javascript:alert(1)', 'scheme') }],
  ['AUT-14', 'not-applicable', /^applies to/, { walk: serverSays({ tokenEndpoint: 'http://127.0.0.1:9/token' }) }],

  ['AUT-16', 'pass', /document of theirs/],
  ['AUT-16', 'warn', /not taken/, { walk: serverSays({ clientIdMetadataDocument: false }) }],
  [
    'AUT-16',
    'not-applicable',
    /^applies to/,
    { walk: serverSays({ clientIdMetadataDocument: false }), revision: '2025-06-18' },
  ],

  ['AUT-17', 'pass', /register themselves/],
  [
    'AUT-17',
    'warn',
    /2025-06-18 recommends/,
    { walk: serverSays({ registrationEndpoint: undefined }), revision: '2025-06-18' },
  ],
  ['AUT-17', 'not-applicable', /not offered/, { walk: serverSays({ registrationEndpoint: undefined }) }],

  ['AUT-18', 'pass', /^by dynamic registration/],
  ['AUT-18', 'pass', /^by client documents/, { walk: { registration: { how: 'document', outcome: 'ready' } } }],
  [
    'AUT-18',
    'warn',
    /invalid_client_metadata/,
    { walk: { registration: { how: 'dynamic', outcome: 'refused', error: 'invalid_client_metadata' } } },
  ],
  [
    'AUT-18',
    'warn',
    /its owner registers/,
    { walk: serverSays({ registrationEndpoint: undefined, clientIdMetadataDocument: false }) },
  ],
  ['AUT-18', 'not-verified', /^untried: client documents or/, { walk: { registration: undefined } }],

  ['AUT-24', 'pass', /names the issuer/],
  ['AUT-24', 'fail', /^promised/, { walk: { response: { outcome: 'issuer-missing', waitedS: 1 } } }],
  [
    'AUT-24',
    'fail',
    /evil\.example/,
    { walk: { response: { outcome: 'issuer-mismatch', issuer: 'https://evil.example', waitedS: 1 } } },
  ],
  ['AUT-24', 'warn', /2026-07-28 recommends/, { walk: serverSays({ issParameter: false }), revision: '2026-07-28' }],
  ['AUT-24', 'not-applicable', /^applies to/, { walk: serverSays({ issParameter: false }) }],
  ['AUT-24', 'not-verified', /--auth oauth/, { walk: { response: undefined } }],
];

holdTo(checks, ROWS);
