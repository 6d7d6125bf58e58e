/** A client that somebody registered is shown to the authorization server that it is for, and to no other. */
import { expect, it } from 'vitest';
import { investigate } from '../../src/probe/investigate.js';
import { diagnose } from '../../src/verdict/diagnose.js';
import { protectedServer, startAuthorizationServer } from '../support/authorization/index.js';
import { personAt } from '../support/authorization/verified.js';

const SECRET = 'whose-client-secret-5f2c';

async function signedIn(issuer: (own: string) => string) {
  const authorizationServer = await startAuthorizationServer({ registration: 'off' });
  const server = await protectedServer({ authorizationServer });
  try {
    const known = { id: 'a-client', secret: SECRET, issuer: issuer(authorizationServer.issuer) };
    const file = await investigate(
      { kind: 'http', url: server.url, headers: {} },
      {
        auth: {
          mode: 'authorization-code',
          known,
          agent: personAt({ authorizationServer, server, url: server.url } as never),
        },
      },
    );
    return { file, verdict: diagnose(file), asked: JSON.stringify(authorizationServer.requests) };
  } finally {
    await server.close();
    await authorizationServer.close();
  }
}

it('not shown to an authorization server of another name', async () => {
  const { verdict, asked } = await signedIn(() => 'https://login.example.com');
  expect(asked).not.toContain('a-client');
  expect(asked).not.toContain(SECRET);
  const step = verdict.authorization.find((one) => one.step === 'registration');
  expect(step?.says).toContain('https://login.example.com');
  expect(verdict.root).toMatchObject({ id: 'auth-issuer-mismatch', certainty: 'certain', culprit: 'config' });
  expect(JSON.stringify(verdict)).not.toContain(SECRET);
});

it('shown to its own, which does not know it here', async () => {
  const { verdict, asked } = await signedIn((own) => own);
  expect(asked).toContain('"path":"/auth"');
  expect(verdict.root).toMatchObject({ id: 'auth-registration-stale', certainty: 'certain' });
});
