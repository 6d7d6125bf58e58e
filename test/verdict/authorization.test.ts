/** The table of the steps: what was asked and answered, what it is worth, and who must act. */
import { describe, expect, it } from 'vitest';
import {
  lookedWalk,
  refusedCredentials,
  refusedToken,
  serverDocumentWith,
  signedInWalk,
} from '../../src/causes/oauth-example.js';
import { diagnose } from '../../src/verdict/diagnose.js';
import { caseOf } from '../support/case.js';
import { nowhere, type Walk } from '../support/walks.js';

const tableOf = (evidence: Walk) => diagnose(caseOf(evidence)).authorization;
const outcomes = (evidence: Walk): string =>
  tableOf(evidence)
    .map(({ outcome }) => outcome)
    .join(' ');

describe('how each step went', () => {
  it.each<[string, Walk, string]>([
    ['a look alone', lookedWalk(), 'ok ok ok not-done not-done not-done not-done not-done not-done'],
    ['a whole sign-in', signedInWalk(), 'ok ok ok ok ok ok ok ok not-done'],
    [
      'no metadata',
      nowhere(['not-found']),
      'ok failed not-reached not-reached not-reached not-reached not-reached not-reached not-reached',
    ],
    [
      'a weak point does not stop',
      serverDocumentWith({ pkceMethods: undefined }),
      'ok ok weak not-done not-done not-done not-done not-done not-done',
    ],
    ['a refused token', refusedToken({ format: 'jwt', audience: ['x'] }), 'ok ok ok ok ok ok ok failed not-reached'],
    [
      'credentials of the user',
      refusedCredentials({ how: 'bearer', name: 'authorization' }),
      'ok ok ok not-done not-done not-done not-done failed not-reached',
    ],
  ])('%s', (_, evidence, wanted) => {
    expect(outcomes(evidence)).toBe(wanted);
  });
});

it('shows request and answer, addresses on the host of the server without the host', () => {
  expect(
    tableOf(lookedWalk())
      .map(({ request, answer }) => `${request} ${answer}`)
      .slice(0, 3),
  ).toEqual([
    'POST /mcp 401 Bearer',
    'GET /.well-known/oauth-protected-resource/mcp 200',
    'GET https://auth.acme.dev/.well-known/oauth-authorization-server 200',
  ]);
});

it('says what is wrong and who must act, by name and by id', () => {
  const failed = tableOf(serverDocumentWith({ registrationEndpoint: undefined })).find(
    ({ outcome }) => outcome === 'failed',
  );
  expect(failed).toMatchObject({
    step: 'registration',
    says: 'offers none, and no client id was given',
    party: 'authorization-server-owner',
    acts: 'the owner of the authorization server',
  });
});

it('says why a step was not made', () => {
  const says = (evidence: Walk, step: string) => tableOf(evidence).find((one) => one.step === step)?.says;
  expect(says(lookedWalk(), 'token')).toBe('only with --auth oauth');
  expect(says(refusedCredentials({ how: 'bearer', name: 'authorization' }), 'token')).toBe('credentials were given');
  expect(
    says(
      signedInWalk(({ grants }) => ({ grants: grants.map((grant) => ({ ...grant, refreshToken: false })) })),
      'refresh',
    ),
  ).toBe('no refresh token was issued');
  expect(says(signedInWalk({ response: undefined, grants: [], access: [], ended: 'interrupted' }), 'sign-in')).toBe(
    'interrupted',
  );
});

it('is empty where nobody was asked for credentials, and for what was pasted', () => {
  expect(tableOf({ http: { exchanges: [], omitted: 0 } })).toEqual([]);
  const { authorization, http } = lookedWalk();
  expect(
    tableOf({
      authorization,
      http: { ...http, exchanges: http.exchanges.map((e) => ({ ...e, purpose: 'reported' })) },
    }),
  ).toEqual([]);
});

it('the walk through the decision tree asks about the sign-in', () => {
  const path = (evidence: Walk) =>
    diagnose(caseOf(evidence)).path.map(({ question, answer, result }) => `${question} ${result}: ${answer}`);
  expect(path(refusedToken({ format: 'jwt', audience: ['x'] })).slice(0, 4)).toEqual([
    'Does it ask for credentials? good: yes: it names its metadata',
    'Do its metadata lead to a sign-in? good: yes: PKCE with S256, registration',
    'Did the sign-in succeed? good: yes: a JWT, for x, scope mcp, valid for 60 minutes, with a refresh token',
    'Is the token accepted? bad: no: token for x, not for this server',
  ]);
  expect(path(lookedWalk())).toContain('Did the sign-in succeed? unknown: not tried: only with --auth oauth');
  expect(path(nowhere(['not-found'])).at(-1)).toBe(
    'Do its metadata lead to a sign-in? bad: no: HTTP 404, not found; nowhere else either',
  );
});
