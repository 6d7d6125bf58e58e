/** What a client complains of, held against a walk: certain where it names what the metadata do not. */
import { expect, it } from 'vitest';
import type { Evidence } from '../../src/case/evidence.js';
import { lookedWalk, serverDocumentWith } from '../../src/causes/oauth-example.js';
import { diagnose } from '../../src/verdict/diagnose.js';
import { caseOf } from '../support/case.js';

const judged = (line: string, walk: Partial<Evidence> = lookedWalk()) => {
  const { root } = diagnose(caseOf({ ...walk, complaint: { client: 'acme-client', lines: ['Connecting', line] } }));
  return [root?.id, root?.certainty];
};

const WRONG = 'auth-client-discovery-wrong';

it.each<[string, string]>([
  ['OAuth metadata issuer https://auth.acme.dev does not match expected issuer https://acme.dev/mcp', 'certain'],
  ['Issuer mismatch: expected "https://acme.dev", received "https://auth.acme.dev"', 'certain'],
  ['GET https://acme.dev/.well-known/oauth-authorization-server returned 404', 'certain'],
  ['"GET /mcp/.well-known/oauth-authorization-server HTTP/1.1" 404 Not Found', 'certain'],
  ['POST https://acme.dev/oauth/register failed: 404', 'certain'],
  ['HTTP 404 trying to load well-known OAuth metadata', 'likely'],
  ['Resource server does not implement OAuth 2.0 Protected Resource Metadata.', 'likely'],
  ['GET https://acme.dev/.well-known/oauth-protected-resource/mcp returned 404', 'likely'],
  ['GET https://auth.acme.dev/.well-known/openid-configuration failed with 500', 'likely'],
  ['Failed to register the client: POST https://auth.acme.dev/register 403', 'likely'],
])('%s: %s', (line, certainty) => {
  expect(judged(line)).toEqual([WRONG, certainty]);
});

it.each<[string, string, Partial<Evidence>]>([
  ['the walk shows the fault', 'issuer mismatch', serverDocumentWith({ issuer: 'https://login.acme.dev' })],
  ['it is about something else', 'MCP error -32001: Request timed out', lookedWalk()],
  [
    'the client wants dynamic registration, and documents are offered',
    'does not support dynamic client registration',
    serverDocumentWith({ registrationEndpoint: undefined, clientIdMetadataDocument: true }),
  ],
])('the client is not to blame where %s', (_, line, walk) => {
  expect(judged(line, walk)[0]).not.toBe(WRONG);
});
