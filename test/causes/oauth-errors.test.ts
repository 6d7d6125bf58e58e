/** What programs say when a sign-in fails belongs to one cause, whichever field it was pasted into. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Symptoms, symptomsOf } from '../../src/case/symptoms.js';
import { ENTRA_CODES, SIGN_INS } from '../../src/causes/known-sign-ins.js';
import { toldErrors } from '../../src/causes/oauth-errors.js';
import { ROWS } from '../../src/causes/sign-in-errors.js';
import { caseOfSymptoms } from '../../src/probe/reported.js';
import { diagnose, seen } from '../../src/verdict/diagnose.js';
import { CAUSE_IDS } from '../pins/cause-ids.js';

const RU = 'auth-redirect-uri-mismatch';
const RM = 'auth-resource-mismatch';
const MM = 'auth-metadata-missing';
const RG = 'auth-registration-unsupported';
const RS = 'auth-registration-stale';
const SR = 'auth-sign-in-refused';
const TR = 'auth-token-request-refused';
const TE = 'auth-token-expired';
const IS = 'auth-insufficient-scope';
const PK = 'auth-pkce-unsupported';

/** Messages of the TypeScript SDK, and the file of its version 1 in which they stand. */
const SDK: [string, string, string][] = [
  [RG, 'Incompatible auth server: does not support dynamic client registration', 'client/auth.js'],
  [MM, 'Resource server does not implement OAuth 2.0 Protected Resource Metadata.', 'client/auth.js'],
  [TR, 'client_secret_basic authentication requires a client_secret', 'client/auth.js'],
  [TR, 'Existing OAuth client information is required when exchanging an authorization code', 'client/auth.js'],
  [IS, 'Server returned 403 after trying upscoping', 'client/streamableHttp.js'],
  [TR, 'code_verifier does not match the challenge', 'server/auth/handlers/token.js'],
  [RU, 'Unregistered redirect_uri', 'server/auth/handlers/authorize.js'],
  [RS, 'Invalid client_id', 'server/auth/handlers/authorize.js'],
  [TR, 'The grant type is not supported by this authorization server.', 'server/auth/handlers/token.js'],
  [TR, 'Client secret is required', 'server/auth/middleware/clientAuth.js'],
];

/** Messages of authorization servers and of other SDKs. */
const OTHERS: [string, string][] = [
  [RU, "AADSTS50011: The redirect URI 'http://localhost:3118/callback' specified in the request does not match"],
  [RU, 'Error 400: redirect_uri_mismatch'],
  [RU, 'Ungültiger Parameter: redirect_uri'],
  [RM, 'invalid_target: The requested resource is invalid, missing, unknown, or malformed.'],
  [RM, "AADSTS9010010: The resource parameter provided in the request doesn't match with the requested scopes."],
  [RG, '{"error":"invalid_client_metadata","error_description":"Only mcp:read is supported."}'],
  [RG, '{"error":"unapproved_client","error_description":"client_name \'x\' is not on the approved list."}'],
  [RS, 'The requested OAuth 2.0 Client does not exist.'],
  [RS, "AADSTS700016: Application with identifier 'x' was not found in the directory"],
  [SR, 'OAuth state mismatch - possible CSRF attack'],
  [SR, 'http://localhost:3118/callback?error=invalid_scope&error_description=Unknown+scope&state=abc'],
  [SR, 'AADSTS90094: The grant requires admin permission'],
  [TR, '{"error":"unauthorized_client","error_description":"Invalid client or Invalid client credentials"}'],
  [TR, 'incorrect_client_credentials'],
  [TR, 'Token exchange failed: HTTP 400'],
  [TE, 'OAuth token refresh failed: Server returned error response: unauthorized_client: refresh_token is invalid'],
  [TE, 'AADSTS700082: The refresh token has expired due to inactivity.'],
  [IS, '{"error":"insufficient_scope","required":["files:write"]}'],
  [PK, 'authorization server at https://acme.dev does not implement PKCE'],
];

const root = (symptoms: Symptoms): string | undefined =>
  diagnose(caseOfSymptoms(symptoms, undefined, '2026-01-01T00:00:00.000Z')).findings[0]?.id;

const errorsIn = (clientError: string) =>
  toldErrors(
    seen(caseOfSymptoms({ transport: 'streamable-http', clientError }, clientError, '2026-01-01T00:00:00.000Z')),
  );

describe('errors of a sign-in', () => {
  it.each(SDK)('%s: %s (as the SDK has it)', (cause, text, file) => {
    const source = readFileSync(
      new URL(`../../node_modules/@modelcontextprotocol/sdk/dist/esm/${file}`, import.meta.url),
      'utf8',
    );
    expect(source).toContain(text);
    expect(root({ transport: 'streamable-http', clientError: `Error: ${text}` })).toBe(cause);
  });

  it.each([...SDK.map(([cause, text]) => [cause, text] as const), ...OTHERS])(
    '%s: %s, in every field',
    (cause, text) => {
      const remote = { transport: 'streamable-http' } as const;
      const found = {
        client: root({ ...remote, clientError: text }),
        stderr: root({ ...remote, stderr: text }),
        log: root({ ...remote, serverLog: text }),
        printed: root({ ...remote, stdout: text }),
        body: root({ ...remote, http: { method: 'POST', body: text } }),
        pasted: root({ ...symptomsOf(text), ...remote }),
        bridge: root({ client: 'mcp-remote', clientError: text }),
      };
      expect(found).toEqual(Object.fromEntries(Object.keys(found).map((field) => [field, cause])));
    },
  );

  it('one code means one thing at each step', () => {
    const blamed = (text: string) => errorsIn(text)[0]?.blames;
    expect(blamed('Token refresh failed: {"error":"invalid_grant"}')).toBe(TE);
    expect(blamed('Token exchange failed: {"error":"invalid_grant"}')).toBe(TR);
    expect(blamed('Dynamic registration failed: {"error":"invalid_request"}')).toBe(RG);
    expect(blamed('[47793] Completing authorization...\n[47793] InvalidGrantError: no')).toBe(TR);
  });

  it('what was asked in an address is said by nobody', () => {
    expect(
      errorsIn('GET /authorize?response_type=code&scope=invalid_scope&state=mismatch&redirect_uri=http://invalid/ 302'),
    ).toEqual([]);
  });

  it('a server over stdio signs in at services of its own', () => {
    const stderr = 'Error: invalid_client: The OAuth client was not found.';
    expect(root({ transport: 'stdio', stderr, exitCode: 1 })).not.toMatch(/^auth-/);
  });

  it('what never got an answer, and what a browser does not let through, is no fault of the sign-in', () => {
    const remote = { transport: 'streamable-http' } as const;
    const said = (clientError: string) => root({ ...remote, clientError });
    expect(said('OAuth discovery failed: self-signed certificate in certificate chain')).toBe('network-tls-untrusted');
    expect(said('fetch failed: getaddrinfo ENOTFOUND auth.acme.dev (oauth-authorization-server)')).toBe(
      'network-dns-failed',
    );
    expect(
      said(
        "Access to fetch at 'https://acme.dev/register' from origin 'http://localhost:6274' has been blocked by CORS policy",
      ),
    ).toBe('http-cors-rejected');
  });

  it('every row blames a cause that there is, and no product is known by nothing', () => {
    for (const { blames } of [...ROWS, ...ENTRA_CODES]) expect(CAUSE_IDS).toContain(blames);
    for (const { name, marks, places } of SIGN_INS) {
      expect(marks.test(''), name).toBe(false);
      expect(Object.keys(places).length, name).toBeGreaterThan(0);
    }
  });

  it('the way to the setting is told where the product is known', () => {
    const verdict = diagnose(
      caseOfSymptoms(
        { transport: 'streamable-http', clientError: 'AADSTS50011: The redirect URI does not match' },
        undefined,
        '2026-01-01T00:00:00.000Z',
      ),
    );
    expect(verdict.findings[0]?.fix[0]?.say).toContain('Entra admin center > App registrations');
  });
});
