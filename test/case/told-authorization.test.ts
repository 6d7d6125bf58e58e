import { describe, expect, it } from 'vitest';
import { evidenceOf, symptomsOf } from '../../src/case/symptoms.js';
import { caseOfSymptoms } from '../../src/probe/reported.js';
import { diagnose } from '../../src/verdict/diagnose.js';

const CHALLENGE = `$ curl -si -X POST https://mcp.acme.dev/mcp -d '{"jsonrpc":"2.0","id":1,"method":"initialize"}'
HTTP/2 401
www-authenticate: Bearer resource_metadata="https://mcp.acme.dev/.well-known/oauth-protected-resource/mcp"

{"error":"unauthorized"}`;
const RESOURCE = `$ curl -si https://mcp.acme.dev/.well-known/oauth-protected-resource/mcp
HTTP/2 200
content-type: application/json

{"resource":"https://mcp.acme.dev/mcp","authorization_servers":["https://auth.acme.dev"]}`;
const server = (
  more: Record<string, unknown>,
): string => `$ curl -si https://auth.acme.dev/.well-known/oauth-authorization-server
HTTP/2 200
content-type: application/json

${JSON.stringify({
  issuer: 'https://auth.acme.dev',
  authorization_endpoint: 'https://auth.acme.dev/authorize',
  token_endpoint: 'https://auth.acme.dev/token',
  registration_endpoint: 'https://auth.acme.dev/register',
  response_types_supported: ['code'],
  code_challenge_methods_supported: ['S256'],
  ...more,
})}`;
const post = (path: string, status: number, body: object): string =>
  `$ curl -si -X POST https://auth.acme.dev${path}\nHTTP/2 ${status}\ncontent-type: application/json\n\n${JSON.stringify(body)}`;

const walkOf = (...parts: string[]) => evidenceOf(symptomsOf(parts.join('\n'))).authorization;
const rootOf = (...parts: string[]) => {
  const text = parts.join('\n');
  return diagnose(caseOfSymptoms(symptomsOf(text), text, '2026-01-01T00:00:00.000Z')).findings[0];
};

describe('the walk that a transcript shows', () => {
  it('has every step in its place', () => {
    const walk = walkOf(
      CHALLENGE,
      RESOURCE,
      server({}),
      post('/register', 201, { client_id: 'abc', redirect_uris: ['http://localhost:1/callback'] }),
      post('/token', 200, { access_token: 'kept-by-nobody', token_type: 'Bearer', expires_in: 60 }),
    );
    expect(walk).toMatchObject({
      resource: 'https://mcp.acme.dev/mcp',
      mode: 'look',
      challenge: { status: 401, credentials: 'none' },
      resourceMetadata: [{ via: 'challenge', outcome: 'found', document: { resource: 'https://mcp.acme.dev/mcp' } }],
      serverMetadata: [{ via: 'oauth', issuer: 'https://auth.acme.dev', outcome: 'found' }],
      used: 0,
      registration: { how: 'dynamic', outcome: 'ready', clientId: 'abc' },
      grants: [{ grant: 'authorization_code', outcome: 'issued', expiresInS: 60, refreshToken: false }],
    });
    expect(JSON.stringify(walk)).not.toContain('kept-by-nobody');
  });

  it('the step that fails is named, and is likely: a person may have pasted half of it', () => {
    const found = rootOf(CHALLENGE, RESOURCE, server({}), post('/register', 403, { error: 'access_denied' }));
    expect(found).toMatchObject({ id: 'auth-registration-unsupported', certainty: 'likely' });
    expect(found?.says).toContain('Failing step: registration');
  });

  it.each([
    ['auth-issuer-mismatch', server({ issuer: 'https://login.acme.dev' })],
    ['auth-pkce-unsupported', server({ code_challenge_methods_supported: ['plain'] })],
    ['auth-metadata-unsafe', server({ token_endpoint: 'http://10.0.0.7/token' })],
  ])('%s, from the document', (cause, document) => {
    expect(rootOf(CHALLENGE, RESOURCE, document)?.id).toBe(cause);
  });

  it('an issuer with a slash at the end is the one under authorization_servers', () => {
    const resource = RESOURCE.replace('"https://auth.acme.dev"', '"https://auth.acme.dev/"');
    expect(walkOf(CHALLENGE, resource, server({}))?.serverMetadata[0]?.issuer).toBe('https://auth.acme.dev/');
  });

  it('a document that curl printed without headers counts, half of one does not', () => {
    const alone = RESOURCE.replace(/HTTP\/2[^{]*/, '');
    expect(walkOf(CHALLENGE, alone)?.resourceMetadata[0]).toMatchObject({ outcome: 'found' });
    expect(walkOf(CHALLENGE, RESOURCE.slice(0, -20))).toBeUndefined();
  });

  it('a page where a document should be, and nothing there', () => {
    const page = RESOURCE.replace('application/json', 'text/html').replace(/\{.*$/s, '<!doctype html><html></html>');
    expect(walkOf(CHALLENGE, page)?.resourceMetadata[0]?.outcome).toBe('not-json');
    const none = RESOURCE.replace('HTTP/2 200', 'HTTP/2 404').replace(/\{.*$/s, 'no');
    expect(walkOf(CHALLENGE, none)?.resourceMetadata[0]?.outcome).toBe('not-found');
  });

  it('an error in the redirect of the authorization endpoint', () => {
    const asked =
      '$ curl -si "https://auth.acme.dev/authorize?client_id=abc&response_type=code&redirect_uri=http%3A%2F%2Flocalhost%3A1%2Fcb&scope=x&state=secret-state"\nHTTP/2 302\nlocation: http://localhost:1/cb?error=invalid_scope&error_description=no+such+scope&state=secret-state\n';
    const walk = walkOf(CHALLENGE, RESOURCE, server({}), asked);
    expect(walk?.request).toMatchObject({ answer: 'error', error: 'invalid_scope', says: 'no such scope', scope: 'x' });
    expect(JSON.stringify(walk)).not.toContain('secret-state');
  });

  it('no step of a sign-in, or no URL of the server: no walk', () => {
    expect(walkOf(CHALLENGE)).toBeUndefined();
    expect(evidenceOf({ transport: 'streamable-http', clientError: 'invalid_grant' }).authorization).toBeUndefined();
  });
});
