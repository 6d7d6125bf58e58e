/** Each cause of the area named for certain where the evidence leaves no other reading, with the step that fails and who must act. */
import { describe, expect, it } from 'vitest';
import { investigate } from '../src/probe/investigate.js';
import { diagnose } from '../src/verdict/diagnose.js';
import { SETUPS } from './parts/authorization.js';
import { type Running, verified } from './support/authorization/index.js';

/** Cause, set-up, step, culprit. What a user sends along by hand stands in `headers`, of a server that is sound. */
const CASES: [
  cause: string,
  setup: string,
  step: string | undefined,
  culprit: string,
  headers?: Record<string, string>,
][] = [
  ['auth-metadata-missing', 'resource metadata 404', 'resource-metadata', 'server'],
  ['auth-metadata-missing', 'server metadata 404', 'server-metadata', 'auth'],
  ['auth-resource-mismatch', 'resource with a slash at the end', 'resource-metadata', 'server'],
  ['auth-issuer-mismatch', 'issuer with another host', 'server-metadata', 'auth'],
  ['auth-pkce-unsupported', 'PKCE plain alone', 'server-metadata', 'auth'],
  ['auth-metadata-unsafe', 'authorization_endpoint with javascript:', 'server-metadata', 'auth'],
  ['auth-registration-unsupported', 'no registration', 'registration', 'auth'],
  ['auth-redirect-uri-mismatch', 'redirect URI with another port', 'authorization', 'config'],
  ['auth-registration-stale', 'client unknown', 'authorization', 'config'],
  ['auth-sign-in-refused', 'access denied', 'sign-in', 'config'],
  ['auth-token-request-refused', 'wrong client secret', 'token', 'config'],
  ['auth-audience-mismatch', 'server wants another audience', 'access', 'server'],
  ['auth-token-expired', 'expired token given by hand', 'access', 'config'],
  ['auth-credentials-rejected', 'token of another issuer', 'access', 'config'],
  ['auth-insufficient-scope', 'token without the scope, given by hand', 'access', 'config'],
  [
    'auth-placeholder-unexpanded',
    'v1, JWT, dynamic registration',
    'access',
    'config',
    { authorization: `Bearer ${'$'}{MCP_TOKEN}` },
  ],
  ['auth-credentials-missing', 'v1, JWT, dynamic registration', undefined, 'config', {}],
];

describe.concurrent('named for certain', () => {
  it.each(CASES)('%s: %s', { timeout: 60_000 }, async (cause, name, step, culprit, headers) => {
    const setup = SETUPS.find((one) => one.name === name);
    const running = (await setup?.start()) as Running;
    try {
      const { spec, options } = await verified(running);
      // Without a sign-in: what the user gives is all there is.
      const given = headers ? ({ kind: 'http', url: running.url, headers } as const) : spec;
      const { root, findings } = diagnose(await investigate(given, { timeoutMs: 2_500, ...(headers ? {} : options) }));
      expect(
        [root?.id, root?.certainty, root?.facts.step, root?.culprit],
        findings.map(({ id, certainty }) => `${id} ${certainty}`).join(', '),
      ).toEqual([cause, 'certain', step, culprit]);
    } finally {
      await running.close();
    }
  });
});
