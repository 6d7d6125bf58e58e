/** The way to the authorization server, on evidence of what real servers show too seldom. */
import checks from '../../src/checks/authorization.js';
import { holdTo, type Row } from '../support/authorization/rows.js';
import { resourceSays, type Walk, walked } from '../support/authorization/told.js';

const challenged = (
  parameters: Record<string, string>,
  more: Partial<NonNullable<Walk['challenge']>> = {},
): Partial<Walk> => ({
  challenge: { exchange: 0, status: 401, challenges: [{ scheme: 'Bearer', parameters }], credentials: 'none', ...more },
});
const METADATA = { resource_metadata: 'https://mcp.example.com/.well-known/oauth-protected-resource/mcp' };
const asked = (
  outcome: Walk['resourceMetadata'][number]['outcome'],
  more: Partial<Walk['resourceMetadata'][number]> = {},
) => ({
  resourceMetadata: [{ via: 'challenge' as const, url: METADATA.resource_metadata, outcome, ...more }],
});
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
/** By the rules of 2025-03-26. */
const old: Partial<Walk> = {
  ...challenged({}),
  fallback: true,
  resourceMetadata: [
    { via: 'root', url: 'https://mcp.example.com/.well-known/oauth-protected-resource', outcome: 'not-found' },
  ],
  serverMetadata: [
    {
      issuer: 'https://mcp.example.com',
      via: 'origin',
      url: 'https://mcp.example.com/.well-known/x',
      outcome: 'not-found',
    },
  ],
  used: undefined,
};
const unsafe = (field: string, url: string, why: Walk['unsafe'][number]['why']): Partial<Walk> => ({
  unsafe: [{ field, url, why }],
});

const ROWS: Row[] = [
  ['AUT-02', 'pass', /names the metadata/],
  ['AUT-02', 'warn', /2025-06-18 demands/, { walk: challenged({}), revision: '2025-06-18' }],
  ['AUT-02', 'not-applicable', /clients look for it/, { walk: challenged({}) }],
  ['AUT-02', 'warn', /without WWW-Authenticate/, { walk: challenged({}, { challenges: [] }) }],

  ['AUT-02', 'not-applicable', /^applies to answers with 401/, { walk: challenged(METADATA, { status: 403 }) }],
  ['AUT-08', 'not-applicable', /^applies to answers with 401/, { walk: challenged(METADATA, { status: 403 }) }],
  [
    'AUT-26',
    'not-verified',
    /--auth oauth/,
    { walk: { ...old, ...challenged(METADATA), mode: 'look', grants: [], registration: undefined } },
  ],
  [
    'AUT-26',
    'pass',
    /metadata at the root/,
    {
      walk: {
        ...old,
        serverMetadata: [
          { ...walked().authorization?.serverMetadata[0], via: 'origin' } as Walk['serverMetadata'][number],
        ],
      },
    },
  ],

  ['AUT-03', 'pass', /where the challenge says/],
  ['AUT-03', 'fail', /^none where clients look/, { walk: asked('not-found') }],
  [
    'AUT-03',
    'fail',
    /^not where the challenge says: HTTP 200, but no JSON/,
    {
      walk: {
        resourceMetadata: [
          { via: 'challenge', url: 'https://mcp.example.com/meta', outcome: 'not-json', exchange: 1 },
          {
            via: 'path',
            url: METADATA.resource_metadata,
            outcome: 'found',
            document: { resource: 'https://mcp.example.com/mcp', authorizationServers: [] },
          },
        ],
      },
    },
  ],
  ['AUT-03', 'not-verified', /no answer/, { walk: asked('no-answer') }],
  ['AUT-03', 'warn', /2025-03-26/, { walk: old }],
  [
    'AUT-03',
    'fail',
    /none where/,
    { walk: { ...old, grants: [], registration: { how: 'dynamic', outcome: 'refused' } } },
  ],

  ['AUT-04', 'pass', /JSON/],
  ['AUT-04', 'fail', /^HTTP 200, but no JSON/, { walk: asked('not-json', { exchange: 1 }) }],
  ['AUT-04', 'fail', /asks for credentials/, { walk: asked('refused', { exchange: 0 }) }],
  ['AUT-04', 'fail', /does not end/, { walk: asked('too-large') }],
  ['AUT-04', 'not-applicable', /^applies to/, { walk: asked('not-found') }],

  ['AUT-05', 'pass', /^https:\/\/login\.example\.com$/],
  [
    'AUT-05',
    'pass',
    /and 1 more$/,
    { walk: resourceSays({ authorizationServers: ['https://a.example', 'https://b.example'] }) },
  ],
  ['AUT-05', 'fail', /name none/, { walk: resourceSays({ authorizationServers: [] }) }],

  ['AUT-06', 'pass', /URL itself/],
  ['AUT-06', 'warn', /only below it/, { walk: resourceSays({ resource: 'https://mcp.example.com' }) }],
  ['AUT-06', 'fail', /is not this URL/, { walk: resourceSays({ resource: 'https://mcp.example.com/mcp/' }) }],
  ['AUT-06', 'fail', /is not this URL/, { walk: resourceSays({ resource: 'https://mcp.example.com/mc' }) }],
  ['AUT-06', 'fail', /do not name it/, { walk: resourceSays({ resource: undefined }) }],
  [
    'AUT-06',
    'pass',
    /the host/,
    {
      walk: {
        resourceMetadata: [
          {
            via: 'root',
            url: 'https://mcp.example.com/x',
            outcome: 'found',
            document: { resource: 'https://mcp.example.com', authorizationServers: [] },
          },
        ],
      },
    },
  ],

  ['AUT-08', 'pass', /notes:read/],
  ['AUT-08', 'warn', /ask for all 1$/, { walk: challenged(METADATA) }],
  ['AUT-08', 'not-applicable', /^applies to/, { walk: { ...challenged(METADATA), ...resourceSays({}) } }],

  ['AUT-25', 'pass', /left to the clients/, { revision: '2026-07-28' }],
  [
    'AUT-25',
    'warn',
    /challenge asks for it/,
    { walk: challenged({ ...METADATA, scope: 'notes:read offline_access' }), revision: '2026-07-28' },
  ],
  [
    'AUT-25',
    'warn',
    /metadata list it/,
    { walk: resourceSays({ scopes: ['offline_access'] }), revision: '2026-07-28' },
  ],
  ['AUT-25', 'not-applicable', /^applies to/, { walk: resourceSays({ scopes: ['offline_access'] }) }],

  ['AUT-26', 'pass', /without metadata/, { walk: old }],
  [
    'AUT-26',
    'warn',
    /lead nowhere/,
    { walk: { ...old, grants: [], registration: { how: 'dynamic', outcome: 'refused' } } },
  ],
  ['AUT-26', 'not-applicable', /^applies to/],

  ['AUT-30', 'pass', /other sites/],
  ['AUT-30', 'warn', /ask for credentials/, { walk: asked('refused', { exchange: 0 }) }],
  [
    'AUT-30',
    'warn',
    /Access-Control-Allow-Origin/,
    {
      walk: {
        serverMetadata: [
          { ...walked().authorization?.serverMetadata[0], allowOrigin: undefined } as Walk['serverMetadata'][number],
        ],
      },
    },
  ],

  ['AUT-33', 'pass', /none leads astray/],
  [
    'AUT-33',
    'fail',
    /^token_endpoint leads clients to http:\/\/169\.254\.13\.37/,
    { walk: unsafe('token_endpoint', 'http://169.254.13.37/t', 'private-address') },
  ],
  [
    'AUT-33',
    'fail',
    /^resource_metadata leads clients to http:/,
    { walk: unsafe('resource_metadata', 'http://mcp.example.com/x', 'plain-http') },
  ],
  ['AUT-33', 'fail', /^they lead clients to/, { walk: ofServer('unsafe') }],
];

holdTo(checks, ROWS);
